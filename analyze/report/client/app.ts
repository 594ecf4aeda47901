/** Puts the page together. `analyze serve` starts the same with another source and sections of its own. */
import type { DataSource } from "../model.ts";
import { fill, h } from "./dom.ts";
import { Events } from "./events.ts";
import { Flows } from "./flows.ts";
import { followKeys } from "./keys.ts";
import { Panels } from "./panels.ts";
import { followTheme } from "./theme.ts";
import { toolbar } from "./toolbar.ts";
import { valuesTable } from "./values-table.ts";
import { View } from "./view.ts";
import { comparison, Diagnosis, Head } from "./words.ts";

/** Shows the page in `#app`. `sections` makes further sections, which come last. */
export async function start(source: DataSource, sections: (view: View) => HTMLElement[] = () => []): Promise<void> {
  const root = document.getElementById("app")!;
  try {
    const view = new View(source, await source.model());
    show(root, view, sections);
  } catch (error) {
    fill(root, h("p", { class: "error", role: "alert" }, `This page cannot be shown: ${(error as Error).message}`));
  }
}

function show(root: HTMLElement, view: View, sections: (view: View) => HTMLElement[]): void {
  const flows = new Flows(view);
  const events = new Events(view);
  const panels = new Panels(view);
  const { dialog, open } = followKeys(view, { search: () => flows.search(), event: (step) => events.step(step) });
  const head = new Head(view, toolbar(view, open));
  const side = h("aside", { "aria-label": "Diagnosis and events" }, new Diagnosis(view).element, events.element);
  const compared = comparison(view.model);
  fill(
    root,
    head.element,
    h(
      "main",
      {},
      flows.element,
      h("div", { class: "columns" }, h("div", { class: "wide" }, panels.element, valuesTable(view, panels)), side),
      compared,
      ...sections(view),
    ),
    h("footer", {}, `tcp_probe_plus ${view.model.version}`),
    dialog,
  );
  followTheme(view);
  panels.refresh();
  view.source.onGrowth?.(() => {
    view.source.model().then(
      (model) => view.grow(model),
      () => {}, // the next growth asks again
    );
  });
}
