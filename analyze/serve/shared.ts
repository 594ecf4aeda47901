/** The trace that all clients look at: its model, its series, and what is added to it. */
import { collectModel } from "../report/collect.ts";
import type { PageModel, PageView, SeriesBins } from "../report/model.ts";
import type { QuantitySource } from "../report/series.ts";
import { readSchemas } from "../trace/schema.ts";
import type { Trace } from "../trace/trace.ts";
import { type SeriesRequest, seriesOf } from "./series.ts";
import { runQuery } from "./sql.ts";
import { Turns } from "./turns.ts";

/** Queries at a time. DuckDB's client takes one of Node's four threads for each; one is left for files. */
const mostAtOnce = 3;
/** Of these, queries that somebody typed. The page can go on drawing beside them. */
const mostTyped = 2;
const mostWaiting = 64;
/** A growing capture's model is made anew after this many times the time that making it took. */
const restFactor = 2;

/** What has been added to the captures, as clients are told. */
export interface Growth {
  /** Counts up with each growth. */
  readonly number: number;
  readonly growing: boolean;
  readonly notes: readonly string[];
}

interface Collected {
  readonly model: PageModel;
  readonly sources: ReadonlyMap<string, QuantitySource>;
  /** Growth that it has. */
  readonly number: number;
  /** When it may be made anew, by performance.now(). */
  readonly until: number;
}

export class SharedTrace {
  readonly #trace: Trace;
  readonly #turns = new Turns(mostAtOnce, mostWaiting);
  readonly #typed = new Turns(mostTyped, mostWaiting);
  readonly #forever = new AbortController();
  #collected: Collected | null = null;
  #collecting: Promise<Collected> | null = null;
  #growth: Growth;

  constructor(trace: Trace) {
    this.#trace = trace;
    this.#growth = { number: 0, growing: trace.isGrowing, notes: [] };
  }

  get growth(): Growth {
    return this.#growth;
  }

  /** Reads what was added. Returns whether there is anything new. Calls must not overlap. */
  async grow(): Promise<boolean> {
    const { records, notes } = await this.#trace.grow();
    const growing = this.#trace.isGrowing;
    const isNew = records > 0 || growing !== this.#growth.growing || notes.length !== this.#growth.notes.length;
    if (isNew) this.#growth = { number: this.#growth.number + 1, growing, notes };
    return isNew;
  }

  /**
   * What the page shows. Of captures that grow, it can be a little old, but for the time that it ends at: making it
   * takes longer than to read a few records.
   */
  async model(): Promise<PageModel> {
    const { model } = await this.#current();
    if (!this.#growth.growing && !model.growing) return model;
    const [row] = await this.#trace.rows<{ to_s: number | null }>("SELECT max(t) AS to_s FROM trace");
    return { ...model, to_s: Math.max(model.to_s, row?.to_s ?? model.to_s), growing: this.#growth.growing };
  }

  async #current(): Promise<Collected> {
    const known = this.#collected;
    const { number, growing } = this.#growth;
    if (known && (known.number === number || (growing && performance.now() < known.until))) return known;
    this.#collecting ??= this.#collect().finally(() => {
      this.#collecting = null;
    });
    return this.#collecting;
  }

  async #collect(): Promise<Collected> {
    const begun = performance.now();
    const { number, growing } = this.#growth;
    const { model, sources } = await this.#turns.take(this.#forever.signal, () => collectModel(this.#trace));
    const ended = performance.now();
    this.#collected = {
      model: { ...model, growing },
      sources: new Map(sources.map((source) => [source.quantity.id, source])),
      number,
      until: ended + restFactor * (ended - begun),
    };
    return this.#collected;
  }

  /** Throws the signal's reason. */
  async series(request: SeriesRequest, signal: AbortSignal): Promise<SeriesBins[]> {
    const { model, sources } = await this.#current();
    return this.#turns.take(signal, () =>
      this.#trace.withWindow(model.window_s, (own) =>
        own.database.until(signal, () => seriesOf(own, sources, request)),
      ),
    );
  }

  /** Answers a query. Throws what `runQuery` throws. */
  async sql(query: string, signal: AbortSignal) {
    return this.#typed.take(signal, () => this.#turns.take(signal, () => runQuery(this.#trace, query, signal)));
  }

  async views(): Promise<PageView[]> {
    return (await readSchemas()).map(({ view, about, columns }) => ({ name: view, what: about, columns }));
  }

  /** Ends queries that wait. */
  close(): void {
    this.#forever.abort(new Error("the server ends"));
  }
}
