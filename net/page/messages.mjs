// Writes the messages of /v1/select as TypeScript, from the AsyncAPI document: a type for every
// schema and every message, the unions of what may be asked and what may be pushed, and the answers
// by the op that they answer. Understands the part of JSON Schema that the document uses, and
// refuses the rest aloud: a keyword that it passed over would be a type that is not true.
//
//     npm run messages               writes src/messages.ts anew
//
// The file is kept with the sources, so that a change of the protocol shows there; build.mjs fails
// while it is not what the document says.

import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";

const kHere = dirname(fileURLToPath(import.meta.url));
const kDocument = join(kHere, "../protocol/asyncapi.yaml");
const kTypes = join(kHere, "src/messages.ts");
const kLineMax = 100;

// What narrows a value without changing its type.
const kWithoutType = new Set(
  "description summary minLength maxLength pattern minimum maximum minItems maxItems".split(" "),
);

const kPlain = {
  string: "string",
  integer: "number",
  number: "number",
  boolean: "boolean",
  null: "null",
};

const pascal = (name) => name.replace(/(?:^|_)([a-z])/g, (_, letter) => letter.toUpperCase());
const last_of = (reference) => reference.slice(reference.lastIndexOf("/") + 1);
const literal = (value) => JSON.stringify(value);

// The one keyword of `schema` that says its type, after seeing that nothing else does.
function type_keyword(schema, where) {
  const known = ["$ref", "const", "enum", "anyOf", "type"].filter((key) => key in schema);
  if (known.length !== 1) throw new Error(`${where}: one of $ref, const, enum, anyOf, type`);
  const mine = {
    type: ["type", "properties", "required", "additionalProperties", "maxProperties", "items"],
  };
  for (const key of Object.keys(schema)) {
    if (!kWithoutType.has(key) && !(mine[known[0]] ?? known).includes(key)) {
      throw new Error(`${where}: what ${key} means for a type is not known here`);
    }
  }
  return known[0];
}

// `parts` in a row, or in a column when a line is too short for them.
function list_of(parts) {
  const line = `[${parts.join(", ")}]`;
  return line.length <= kLineMax - 40 ? line : `[\n  ${parts.join(",\n  ")},\n]`;
}

function object_type(schema, where) {
  if (schema.maxProperties === 0) return "Record<string, never>";
  if (schema.additionalProperties !== false) {
    throw new Error(`${where}: an object that allows more than it names has no type here`);
  }
  const required = new Set(schema.required ?? []);
  for (const name of required) {
    if (!(name in schema.properties)) throw new Error(`${where}: ${name} is required, not said`);
  }
  const lines = Object.entries(schema.properties).map(([name, property]) => {
    const type = type_of(property, `${where}.${name}`).replaceAll("\n", "\n  ");
    return `  ${name}${required.has(name) ? "" : "?"}: ${type};\n`;
  });
  return `{\n${lines.join("")}}`;
}

function type_of(schema, where) {
  switch (type_keyword(schema, where)) {
    case "$ref":
      return pascal(last_of(schema.$ref));
    case "const":
      return literal(schema.const);
    case "enum":
      return schema.enum.map(literal).join(" | ");
    case "anyOf":
      return schema.anyOf.map((each, at) => type_of(each, `${where}[${at}]`)).join(" | ");
  }
  if (schema.type === "object") return object_type(schema, where);
  if (schema.type === "array") return `${type_of(schema.items, `${where}[]`)}[]`;
  const types = [schema.type].flat().map((type) => kPlain[type]);
  if (types.includes(undefined)) throw new Error(`${where}: no such type: ${schema.type}`);
  return types.join(" | ");
}

// A declaration, under what the document says about it.
function declaration(name, schema, said, where) {
  const comment = said ? `${comment_of(said)}\n` : "";
  if (schema.enum) {
    return (
      `${comment}export const kEvery${name} = ${list_of(schema.enum.map(literal))} as const;\n` +
      `export type ${name} = (typeof kEvery${name})[number];\n`
    );
  }
  const type = type_of(schema, where);
  return type.startsWith("{")
    ? `${comment}export interface ${name} ${type}\n`
    : `${comment}export type ${name} = ${type};\n`;
}

function comment_of(text) {
  const lines = [];
  for (const word of text.trim().split(/\s+/)) {
    const last = lines.length - 1;
    if (last >= 0 && lines[last].length + 1 + word.length <= kLineMax) lines[last] += ` ${word}`;
    else lines.push(`// ${word}`);
  }
  return lines.join("\n");
}

// Requests, answers and pushes by the document's operations: an operation that the server receives
// is an op with its answers, the one that it sends holds the pushes.
function messages_by_use(document) {
  const requests = [];
  const answers = [];
  const pushes = [];
  for (const [op, { action, messages, reply }] of Object.entries(document.operations)) {
    const names = messages.map((each) => last_of(each.$ref));
    if (action === "send") {
      pushes.push(...names);
      continue;
    }
    requests.push(...names);
    answers.push([op, reply.messages.map((each) => pascal(last_of(each.$ref)))]);
  }
  return { requests, answers, pushes };
}

export async function message_types() {
  const document = parse(await readFile(kDocument, "utf8"));
  const { schemas, messages } = document.components;
  const { requests, answers, pushes } = messages_by_use(document);
  const type_name = (name) => pascal(requests.includes(name) ? `${name}_request` : name);
  const union = (names) => names.map((name) => `\n  | ${type_name(name)}`).join("");
  const event_of = (name) => literal(messages[name].payload.properties.event.const);
  const events = [...new Set(pushes.map(event_of))];
  const answered = answers.map(([op, names]) => `  ${op}: ${names.join(" | ")};\n`);
  const parts = [
    "// Generated by net/page/messages.mjs from net/protocol/asyncapi.yaml. Do not edit.\n",
    ...Object.entries(schemas).map(([name, schema]) =>
      declaration(pascal(name), schema, schema.description, name),
    ),
    ...Object.entries(messages).map(([name, { summary, payload }]) =>
      declaration(type_name(name), payload, summary, name),
    ),
    `// What a client may ask.\nexport type Request =${union(requests)};\n`,
    `// How each op may be answered.\nexport interface Answers {\n${answered.join("")}}\n`,
    `// What the server says unasked.\nexport type Push =${union(pushes)};\n`,
    `export const kEveryEvent = ${list_of(events)} as const;\n`,
  ];
  return parts.join("\n");
}

// Fails when messages.ts of the page under `source` is not what the document says.
export async function check_messages(source) {
  const kept = await readFile(join(source, "messages.ts"), "utf8").catch(() => "");
  if (kept !== (await message_types())) {
    throw new Error("messages.ts is not what asyncapi.yaml says: run npm run messages");
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(kTypes, await message_types());
}
