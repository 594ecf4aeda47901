/** A place to type queries, the views and their columns beside it, and the answer as a table. */
import { fill, h, setText } from "../../report/client/dom.ts";
import type { PageView, SqlAnswer } from "../../report/model.ts";
import type { HttpSource } from "./http-source.ts";

const first = "SELECT flow, goodput_bps, retransmits, rtos, srtt_mean_us\nFROM flows\nORDER BY goodput_bps DESC";

/** Rows of an answer that the table shows at first, and that each press of the button adds. */
const rowsAtOnce = 200;

export class SqlBox {
  readonly element: HTMLElement;
  readonly #source: HttpSource;
  readonly #text = h("textarea", { id: "query", rows: 5, spellcheck: "false", autocapitalize: "off" });
  readonly #run = h("button", { type: "submit" }, "Run");
  readonly #stop = h("button", { type: "button", disabled: true, onclick: () => this.#running?.abort() }, "Stop");
  readonly #status = h("p", { class: "status", role: "status" });
  readonly #answer = h("div", { class: "scrolls answer", tabindex: 0, role: "region", "aria-label": "Answer" });
  #running: AbortController | null = null;

  constructor(source: HttpSource) {
    this.#source = source;
    this.#text.value = first;
    this.#answer.hidden = true;
    const views = h("div", {
      class: "scrolls views",
      tabindex: 0,
      role: "region",
      "aria-label": "Views and their columns",
    });
    const form = h(
      "form",
      {
        class: "query",
        onsubmit: (event) => this.#submit(event),
        onkeydown: (event) => this.#key(event as KeyboardEvent),
      },
      h("label", { for: "query" }, "A query over the views (DuckDB's SQL). Ctrl-Enter runs it."),
      this.#text,
      h("div", { class: "bar" }, this.#run, this.#stop, this.#status),
    );
    this.element = h(
      "section",
      { class: "sql-section", "aria-labelledby": "sql-title" },
      h("h2", { id: "sql-title" }, "SQL"),
      h("div", { class: "sql" }, form, views),
      this.#answer,
    );
    source.views().then(
      (all) => fill(views, ...all.map((view) => this.#viewOf(view))),
      (error: Error) => fill(views, h("p", { class: "quiet" }, error.message)),
    );
  }

  #viewOf({ name, what, columns }: PageView): HTMLElement {
    const list = columns.map(({ name, type, meaning }) =>
      h(
        "li",
        {},
        h("button", { type: "button", title: `Insert ${name}`, onclick: () => this.#insert(name) }, name),
        h("span", { class: "quiet" }, ` ${type} `),
        meaning,
      ),
    );
    return h("details", {}, h("summary", {}, name), h("p", { class: "quiet" }, what), h("ul", {}, ...list));
  }

  #insert(text: string): void {
    const { selectionStart, selectionEnd } = this.#text;
    this.#text.setRangeText(text, selectionStart, selectionEnd, "end");
    this.#text.focus();
  }

  #key(event: KeyboardEvent): void {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.#submit(event);
    else if (event.key === "Escape") this.#running?.abort();
  }

  #submit(event: Event): void {
    event.preventDefault();
    void this.#ask(this.#text.value);
  }

  async #ask(query: string): Promise<void> {
    this.#running?.abort();
    const running = new AbortController();
    this.#running = running;
    this.#stop.disabled = false;
    this.#say("running …");
    const begun = performance.now();
    try {
      const answer = await this.#source.sql(query, running.signal);
      if (this.#running !== running) return;
      const seconds = ((performance.now() - begun) / 1000).toFixed(2);
      const rows = `${answer.rows.length.toLocaleString("en-US")} ${answer.rows.length === 1 ? "row" : "rows"}`;
      this.#say(answer.cut ? `the first ${rows}; there are more (${seconds} s)` : `${rows} (${seconds} s)`);
      this.#show(answer);
    } catch (error) {
      if (this.#running !== running) return;
      this.#say(running.signal.aborted ? "stopped" : (error as Error).message, !running.signal.aborted);
    } finally {
      if (this.#running === running) {
        this.#running = null;
        this.#stop.disabled = true;
      }
    }
  }

  #say(text: string, isError = false): void {
    setText(this.#status, text);
    this.#status.classList.toggle("bad", isError);
  }

  #show({ columns, rows }: SqlAnswer): void {
    const isNumber = columns.map(({ type }) => /INT|DOUBLE|FLOAT|DECIMAL/.test(type));
    const cell = (value: string | null, column: number): HTMLElement =>
      value === null
        ? h("td", { class: "quiet" }, "NULL")
        : h("td", { class: isNumber[column] ? "number" : null }, value);
    const head = columns.map(({ name, type }, column) =>
      h("th", { scope: "col", title: type, class: isNumber[column] ? "number" : null }, name),
    );
    const body = h("tbody");
    let shown = 0;
    const more = h("button", { type: "button", class: "more", onclick: () => add() });
    const add = (): void => {
      const next = rows.slice(shown, shown + rowsAtOnce);
      body.append(...next.map((row) => h("tr", {}, ...row.map(cell))));
      shown += next.length;
      more.hidden = shown === rows.length;
      setText(more, `Show more of ${rows.length.toLocaleString("en-US")} rows`);
    };
    add();
    const table = h("table", { class: "values-of-query" }, h("thead", {}, h("tr", {}, ...head)), body);
    fill(this.#answer, table, more);
    this.#answer.hidden = false;
    this.#answer.scrollTop = 0;
  }
}
