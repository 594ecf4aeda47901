/** Series as the page asks for them: bins of at most a pixel, or the records themselves where they are few. */
import { numeral, wholeNumeral } from "../database/literals.ts";
import { UsageError } from "../errors.ts";
import { microsecondOf, type SeriesBins, type SeriesName, widthFor } from "../report/model.ts";
import { atUs, type QuantitySource, readSeries } from "../report/series.ts";
import type { Trace } from "../trace/trace.ts";

export interface SeriesRequest {
  readonly names: readonly SeriesName[];
  readonly from_s: number;
  readonly to_s: number;
  readonly pixels: number;
}

const mostNames = 1000;
const mostPixels = 16_384;
/** Records for each pixel up to which they are sent one by one. */
const recordsAPixel = 2;
/** A thousand years, in seconds. */
const mostSeconds = 3.2e10;

/** First and last moment of the captures. */
export interface Span {
  readonly from_s: number;
  readonly to_s: number;
}

/** Checks a request from outside. Throws a UsageError. */
export function asSeriesRequest(value: unknown): SeriesRequest {
  const { names, from_s, to_s, pixels } = (typeof value === "object" && value !== null ? value : {}) as Partial<
    Record<keyof SeriesRequest, unknown>
  >;
  const isTime = (time: unknown): time is number => typeof time === "number" && Math.abs(time) <= mostSeconds;
  const isPixels = (count: unknown): count is number =>
    Number.isSafeInteger(count) && (count as number) >= 1 && (count as number) <= mostPixels;
  if (!Array.isArray(names) || names.length > mostNames || !names.every(isName))
    throw new UsageError(`names must be a list of { flow, quantity }, ${mostNames} at most`);
  if (!isTime(from_s) || !isTime(to_s) || !(from_s < to_s)) throw new UsageError("from_s and to_s must be seconds");
  if (!isPixels(pixels)) throw new UsageError(`pixels must be a whole number from 1 to ${mostPixels}`);
  return { names, from_s, to_s, pixels };
}

function isName(value: unknown): value is SeriesName {
  const { flow, quantity } = (value ?? {}) as Partial<Record<keyof SeriesName, unknown>>;
  return (
    Number.isSafeInteger(flow) && (flow as number) > 0 && (flow as number) < 2 ** 32 && typeof quantity === "string"
  );
}

/**
 * The series in the order in which they are asked for. `sources`: those that the model names, by id. Throws a
 * UsageError for a quantity that is not among them.
 */
export async function seriesOf(
  trace: Trace,
  sources: ReadonlyMap<string, QuantitySource>,
  { names, from_s, to_s, pixels }: SeriesRequest,
  all: Span,
): Promise<SeriesBins[]> {
  const width = widthFor(from_s, to_s, pixels);
  // Whole bins: one at the border has all its records.
  const from_us = Math.floor(microsecondOf(from_s) / width) * width;
  const to_us = (Math.floor(microsecondOf(to_s) / width) + 1) * width - 1;
  const found = new Map<string, Map<number, SeriesBins>>();
  for (const [quantity, own] of Map.groupBy(names, (name) => name.quantity)) {
    const source = sources.get(quantity);
    if (source === undefined) throw new UsageError(`there is no quantity ${quantity}`);
    const flows = [...new Set(own.map(({ flow }) => flow))];
    found.set(quantity, await quantityOf(trace, source, flows, { from_us, to_us, width, pixels, all }));
  }
  return names.map(({ flow, quantity }) => found.get(quantity)?.get(flow) ?? empty);
}

const none = new Float64Array(0);
const empty: SeriesBins = { width_us: 0, at_us: none, min: none, max: none, last: none, count: none };

interface Range {
  readonly from_us: number;
  readonly to_us: number;
  readonly width: number;
  readonly pixels: number;
  readonly all: Span;
}

async function quantityOf(
  trace: Trace,
  source: QuantitySource,
  flows: readonly number[],
  range: Range,
): Promise<Map<number, SeriesBins>> {
  const within = { from_s: range.from_us / 1e6, to_s: (range.to_us + 0.998) / 1e6 };
  const widthOf = (width: number, some: readonly number[]) => new Map(some.map((flow) => [flow, width]));
  const few = recordsAPixel * range.pixels;
  const bins = await readSeries(trace, source, { widths: widthOf(range.width, flows), range: within });
  const sparse = flows.filter((flow) => bins.has(flow) && recordsIn(bins.get(flow)!) <= few);
  if (sparse.length > 0) {
    const records = await readSeries(trace, source, { widths: widthOf(0, sparse), range: within });
    for (const [flow, series] of records) bins.set(flow, series);
  }
  const before = await besides(trace, source, flows, range, "before");
  const after = await besides(trace, source, flows, range, "after");
  return new Map(flows.map((flow) => [flow, joined(before.get(flow), bins.get(flow) ?? empty, after.get(flow))]));
}

const recordsIn = ({ count }: SeriesBins): number => count.reduce((sum, records) => sum + records, 0);

/** One record outside the range. */
interface Beside {
  readonly flow: number;
  readonly at_us: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly value: number | null;
}

/** How many times the length of the range is looked at for the record beside it, before everything is. */
const near = 8;

/** For each flow, the last record before the range, or the first after it: lines come from there, and lead there. */
async function besides(
  trace: Trace,
  source: QuantitySource,
  flows: readonly number[],
  range: Range,
  side: "before" | "after",
): Promise<Map<number, Beside>> {
  const length = range.to_us - range.from_us + 1;
  const edge = side === "before" ? range.from_us : range.to_us;
  const far = side === "before" ? edge - near * length : edge + near * length;
  const found = new Map<number, Beside>();
  // Nothing is outside of all that there is.
  if (side === "before" ? edge <= microsecondOf(range.all.from_s) : edge >= microsecondOf(range.all.to_s)) return found;
  for (const limit of [far, null]) {
    const missing = flows.filter((flow) => !found.has(flow));
    if (missing.length === 0) break;
    const rows = await trace.rows<Beside>(besideSql(source, missing, side, edge, limit));
    for (const row of rows) found.set(row.flow, row);
  }
  return found;
}

function besideSql(
  { quantity, rows }: QuantitySource,
  flows: readonly number[],
  side: "before" | "after",
  edge_us: number,
  limit_us: number | null,
): string {
  const isBand = quantity.draw === "band";
  const [outside, inside, last] = side === "before" ? ["<", ">=", "arg_max"] : [">", "<=", "arg_min"];
  const limit = limit_us === null ? "" : ` AND t ${inside} ${numeral(limit_us / 1e6)}`;
  const values = isBand ? "low, high, high AS value" : "value AS low, value AS high, value";
  return `
    SELECT flow, beside.at_us::DOUBLE AS at_us, beside.low::DOUBLE AS low, beside.high::DOUBLE AS high, beside.value::DOUBLE AS value
    FROM (
      SELECT flow, ${last}({at_us: at_us, low: low, high: high, value: value}, ${isBand ? "t" : "ord"}) AS beside
      FROM (
        SELECT flow, t, ${isBand ? "" : "ord, "}${atUs("t")} AS at_us, ${values} FROM (${rows})
        WHERE flow IN (${flows.map(wholeNumeral).join(", ")})${limit}
      )
      WHERE at_us ${outside} ${wholeNumeral(edge_us)} GROUP BY flow
    )`;
}

function joined(before: Beside | undefined, series: SeriesBins, after: Beside | undefined): SeriesBins {
  if (!before && !after) return series;
  const widened = (column: Float64Array, value: (one: Beside) => number | null): Float64Array =>
    Float64Array.from([
      ...(before ? [value(before) ?? Number.NaN] : []),
      ...column,
      ...(after ? [value(after) ?? Number.NaN] : []),
    ]);
  return {
    width_us: series.width_us,
    at_us: widened(series.at_us, ({ at_us }) => at_us),
    min: widened(series.min, ({ low }) => low),
    max: widened(series.max, ({ high }) => high),
    last: widened(series.last, ({ value }) => value),
    count: widened(series.count, () => 1),
  };
}
