#!/usr/bin/env bash
# Preact 11.2.0 runs the cleanup of a component's useEffect some time after render() has taken it off
# the page, Preact 10.27.2 did so before render() returned. The cleanup of useLayoutEffect has run in both.
# Common guess: once render(null, root) has returned, nothing of the component listens any more.
# Whom it hurts: a component that listens to keys of the window in useEffect still answers them after
# it is gone: on a page that replaces one list by another, a key acts upon the old list. plated's page
# listens in useLayoutEffect.
# Seen 2026-11-28 with jsdom 24.1.3. Needs node 18 and npm.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
cat >unmount.mjs <<'JS'
import { JSDOM } from "jsdom";
const { window } = new JSDOM("<main></main>", { pretendToBeVisual: true });
Object.assign(globalThis, { window, document: window.document,
  requestAnimationFrame: window.requestAnimationFrame, cancelAnimationFrame: window.cancelAnimationFrame });
const { h, render } = await import("preact");
const { useEffect, useLayoutEffect } = await import("preact/hooks");
const said = [];
function Listener() {
  useEffect(() => () => said.push("effect cleaned"), []);
  useLayoutEffect(() => () => said.push("layout effect cleaned"), []);
  return h("p", null, "here");
}
const settled = () => new Promise((resolve) => setTimeout(resolve, 300));
const root = document.querySelector("main");
render(h(Listener), root);
await settled();
render(null, root);
said.push("render returned");
await settled();
console.log(said.join(", "));
JS
for version in 10.27.2 11.2.0; do
  mkdir "$version"
  (cd "$version" && cp ../unmount.mjs . &&
    npm install --silent --no-audit --no-fund --prefix . "preact@$version" jsdom@24.1.3 >/dev/null &&
    echo "$version: $(node unmount.mjs)")
done | tee seen
diff - seen <<'SEEN'
10.27.2: effect cleaned, layout effect cleaned, render returned
11.2.0: layout effect cleaned, render returned, effect cleaned
SEEN
echo "as described"
