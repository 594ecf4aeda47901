/** The table of flows: sorted, searched, and what is clicked is shown. */
import type { PageFlow } from "../model.ts";
import { fill, h } from "./dom.ts";
import { columnsOf, type FlowColumn, filterOf } from "./flow-columns.ts";
import { count } from "./numbers.ts";
import { mostShown, type View } from "./view.ts";

/** From more flows than this on, the table begins with the largest. */
const manyFlows = 20;

/** Rows that are shown at first, and with each further step. */
const [firstRows, moreRows] = [100, 400];

export class Flows {
  readonly element: HTMLElement;
  readonly #view: View;
  readonly #search = h("input", {
    type: "search",
    id: "search",
    placeholder: "address, port, control, rtos>0 …",
    autocomplete: "off",
    spellcheck: "false",
    oninput: () => this.#changed(),
  });
  readonly #table = h("table", { class: "flows" });
  readonly #count = h("p", { class: "quiet", role: "status" });
  readonly #more = h("button", { type: "button", class: "more", onclick: () => this.#showMore() }, "Show more");
  #columns: FlowColumn[] = [];
  #sort: { readonly id: string; readonly descending: boolean } = { id: "flow", descending: false };
  #rows: PageFlow[] = [];
  #most = firstRows;

  constructor(view: View) {
    this.#view = view;
    const scroller = h(
      "div",
      { class: "scrolls", tabindex: "0", role: "region", "aria-label": "Table of flows" },
      this.#table,
      this.#more,
    );
    this.element = h(
      "section",
      { class: "flows-section", "aria-labelledby": "flows-title" },
      h(
        "div",
        { class: "bar" },
        h("h2", { id: "flows-title" }, "Flows"),
        h("label", { for: "search" }, "Search"),
        this.#search,
        h("button", { type: "button", onclick: () => this.#showLargest() }, `Largest ${mostShown} together`),
        this.#count,
      ),
      scroller,
    );
    // Of many, those that carry most are what people look for.
    if (view.model.flows.length > manyFlows) this.#sort = { id: "acked", descending: true };
    view.on(["flows"], () => this.#mark());
    view.on(["model"], () => this.#changed(true));
    this.#changed();
  }

  search(): void {
    this.#search.focus();
  }

  #showLargest(): void {
    const top = this.#rows.toSorted((a, b) => (b.acked_bytes ?? b.records) - (a.acked_bytes ?? a.records));
    if (top.length > 0) this.#view.show(top.slice(0, mostShown).map(({ flow }) => flow));
  }

  #showMore(): void {
    this.#most += moreRows;
    this.#draw();
  }

  #changed(keepsRows = false): void {
    const { model } = this.#view;
    this.#columns = [
      {
        id: "flow",
        header: "flow",
        help: "number, in order of first sight",
        isNumber: true,
        value: ({ flow }) => flow,
        show: ({ flow }) => String(flow),
      },
      ...columnsOf(model),
    ];
    if (!keepsRows) this.#most = firstRows;
    const keeps = filterOf(this.#search.value, this.#columns);
    this.#rows = model.flows.filter(keeps);
    const column = this.#columns.find(({ id }) => id === this.#sort.id) ?? this.#columns[0]!;
    this.#rows.sort(byColumn(column, this.#sort.descending));
    this.#draw();
  }

  #sortBy(id: string, isNumber: boolean): void {
    const { id: before, descending } = this.#sort;
    // Of numbers, the largest are what people look for first.
    this.#sort = { id, descending: before === id ? !descending : isNumber && id !== "flow" && id !== "start" };
    this.#changed();
    this.#table.querySelector<HTMLElement>(`th[data-id="${id}"] button`)?.focus();
  }

  #draw(): void {
    const { model } = this.#view;
    const heads = this.#columns.map(({ id, header, help, isNumber }) => {
      const sorted = this.#sort.id === id ? (this.#sort.descending ? "descending" : "ascending") : null;
      const arrow = sorted === null ? "" : sorted === "ascending" ? " \u25b4" : " \u25be";
      const button = h(
        "button",
        { type: "button", title: help, onclick: () => this.#sortBy(id, isNumber) },
        header,
        arrow,
      );
      return h("th", { scope: "col", "data-id": id, "aria-sort": sorted, class: isNumber ? "number" : null }, button);
    });
    const rows = this.#rows.slice(0, this.#most).map((flow) => this.#row(flow));
    fill(
      this.#table,
      h("caption", { class: "hidden" }, "Flows; - is not known"),
      h("thead", {}, h("tr", {}, ...heads)),
      h("tbody", {}, ...rows),
    );
    const left = this.#rows.length - rows.length;
    this.#more.hidden = left <= 0;
    this.#more.textContent = `Show ${Math.min(left, moreRows)} more of ${count(left)}`;
    const all = model.flows.length;
    this.#count.textContent =
      all === 0
        ? "no flows"
        : this.#rows.length === all
          ? `${count(all)} ${all === 1 ? "flow" : "flows"}`
          : `${count(this.#rows.length)} of ${count(all)} flows`;
    this.#mark();
  }

  #row(flow: PageFlow): HTMLElement {
    const choose = (event: Event): void => {
      const { shiftKey, ctrlKey, metaKey } = event as MouseEvent;
      if (shiftKey || ctrlKey || metaKey) this.#view.toggle(flow.flow);
      else this.#view.show([flow.flow]);
      event.stopPropagation();
    };
    const cells = this.#columns.map(({ id, show, isNumber }) => {
      if (id === "flow")
        return h(
          "th",
          { scope: "row", class: "number" },
          h("button", { type: "button", "aria-label": `Show flow ${flow.flow}`, onclick: choose }, String(flow.flow)),
        );
      const text = show(flow);
      return h("td", { class: isNumber ? "number" : null, title: text === "-" ? "not known" : null }, text);
    });
    return h("tr", { "data-flow": flow.flow, onclick: choose }, ...cells);
  }

  /** Marks the rows of the flows that are shown. */
  #mark(): void {
    const shown = new Set(this.#view.shown.map(String));
    for (const row of this.#table.querySelectorAll<HTMLElement>("tbody tr")) {
      const isShown = shown.has(row.dataset.flow ?? "");
      row.classList.toggle("shown", isShown);
      row.querySelector("button")?.setAttribute("aria-pressed", String(isShown));
    }
  }
}

/** What is not known comes last, whatever the direction. */
const byColumn =
  ({ value }: FlowColumn, descending: boolean) =>
  (a: PageFlow, b: PageFlow): number => {
    const [one, other] = [value(a), value(b)];
    if (one === null || other === null) return one === other ? a.flow - b.flow : one === null ? 1 : -1;
    const order =
      typeof one === "number" ? one - Number(other) : one.localeCompare(String(other), "en", { numeric: true });
    return (descending ? -order : order) || a.flow - b.flow;
  };
