/** What is said in words: how it was recorded, what limited a flow, how runs compare. */
import type { PageCapture, PageDiagnosis, PageModel } from "../model.ts";
import { fill, h } from "./dom.ts";
import { count } from "./numbers.ts";
import type { View } from "./view.ts";

/** The head of the page: which captures, and whether they can be trusted. */
export class Head {
  readonly element = h("header", {});
  readonly #view: View;

  constructor(view: View, extra: HTMLElement) {
    this.#view = view;
    view.on(["model"], () => this.#draw(extra));
    this.#draw(extra);
  }

  #draw(extra: HTMLElement): void {
    const { model } = this.#view;
    const open = new Set([...this.element.querySelectorAll("details[open]")].map(({ id }) => id));
    const names = model.captures.map(({ path }) => path.split("/").at(-1));
    fill(
      this.element,
      h("div", { class: "bar" }, h("h1", {}, shortList(names as string[])), extra),
      ...model.captures.map((capture) => recording(capture, model, open)),
    );
  }
}

const shortList = (names: readonly string[]): string =>
  names.length <= 3 ? names.join(", ") : `${names.slice(0, 2).join(", ")} and ${names.length - 2} more`;

function recording(capture: PageCapture, model: PageModel, open: ReadonlySet<string>): HTMLElement {
  const { path, source, kernel, lines, whole, growing = false, warnings } = capture;
  const state = whole ? (growing ? "nothing lost so far" : "whole, nothing lost") : "not whole";
  const id = `capture-${capture.capture}`;
  const flows = model.flows.filter((flow) => flow.capture === capture.capture);
  const records = flows.reduce((sum, flow) => sum + flow.records, 0);
  const name = model.captures.length > 1 ? `${path.split("/").at(-1)}: ` : "";
  return h(
    "details",
    { id, class: "recording", open: open.has(id) },
    h(
      "summary",
      {},
      `${name}recorded by ${source} on Linux ${kernel}, ${count(records)} records of ${count(flows.length)} ${flows.length === 1 ? "flow" : "flows"} `,
      h("strong", { class: whole ? "good" : "bad" }, growing ? `no end yet, ${state}` : state),
      ...warnings.map((text) => h("span", { class: "warning" }, text)),
    ),
    h("dl", {}, ...lines.flatMap(([term, text]) => [h("dt", {}, term), h("dd", {}, text)])),
  );
}

/** What limited the flows that are shown. */
export class Diagnosis {
  readonly element: HTMLElement;
  readonly #body = h("div", { class: "scrolls", tabindex: "0", role: "region", "aria-label": "Diagnosis" });
  readonly #view: View;

  constructor(view: View) {
    this.#view = view;
    this.element = h(
      "section",
      { class: "diagnosis-section", "aria-labelledby": "diagnosis-title" },
      h("h2", { id: "diagnosis-title" }, "What limited it"),
      this.#body,
    );
    view.on(["flows", "model"], () => this.#draw());
    this.#draw();
  }

  #draw(): void {
    const { shown, model } = this.#view;
    const of = shown.map((flow) =>
      this.#one(
        flow,
        model.diagnoses.find((one) => one.flow === flow),
      ),
    );
    fill(this.#body, ...(of.length > 0 ? of : [h("p", { class: "quiet" }, "no flow is shown")]));
  }

  #one(flow: number, diagnosis: PageDiagnosis | undefined): HTMLElement {
    const ends = this.#view.flow(flow)?.ends ?? "";
    const title = h("h3", {}, `flow ${flow} `, h("span", { class: "quiet" }, ends));
    if (!diagnosis) {
      const why =
        this.#view.model.undiagnosed > 0 ? "not diagnosed in this page, or it carries no data" : "it carries no data";
      return h("article", {}, title, h("p", { class: "quiet" }, why));
    }
    const { headline, lines } = diagnosis;
    const list = h("dl", {}, ...lines.flatMap(([name, text]) => [h("dt", {}, name), h("dd", {}, text)]));
    // Of several flows, the headlines are enough to compare.
    const isOne = this.#view.shown.length === 1;
    return h(
      "article",
      {},
      title,
      h("p", { class: "headline" }, headline),
      isOne ? list : h("details", {}, h("summary", {}, "why"), list),
    );
  }
}

/** Runs side by side. */
export function comparison({ comparison, captures }: PageModel): HTMLElement | null {
  if (comparison === null) return null;
  const tables = comparison.tables.map(({ title, header, rows }) =>
    h(
      "div",
      { class: "scrolls", tabindex: "0", role: "region", "aria-label": `Comparison: ${header[0] ?? ""}` },
      h(
        "table",
        { class: "comparison" },
        h("caption", {}, title),
        h(
          "thead",
          {},
          h("tr", {}, ...header.map((text, at) => h("th", { scope: "col", class: at > 0 ? "number" : null }, text))),
        ),
        h(
          "tbody",
          {},
          ...rows.map(([name = "", ...cells]) =>
            h("tr", {}, h("th", { scope: "row" }, name), ...cells.map((text) => h("td", { class: "number" }, text))),
          ),
        ),
      ),
    ),
  );
  const left =
    comparison.left_out > 0 &&
    h("p", { class: "quiet" }, `${count(comparison.left_out)} further flows: analyze compare --json has all`);
  return h(
    "section",
    { class: "comparison-section", "aria-labelledby": "comparison-title" },
    h("h2", { id: "comparison-title" }, `${captures.length} captures side by side`),
    ...tables,
    left,
  );
}
