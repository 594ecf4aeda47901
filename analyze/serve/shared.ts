/** The trace that all clients look at: its model, its series, and what is added to it. */
import { collectModel } from "../report/collect.ts";
import type { PageModel, PageView, SeriesBins } from "../report/model.ts";
import type { QuantitySource } from "../report/series.ts";
import { readSchemas } from "../trace/schema.ts";
import type { Trace } from "../trace/trace.ts";
import { type SeriesRequest, seriesOf } from "./series.ts";
import { sketchModel } from "./sketch.ts";
import { runQuery } from "./sql.ts";
import { Turns } from "./turns.ts";

/** Queries at a time. DuckDB's client takes one of Node's four threads for each; one is left for files. */
const mostAtOnce = 3;
/** Of these, queries that somebody typed. The page can go on drawing beside them. */
const mostTyped = 2;
const mostWaiting = 64;
/** Captures with more records than this are shown before their metrics are there. */
const defaultManyRecords = 2_000_000;
/** The metrics are begun when series were given and no more were asked for in this time: the first picture is drawn. */
const drawnMs = 500;
/** They are begun after this time in any case. */
const latestMs = 10_000;
/** A growing capture's model is made anew after this many times the time that making it took. */
const restFactor = 3;

/** What has been added to the captures, as clients are told. */
export interface Growth {
  /** Counts up with each growth. */
  readonly number: number;
  /** Counts the models made. */
  readonly models: number;
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

/** Number of growth of a model that lacks the metrics. */
const unfinished = -1;

const byId = (sources: readonly QuantitySource[]): Map<string, QuantitySource> =>
  new Map(sources.map((source) => [source.quantity.id, source]));

export class SharedTrace {
  readonly #trace: Trace;
  readonly #turns = new Turns(mostAtOnce, mostWaiting);
  readonly #typed = new Turns(mostTyped, mostWaiting);
  readonly #forever = new AbortController();
  #collected: Collected | null = null;
  #collecting: Promise<Collected> | null = null;
  #growth: Omit<Growth, "models">;
  #models = 0;
  #sketching: Promise<Collected> | null = null;
  #drawn: NodeJS.Timeout | undefined;
  /** What was added beside the captures, a sentence each. */
  added: readonly string[] = [];
  /** Called when there is a model that clients do not know of. */
  onModel: () => void = () => {};

  readonly #manyRecords: number;

  constructor(trace: Trace, manyRecords = defaultManyRecords) {
    this.#trace = trace;
    this.#manyRecords = manyRecords;
    this.#growth = { number: 0, growing: trace.isGrowing, notes: [] };
  }

  get growth(): Growth {
    return { ...this.#growth, notes: [...this.#growth.notes, ...this.added], models: this.#models };
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
    const { growing } = this.#trace;
    const captures = model.captures.map((one) => (growing.includes(one.capture) ? { ...one, growing: true } : one));
    return { ...model, captures, to_s: await this.#end(model), growing: this.#growth.growing };
  }

  /** The last moment of the captures: a model of growing ones can be older. */
  async #end({ growing, to_s }: PageModel): Promise<number> {
    if (!growing) return to_s;
    const [row] = await this.#trace.rows<{ last: number | null }>("SELECT max(t) AS last FROM trace");
    return Math.max(to_s, row?.last ?? to_s);
  }

  /** The model at hand. Only the first one is waited for; `refresh` makes later ones. */
  async #current(): Promise<Collected> {
    const known = this.#collected;
    if (known && (known.model.flows.length > 0 || !this.isStale)) return known;
    const records = this.#trace.captures.reduce((sum, { records }) => sum + records, 0);
    if (known || records < this.#manyRecords) return this.#collect();
    this.#sketching ??= this.#sketch();
    return this.#sketching;
  }

  /** A first model that takes little time. The whole one is made behind it. */
  async #sketch(): Promise<Collected> {
    const { model, sources } = await this.#turns.take(this.#forever.signal, () => sketchModel(this.#trace));
    this.#models++;
    const collected = { model, sources: byId(sources), number: unfinished, until: 0 };
    this.#collected = collected;
    setTimeout(() => this.#finish(), latestMs).unref();
    return collected;
  }

  /** Makes the whole model where there is only a first one. */
  #finish(): void {
    if (this.#collected?.number !== unfinished || this.#collecting !== null) return;
    this.#collect().then(
      () => this.onModel(),
      () => {}, // the next request makes it again, and says why it cannot
    );
  }

  /** Whether records were added since the model was made. */
  get isStale(): boolean {
    return this.#collected !== null && this.#collected.number !== this.#growth.number;
  }

  /** Makes the model anew if it is old, and if making it does not take too much of the time. Returns whether it did. */
  async refresh(): Promise<boolean> {
    const known = this.#collected;
    if (!known || !this.isStale || (this.#growth.growing && performance.now() < known.until)) return false;
    await this.#collect();
    return true;
  }

  #collect(): Promise<Collected> {
    this.#collecting ??= this.#collectAnew().finally(() => {
      this.#collecting = null;
    });
    return this.#collecting;
  }

  async #collectAnew(): Promise<Collected> {
    const begun = performance.now();
    const { number, growing } = this.#growth;
    const { model, sources } = await this.#turns.take(this.#forever.signal, () => collectModel(this.#trace));
    const ended = performance.now();
    this.#models++;
    this.#collected = {
      model: { ...model, growing },
      // A client can still have the model before.
      sources: new Map([...(this.#collected?.sources ?? []), ...byId(sources)]),
      number,
      until: ended + restFactor * (ended - begun),
    };
    return this.#collected;
  }

  /** Throws the signal's reason. */
  async series(request: SeriesRequest, signal: AbortSignal): Promise<SeriesBins[]> {
    const { model, sources } = await this.#current();
    clearTimeout(this.#drawn);
    const series = await this.#turns.take(signal, async () => {
      const all = { from_s: model.from_s, to_s: await this.#end(model) };
      return this.#trace.withWindow(model.window_s, (own) =>
        own.database.until(signal, () => seriesOf(own, sources, request, all)),
      );
    });
    clearTimeout(this.#drawn);
    if (model.pending) this.#drawn = setTimeout(() => this.#finish(), drawnMs).unref();
    return series;
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
