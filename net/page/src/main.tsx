// Starts the page: which vehicle is in view stands behind the # of the address, so that reloading
// and the browser's own way back work; the language is remembered by the browser.

import { render } from "preact";
import { App } from "./app";
import { Connection } from "./connection";
import type { State } from "./reducer";
import { texts } from "./texts";
import type { Language } from "./texts";
import type { Mode, View } from "./view";

const kLanguageKey = "language";

function read_mode(): Mode {
  const mode = document.body.dataset.mode;
  return mode === "demo" || mode === "rehearsal" ? mode : "real";
}

// Chinese, unless the reader chose otherwise or the browser asks for English and not for Chinese.
function first_language(): Language {
  try {
    const chosen = localStorage.getItem(kLanguageKey);
    if (chosen === "zh" || chosen === "en") return chosen;
  } catch {
    // The browser keeps nothing for us; that is its owner's right.
  }
  const wanted = navigator.languages.join(",").toLowerCase();
  return wanted.includes("en") && !wanted.includes("zh") ? "en" : "zh";
}

function keep_language(language: Language): void {
  try {
    localStorage.setItem(kLanguageKey, language);
  } catch {
    // As above.
  }
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
  let language = first_language();
  let state: State | null = null;

  const show = (next: State | null) => {
    state = next;
    if (state === null) return;
    document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
    const view: View = {
      state,
      mode,
      language,
      t: texts(language),
      ask: (request) => connection.ask(request),
      enter_now: () => connection.enter_now(),
      fetch_terms: (version) => void connection.fetch_terms(version),
      other_language: () => {
        language = language === "zh" ? "en" : "zh";
        keep_language(language);
        show(state);
      },
    };
    document.title = view.t.title;
    render(<App view={view} />, root);
  };

  const connection = new Connection("/v1/select", vehicle_in_address(), show);
  window.addEventListener("hashchange", () => {
    const vehicle = vehicle_in_address();
    if (vehicle === null) connection.leave();
    else connection.choose(vehicle);
  });
  connection.start();
}

const root = document.getElementById("page");
if (root) {
  root.replaceChildren();
  start(root);
}
