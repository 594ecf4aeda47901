/** Reads series from the views. SQL makes the bins, so that no more than what is shown leaves the database. */
import { numeral, wholeNumeral } from "../database/literals.ts";
import type { Trace } from "../trace/trace.ts";
import type { PageQuantity, SeriesBins } from "./model.ts";

/** A quantity, and where its points come from. */
export interface QuantitySource {
  readonly quantity: PageQuantity;
  /** A SELECT of flow, ord, t, value; for a band, of flow, t, low, high. A row whose value is NULL ends the line. */
  readonly rows: string;
  readonly views: readonly string[];
  /** Whether its rows are windows, whose length `withWindow` sets. */
  readonly windowed: boolean;
}

export interface Cut {
  /** Flows, and the width of their bins in whole microseconds; 0 for single records. */
  readonly widths: ReadonlyMap<number, number>;
  /** Range, seconds. All of it if it is left out. */
  readonly range?: { readonly from_s: number; readonly to_s: number };
}

/** SQL for `microsecondOf`. */
export const atUs = (t: string): string => `floor(${t} * 1e6 + 0.001)::BIGINT`;

/** The series of one quantity by flow. Flows that have nothing of it have no entry. Loads the views that it needs. */
export async function readSeries(trace: Trace, source: QuantitySource, cut: Cut): Promise<Map<number, SeriesBins>> {
  await trace.need(...source.views);
  const found = new Map<number, SeriesBins>();
  const byWidth = Map.groupBy(cut.widths, ([, width]) => width === 0);
  for (const [single, widths] of byWidth) {
    const sql = (single ? recordsSql : binsSql)(source, new Map(widths), cut);
    const { values } = await trace.database.columns(sql);
    split(values as number[][], cut.widths, found);
  }
  return found;
}

const isBand = ({ quantity }: QuantitySource): boolean => quantity.draw === "band";

/** The rows of the wanted flows in the range, as flow, ord, at_us, low, high, value. */
function wantedRows(source: QuantitySource, widths: ReadonlyMap<number, number>, { range }: Cut): string {
  const columns = isBand(source)
    ? "0 AS ord, low::DOUBLE AS low, high::DOUBLE AS high, high::DOUBLE AS value"
    : "ord, value::DOUBLE AS low, value::DOUBLE AS high, value::DOUBLE AS value";
  const within = range ? ` AND t BETWEEN ${numeral(range.from_s)} AND ${numeral(range.to_s)}` : "";
  const flows = [...widths.keys()].map(wholeNumeral).join(", ");
  return `SELECT flow, ${atUs("t")} AS at_us, ${columns} FROM (${source.rows}) WHERE flow IN (${flows})${within}`;
}

const recordsSql = (source: QuantitySource, widths: ReadonlyMap<number, number>, cut: Cut): string =>
  `SELECT flow::DOUBLE, at_us::DOUBLE, low, high, value, 1::DOUBLE FROM (${wantedRows(source, widths, cut)}) ORDER BY flow, ord, at_us`;

function binsSql(source: QuantitySource, widths: ReadonlyMap<number, number>, cut: Cut): string {
  const rows = wantedRows(source, widths, cut);
  const [width] = widths.values();
  const same = [...widths.values()].every((one) => one === width);
  const list = [...widths].map(([flow, one]) => `(${wholeNumeral(flow)}, ${wholeNumeral(one)}::BIGINT)`).join(", ");
  const binned = same
    ? `SELECT *, at_us // ${wholeNumeral(width!)}::BIGINT AS bin FROM (${rows})`
    : `SELECT rows.*, at_us // width AS bin FROM (${rows}) AS rows JOIN (VALUES ${list}) AS widths(flow, width) USING (flow)`;
  const last = isBand(source) ? "max(value)" : "arg_max_null(value, ord)";
  return `SELECT flow::DOUBLE, max(at_us)::DOUBLE, min(low), max(high), ${last}, count(*)::DOUBLE
    FROM (${binned}) GROUP BY flow, bin ORDER BY flow, bin`;
}

/** Columns with the rows of several flows, one behind the other, as a series for each. */
function split(values: readonly number[][], widths: ReadonlyMap<number, number>, into: Map<number, SeriesBins>): void {
  const [flows = [], at = [], min = [], max = [], last = [], count = []] = values;
  for (let begin = 0; begin < flows.length; ) {
    const flow = Number(flows[begin]);
    let end = begin;
    while (end < flows.length && Number(flows[end]) === flow) end++;
    const column = (from: readonly (number | null)[]): Float64Array => {
      const numbers = new Float64Array(end - begin);
      for (let row = begin; row < end; row++)
        numbers[row - begin] = from[row] === null ? Number.NaN : Number(from[row]);
      return numbers;
    };
    into.set(flow, {
      width_us: widths.get(flow)!,
      at_us: column(at),
      min: column(min),
      max: column(max),
      last: column(last),
      count: column(count),
    });
    begin = end;
  }
}
