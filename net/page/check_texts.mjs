// Holds the page's texts to what they promise: each stands in Chinese and in English, says
// something, and is used; every error code of the AsyncAPI document has a sentence in both. What
// the types of texts.ts can see the compiler has seen already; this sees the rest: a table that is
// cast, an empty text, a text that nobody shows any more.

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import ts from "typescript";
import { evaluated } from "./evaluated.mjs";

const kHan = /\p{Script=Han}/u;

const kTextsAndCodes =
  'export { texts } from "./texts"; export { kEveryErrorCode } from "./messages";';

const is_table = (value) => value !== null && typeof value === "object";

// Where `one` has a text that `other` has not, or has in another form: a list, a function.
function missing(one, other, language, path = "") {
  return Object.keys(one).flatMap((key) => {
    const here = path === "" ? key : `${path}.${key}`;
    if (!(key in other)) return [`${here} is missing in ${language}`];
    if (typeof one[key] !== typeof other[key]) return [`${here} has another form in ${language}`];
    return is_table(one[key]) ? missing(one[key], other[key], language, here) : [];
  });
}

// The plain texts below `table`, as [path, text].
function plain_texts(table, path = "") {
  return Object.entries(table).flatMap(([key, value]) => {
    const here = path === "" ? key : `${path}.${key}`;
    if (is_table(value)) return plain_texts(value, here);
    return typeof value === "string" ? [[here, value]] : [];
  });
}

// An office that is open needs no words: such a text is empty in both languages.
function empty(zh, en) {
  const english = new Map(plain_texts(en));
  return plain_texts(zh)
    .filter(([path, text]) => (text === "") !== (english.get(path) === ""))
    .map(([path]) => `${path} is empty in one language only`);
}

function sentences(errors, codes, language) {
  const table = errors ?? {};
  const without = codes.filter((code) => !table[code]?.trim());
  const unknown = Object.keys(table).filter((code) => !codes.includes(code));
  const wrong = codes.filter((code) => table[code] && kHan.test(table[code]) !== (language === "zh"));
  return [
    ...without.map((code) => `the error ${code} has no sentence in ${language}`),
    ...unknown.map((code) => `errors.${code} stands in ${language}, and is no code of the protocol`),
    ...wrong.map((code) => `the sentence about ${code} is not ${language}`),
  ];
}

async function source_files(directory) {
  const entries = await readdir(directory, { recursive: true });
  return entries.filter((name) => /\.tsx?$/.test(name)).map((name) => join(directory, name));
}

// The type `Texts`, as `checker` knows it.
function texts_type(program, checker, source) {
  const file = program.getSourceFile(join(source, "texts.ts"));
  const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(file));
  return checker.getDeclaredTypeOfSymbol(exported.find((each) => each.name === "Texts"));
}

// Every property that some file names: `t.code`, or `const { code } = t`.
function named_properties(program, checker) {
  const named = new Set();
  const visit = (node) => {
    if (ts.isPropertyAccessExpression(node)) named.add(checker.getSymbolAtLocation(node.name));
    if (ts.isBindingElement(node) && ts.isObjectBindingPattern(node.parent)) {
      const name = (node.propertyName ?? node.name).getText();
      named.add(checker.getTypeAtLocation(node.parent).getProperty(name));
    }
    ts.forEachChild(node, visit);
  };
  for (const file of program.getSourceFiles()) if (!file.isDeclarationFile) visit(file);
  return named;
}

// Texts of the first level that nothing names. What stands in a table is chosen by a key that only
// the running page knows.
async function unused(source, options) {
  const program = ts.createProgram(await source_files(source), options);
  const checker = program.getTypeChecker();
  const named = named_properties(program, checker);
  return texts_type(program, checker, source)
    .getProperties()
    .filter((property) => !named.has(property))
    .map((property) => `${property.name} is not used`);
}

// Fails with a list of everything that is wrong with the texts of the page under `source`.
export async function check_texts(source) {
  const { texts, kEveryErrorCode } = await evaluated(kTextsAndCodes, source);
  const [zh, en] = [texts("zh"), texts("en")];
  const options = { jsx: ts.JsxEmit.ReactJSX, jsxImportSource: "preact", noLib: true, types: [] };
  const wrong = [
    ...missing(zh, en, "en"),
    ...missing(en, zh, "zh"),
    ...empty(zh, en),
    ...sentences(zh.errors, kEveryErrorCode, "zh"),
    ...sentences(en.errors, kEveryErrorCode, "en"),
    ...(await unused(source, options)),
  ];
  if (wrong.length > 0) throw new Error(`the page's texts:\n  ${wrong.join("\n  ")}`);
}
