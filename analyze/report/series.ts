/** Reads series from the views. SQL makes the bins, so that no more than what is shown leaves the database. */
import { numeral, wholeNumeral } from "../database/literals.ts";
import type { RecordPoints } from "../plots/definition.ts";
import type { Trace } from "../trace/trace.ts";
import { microsecondOf, type PageQuantity, type SeriesBins } from "./model.ts";
import { coarsened } from "./pyramid.ts";

/** A quantity, and where its points come from. */
export interface QuantitySource {
  readonly quantity: PageQuantity;
  /** A SELECT of flow, ord, t, value; for a band, of flow, t, low, high. A row whose value is NULL ends the line. */
  readonly rows: string;
  readonly views: readonly string[];
  /** Whether its rows are windows, whose length `withWindow` sets. */
  readonly windowed: boolean;
  /** Where its rows are values of single records: the same as `rows`. */
  readonly records?: RecordPoints;
}

export interface Cut {
  /** Flows, and the width of their bins in whole microseconds; 0 for single records. */
  readonly widths: ReadonlyMap<number, number>;
  /** Range, seconds. All of it if it is left out. */
  readonly range?: { readonly from_s: number; readonly to_s: number };
}

/** Series by flow. Flows that have nothing of a quantity have no entry. */
export type SeriesByFlow = Map<number, SeriesBins>;

/** SQL for `microsecondOf`. */
export const atUs = (t: string): string => `floor(${t} * 1e6 + 0.001)::BIGINT`;

/** The series of one quantity. Loads the views that it needs. */
export async function readSeries(trace: Trace, source: QuantitySource, cut: Cut): Promise<SeriesByFlow> {
  const { quantity, rows } = source;
  await trace.need(...source.views);
  const [low, high] = quantity.draw === "band" ? ["low", "high"] : ["value", "value"];
  // What ends a line comes behind the point that it ends.
  const ord = quantity.draw === "band" ? "0" : "2 * ord + (value IS NULL)::INTEGER";
  const [found] = await read(trace, `(${rows})`, ord, [{ low, high, where: null }], cut);
  return found!;
}

/** The series of several quantities, by their ids. Those of the same records are read together. */
export async function readAll(
  trace: Trace,
  sources: readonly QuantitySource[],
  cut: Cut,
): Promise<Map<string, SeriesByFlow>> {
  const all = new Map<string, SeriesByFlow>();
  for (const [from, some] of Map.groupBy(sources, ({ records }) => records?.from ?? null)) {
    // Where a part of the windows is asked for, the last of them does not end the line.
    if (from === null || (from === "goodput" && cut.range)) {
      for (const source of some) all.set(source.quantity.id, await readSeries(trace, source, cut));
      continue;
    }
    await trace.need(...some.flatMap(({ views }) => views));
    const values = some.map(({ records }) => records!);
    const found = await (from === "goodput" ? readWindows(trace, values, cut) : read(trace, from, "ord", values, cut));
    for (const [index, { quantity }] of some.entries()) all.set(quantity.id, found[index]!);
  }
  return all;
}

/** Windows as steps: each from its start to its end, where the line ends unless the next window is known too. */
async function readWindows(trace: Trace, values: readonly Values[], { widths }: Cut): Promise<SeriesByFlow[]> {
  const window_us = 1e6 * Number(await trace.database.value("SELECT window_s FROM settings"));
  const rows = "(SELECT *, window_start_s AS t, window_start_s AS ord FROM goodput)";
  const single = new Map([...widths.keys()].map((flow) => [flow, 0]));
  const found = await read(trace, rows, "ord", values, { widths: single });
  return found.map(
    (byFlow) =>
      new Map(
        [...byFlow].map(([flow, windows]) => {
          const steps = staircaseOf(windows, window_us);
          return [flow, widths.get(flow)! === 0 ? steps : coarsened(steps, widths.get(flow)!)];
        }),
      ),
  );
}

function staircaseOf({ at_us, last }: SeriesBins, window_us: number): SeriesBins {
  const [times, values]: [number[], number[]] = [[], []];
  for (const [index, start] of at_us.entries()) {
    times.push(start);
    values.push(last[index]!);
    const next = at_us[index + 1];
    if (next !== undefined && next - start < 1.5 * window_us) continue;
    const end = microsecondOf((start + window_us) / 1e6);
    times.push(end, end);
    values.push(last[index]!, Number.NaN);
  }
  const column = Float64Array.from(values);
  return {
    width_us: 0,
    at_us: Float64Array.from(times),
    min: column,
    max: column,
    last: column,
    count: new Float64Array(times.length).fill(1),
  };
}

/** `where` is null where each row is a point. Its value can then be NULL, which ends the line. */
interface Values extends Pick<RecordPoints, "low" | "high"> {
  readonly where: string | null;
}

/** Reads several series from one relation with flow, t and `ord`, in one pass for each kind of width. */
async function read(trace: Trace, from: string, ord: string, values: readonly Values[], cut: Cut) {
  const found = values.map((): SeriesByFlow => new Map());
  for (const [isSingle, widths] of Map.groupBy(cut.widths, ([, width]) => width === 0)) {
    const rows = wantedRows(from, ord, values, new Map(widths), cut);
    const sql = isSingle ? recordsSql(rows, values) : binsSql(rows, values, new Map(widths));
    const [flows, at, ...columns] = await trace.database.doubles(sql);
    if (!flows || !at) continue;
    for (const [index, into] of found.entries()) {
      const [low, high, last, count] = columns.slice(4 * index, 4 * index + 4);
      split(flows, at, { low: low!, high: high!, last: last!, count: count! }, cut.widths, into);
    }
  }
  return found;
}

/**
 * The wanted rows as flow, ord, at_us, and for each series its lowest and highest, NULL where there is no point. CASE
 * is used because FILTER makes the aggregates three times as slow.
 */
function wantedRows(
  from: string,
  ord: string,
  values: readonly Values[],
  widths: ReadonlyMap<number, number>,
  { range }: Cut,
): string {
  const columns = values.map(({ low, high, where }, at) => {
    const only = (value: string) => (where === null ? value : `CASE WHEN ${where} THEN ${value} END`);
    return `(${only(low)})::DOUBLE AS l${at}, (${only(high)})::DOUBLE AS h${at}`;
  });
  const within = range ? ` AND t BETWEEN ${numeral(range.from_s)} AND ${numeral(range.to_s)}` : "";
  const flows = [...widths.keys()].map(wholeNumeral).join(", ");
  return `SELECT flow, ${ord} AS ord, ${atUs("t")} AS at_us, ${columns.join(", ")} FROM ${from} WHERE flow IN (${flows})${within}`;
}

/** NaN stands for NULL: `doubles` takes none. */
const known = (value: string): string => `coalesce(${value}, 'NaN'::DOUBLE)`;

/** Each record. The count of a series is 0 where it has no point. */
function recordsSql(rows: string, values: readonly Values[]): string {
  const columns = values.map(({ where }, at) => {
    const count = where === null ? "1::DOUBLE" : `(h${at} IS NOT NULL)::INTEGER::DOUBLE`;
    return `${known(`l${at}`)}, ${known(`h${at}`)}, ${known(`h${at}`)}, ${count}`;
  });
  const some = values.map(({ where }, at) => (where === null ? "true" : `h${at} IS NOT NULL`)).join(" OR ");
  return `SELECT flow::DOUBLE, at_us::DOUBLE, ${columns.join(", ")} FROM (${rows}) WHERE ${some} ORDER BY flow, ord, at_us`;
}

function binsSql(rows: string, values: readonly Values[], widths: ReadonlyMap<number, number>): string {
  const [width] = widths.values();
  const same = [...widths.values()].every((one) => one === width);
  const list = [...widths].map(([flow, one]) => `(${wholeNumeral(flow)}, ${wholeNumeral(one)}::BIGINT)`).join(", ");
  const binned = same
    ? `SELECT *, at_us // ${wholeNumeral(width!)}::BIGINT AS bin FROM (${rows})`
    : `SELECT rows.*, at_us // width AS bin FROM (${rows}) AS rows JOIN (VALUES ${list}) AS widths(flow, width) USING (flow)`;
  const columns = values.map(({ where }, at) => {
    const [last, count] = where === null ? ["arg_max_null", "count(*)"] : ["arg_max", `count(h${at})`];
    return `${known(`min(l${at})`)}, ${known(`max(h${at})`)}, ${known(`${last}(h${at}, ord)`)}, ${count}::DOUBLE`;
  });
  return `SELECT flow::DOUBLE, max(at_us)::DOUBLE, ${columns.join(", ")}
    FROM (${binned}) GROUP BY flow, bin ORDER BY flow, bin`;
}

interface Columns {
  readonly low: Float64Array;
  readonly high: Float64Array;
  readonly last: Float64Array;
  readonly count: Float64Array;
}

/** Columns with the rows of several flows, one behind the other, as a series for each. Rows without a point go. */
function split(
  flows: Float64Array,
  at: Float64Array,
  { low, high, last, count }: Columns,
  widths: ReadonlyMap<number, number>,
  into: SeriesByFlow,
): void {
  for (let begin = 0; begin < flows.length; ) {
    const flow = flows[begin]!;
    let end = begin;
    let entries = 0;
    for (; end < flows.length && flows[end] === flow; end++) if (count[end]! > 0) entries++;
    const isWhole = entries === end - begin;
    const column = (from: Float64Array): Float64Array => {
      const part = from.subarray(begin, end);
      return isWhole ? part.slice() : part.filter((_, index) => count[begin + index]! > 0);
    };
    if (entries > 0)
      into.set(flow, {
        width_us: widths.get(flow)!,
        at_us: column(at),
        min: column(low),
        max: column(high),
        last: column(last),
        count: column(count),
      });
    begin = end;
  }
}
