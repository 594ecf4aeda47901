/** The panels as a table, for those who read rather than look. */
import { h } from "./dom.ts";
import { timeText } from "./numbers.ts";
import type { Panels } from "./panels.ts";
import { valueAt } from "./readout.ts";
import type { View } from "./view.ts";

/** Moments in the table. */
const moments = 20;

export function valuesTable(view: View, panels: Panels): HTMLElement {
  const body = h("div", { class: "scrolls", tabindex: "0", role: "region", "aria-label": "Values over time" });
  const details = h(
    "details",
    { class: "values", ontoggle: () => draw() },
    h("summary", {}, "Values as a table"),
    body,
  );
  function draw(): void {
    if (!details.open) return;
    const { from_s, to_s } = view.range;
    const lines = panels.panels.flatMap((panel) =>
      panel.visible
        .filter(({ quantity }) => quantity.draw === "line" || quantity.draw === "band")
        .map((line) => ({ ...line, scales: panel.definition.scales, title: panel.definition.title })),
    );
    const pixel_us = ((to_s - from_s) * 1e6) / 1000;
    const rows = Array.from({ length: moments + 1 }, (_, index) => {
      const at = from_s + ((to_s - from_s) * index) / moments;
      const cells = lines.map(({ bins, quantity, scales }) =>
        h("td", { class: "number" }, valueAt(bins, quantity, at, scales, pixel_us)),
      );
      return h("tr", {}, h("th", { scope: "row", class: "number" }, timeText(at, to_s - from_s)), ...cells);
    });
    const heads = lines.map(({ title, name }) => h("th", { scope: "col", class: "number" }, `${title}: ${name}`));
    body.replaceChildren(
      h("table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "time"), ...heads)), h("tbody", {}, ...rows)),
    );
  }
  panels.drawn = draw;
  return details;
}
