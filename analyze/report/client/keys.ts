/** Keys, and the help that lists them. */
import { h } from "./dom.ts";
import type { View } from "./view.ts";

interface Key {
  readonly keys: readonly string[];
  readonly label: string;
  readonly does: string;
  readonly run: (view: View, actions: Actions) => void;
}

/** What keys do beyond the view. */
export interface Actions {
  readonly search: () => void;
  readonly event: (step: 1 | -1) => void;
  readonly help: () => void;
}

/** The next flow in the order of the table. */
function nextFlow(view: View, step: 1 | -1): void {
  const { flows } = view.model;
  const at = flows.findIndex(({ flow }) => flow === view.shown[0]);
  const next = flows[view.focus ? at + step : Math.max(at, 0)];
  if (next) view.show([next.flow]);
}

function step(view: View, by: 1 | -1): void {
  const { from_s, to_s } = view.range;
  const now = view.cursor_s ?? (from_s + to_s) / 2;
  view.point(Math.min(Math.max(now + (by * (to_s - from_s)) / 100, from_s), to_s));
}

const middle = ({ cursor_s, range }: View): number =>
  cursor_s !== null && cursor_s >= range.from_s && cursor_s <= range.to_s ? cursor_s : (range.from_s + range.to_s) / 2;

const keys: readonly Key[] = [
  { keys: ["+", "="], label: "+", does: "zoom in, around the crosshair", run: (view) => view.zoom(0.5, middle(view)) },
  { keys: ["-", "_"], label: "\u2212", does: "zoom out", run: (view) => view.zoom(2, middle(view)) },
  { keys: ["ArrowLeft"], label: "\u2190", does: "earlier", run: (view) => view.pan(-0.25) },
  { keys: ["ArrowRight"], label: "\u2192", does: "later", run: (view) => view.pan(0.25) },
  { keys: [","], label: ",", does: "crosshair to the left", run: (view) => step(view, -1) },
  { keys: ["."], label: ".", does: "crosshair to the right", run: (view) => step(view, 1) },
  { keys: ["0", "Home"], label: "0", does: "all time", run: (view) => view.go(view.whole()) },
  { keys: ["Backspace", "b"], label: "b", does: "back to the time before", run: (view) => view.back() },
  { keys: ["n"], label: "n", does: "next event", run: (_, { event }) => event(1) },
  { keys: ["p"], label: "p", does: "previous event", run: (_, { event }) => event(-1) },
  { keys: ["]"], label: "]", does: "next flow", run: (view) => nextFlow(view, 1) },
  { keys: ["["], label: "[", does: "previous flow", run: (view) => nextFlow(view, -1) },
  { keys: ["/"], label: "/", does: "search flows", run: (_, { search }) => search() },
  { keys: ["?"], label: "?", does: "this list", run: (_, { help }) => help() },
];

/** Text fields and open dialogs keep their keys. Arrow keys scroll what has the focus, if that can scroll. */
function isElsewhere(event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement;
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return true;
  if (target.closest("input, textarea, select")) return true;
  return event.key.startsWith("Arrow") && target.closest(".scrolls") !== null;
}

/** Listens for keys. Returns the dialog that lists them, and what opens it. */
export function followKeys(
  view: View,
  actions: Omit<Actions, "help">,
): { dialog: HTMLDialogElement; open: () => void } {
  const rows = keys.map(({ label, does }) =>
    h("tr", {}, h("th", { scope: "row" }, h("kbd", {}, label)), h("td", {}, does)),
  );
  const more: readonly [string, string][] = [
    ["drag", "zoom to what is dragged over"],
    ["strip of all time", "drag the window, its ends, or beside it"],
    ["wheel", "zoom; with Shift, earlier or later"],
    ["two fingers", "zoom; one finger moves"],
    ["double click", "all time"],
    ["Shift + click on a flow", "add it to those shown, or take it away"],
  ];
  const gestures = more.map(([label, does]) => h("tr", {}, h("th", { scope: "row" }, label), h("td", {}, does)));
  const dialog = h(
    "dialog",
    { "aria-labelledby": "help-title" },
    h("h2", { id: "help-title" }, "Keys and gestures"),
    h("table", {}, h("tbody", {}, ...rows, ...gestures)),
    h("form", { method: "dialog" }, h("button", {}, "Close")),
  );
  const open = () => dialog.showModal();
  addEventListener("keydown", (event) => {
    const key = keys.find(({ keys }) => keys.includes(event.key));
    if (!key || isElsewhere(event)) return;
    event.preventDefault();
    key.run(view, { ...actions, help: open });
  });
  return { dialog, open };
}
