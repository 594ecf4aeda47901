/** Buttons for those who have neither a wheel nor a keyboard at hand. */
import { h } from "./dom.ts";
import type { View } from "./view.ts";

export function toolbar(view: View, help: () => void): HTMLElement {
  const button = (label: string, text: string, run: () => void) =>
    h("button", { type: "button", "aria-label": label, title: label, onclick: run }, text);
  const middle = (): number => (view.range.from_s + view.range.to_s) / 2;
  return h(
    "div",
    { class: "toolbar", role: "toolbar", "aria-label": "Time" },
    button("Earlier", "\u2190", () => view.pan(-0.25)),
    button("Later", "\u2192", () => view.pan(0.25)),
    button("Zoom in", "+", () => view.zoom(0.5, middle())),
    button("Zoom out", "\u2212", () => view.zoom(2, middle())),
    button("All time", "All", () => view.go(view.whole())),
    button("Back to the time before", "Back", () => view.back()),
    button("Keys and gestures", "?", help),
  );
}
