// Starts the page: which vehicle is in view stands behind the # of the address, so that reloading
// and the browser's own way back work.

import { render } from "preact";
import { App } from "./app";
import { Connection } from "./connection";
import { keep_choice, kept_choice } from "./kept_choices";
import type { State } from "./reducer";
import { texts } from "./texts";
import type { Language } from "./texts";
import { title_of } from "./title";
import type { Mode, Platform, View } from "./view";

// How often the title, which counts down, is written anew.
const kTitleBeatMs = 1_000;

function read_mode(): Mode {
  const mode = document.body.dataset.mode;
  return mode === "demo" || mode === "rehearsal" ? mode : "real";
}

function read_platform(): Platform | null {
  const { platformName: name, platformUrl: url } = document.body.dataset;
  return name && url ? { name, url } : null;
}

// What the reader chose, otherwise whichever of the two the browser wants first; Chinese for whoever
// wants neither.
function first_language(): Language {
  const chosen = kept_choice("language");
  if (chosen === "zh" || chosen === "en") return chosen;
  const wanted = navigator.languages.map((each) => each.slice(0, 2).toLowerCase());
  return wanted.find((each): each is Language => each === "zh" || each === "en") ?? "zh";
}

function vehicle_in_address(): string | null {
  try {
    return decodeURIComponent(location.hash.slice(1)) || null;
  } catch {
    return null;
  }
}

function start(root: HTMLElement): void {
  const mode = read_mode();
  const platform = read_platform();
  let language = first_language();
  let number_keys = kept_choice("number_keys") !== "off";
  let state: State | null = null;

  const write_title = () => {
    if (state) document.title = title_of(state, texts(language), performance.now());
  };
  const show = (next: State | null) => {
    state = next;
    if (state === null) return;
    document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
    const view: View = {
      state,
      mode,
      platform,
      language,
      t: texts(language),
      number_keys,
      ask: (request) => connection.ask(request),
      enter_now: () => connection.enter_now(),
      reconnect_now: () => connection.reconnect_now(),
      fetch_terms: (version) => void connection.fetch_terms(version),
      sign_out: () => connection.sign_out(),
      other_language: () => {
        language = language === "zh" ? "en" : "zh";
        keep_choice("language", language);
        show(state);
      },
      toggle_number_keys: () => {
        number_keys = !number_keys;
        keep_choice("number_keys", number_keys ? "on" : "off");
        show(state);
      },
    };
    write_title();
    render(<App view={view} />, root);
  };

  const connection = new Connection("/v1/select", vehicle_in_address(), show);
  window.addEventListener("hashchange", () => {
    const vehicle = vehicle_in_address();
    if (vehicle === null) connection.leave();
    else connection.choose(vehicle);
  });
  setInterval(write_title, kTitleBeatMs);
  connection.start();
}

const root = document.getElementById("page");
if (root) {
  root.textContent = "";
  start(root);
}
