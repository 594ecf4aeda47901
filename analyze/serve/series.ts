/** Series as the page asks for them: bins of at most a pixel, or the records themselves where they are few. */
import { numeral, wholeNumeral } from "../database/literals.ts";
import { UsageError } from "../errors.ts";
import { microsecondOf, type SeriesBins, type SeriesName, widthFor } from "../report/model.ts";
import { atUs, type QuantitySource, readAll, type SeriesByFlow } from "../report/series.ts";
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
  const wanted = [...new Set(names.map(({ quantity }) => quantity))].map((quantity) => {
    const source = sources.get(quantity);
    if (source === undefined) throw new UsageError(`there is no quantity ${quantity}`);
    return source;
  });
  const flows = [...new Set(names.map(({ flow }) => flow))];
  if (flows.length === 0) return [];
  const width = widthFor(from_s, to_s, pixels);
  // Whole bins: one at the border has all its records.
  const from_us = Math.floor(microsecondOf(from_s) / width) * width;
  const to_us = (Math.floor(microsecondOf(to_s) / width) + 1) * width - 1;
  const range = { from_us, to_us, width, pixels, all };
  const found = await inside(trace, wanted, flows, range);
  const before = await besides(trace, wanted, flows, range, "before");
  const after = await besides(trace, wanted, flows, range, "after");
  return names.map(({ flow, quantity }) =>
    joined(before.get(quantity)?.get(flow), found.get(quantity)?.get(flow) ?? empty, after.get(quantity)?.get(flow)),
  );
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

/** Bins of a pixel; where a series has few records, these. */
async function inside(
  trace: Trace,
  sources: readonly QuantitySource[],
  flows: readonly number[],
  range: Range,
): Promise<Map<string, SeriesByFlow>> {
  const within = { from_s: range.from_us / 1e6, to_s: (range.to_us + 0.998) / 1e6 };
  const widthOf = (width: number, some: readonly number[]) => new Map(some.map((flow) => [flow, width]));
  const found = await readAll(trace, sources, { widths: widthOf(range.width, flows), range: within });
  const isSparse = (series: SeriesBins | undefined): boolean =>
    series !== undefined && recordsIn(series) <= recordsAPixel * range.pixels;
  const sparse = sources.filter(({ quantity }) => [...(found.get(quantity.id)?.values() ?? [])].some(isSparse));
  const few = flows.filter((flow) => sources.some(({ quantity }) => isSparse(found.get(quantity.id)?.get(flow))));
  if (sparse.length === 0) return found;
  const records = await readAll(trace, sparse, { widths: widthOf(0, few), range: within });
  for (const [quantity, byFlow] of records)
    for (const [flow, series] of byFlow)
      if (isSparse(found.get(quantity)?.get(flow))) found.get(quantity)!.set(flow, series);
  return found;
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

type Side = "before" | "after";

/** Where the points are values of records. Windows are not: they have no number and no moment of their own. */
const recordsOf = ({ records }: QuantitySource): QuantitySource["records"] =>
  records?.from === "goodput" ? undefined : records;

/** How many times the length of the range is looked at for the records beside it, before everything is. */
const near = 8;

/**
 * For each quantity and flow, the last record before the range, or the first after it: lines come from there, and lead
 * there.
 */
async function besides(
  trace: Trace,
  sources: readonly QuantitySource[],
  flows: readonly number[],
  range: Range,
  side: Side,
): Promise<Map<string, Map<number, Beside>>> {
  const length = range.to_us - range.from_us + 1;
  const edge = side === "before" ? range.from_us : range.to_us;
  const far = side === "before" ? edge - near * length : edge + near * length;
  const found = new Map(sources.map(({ quantity }) => [quantity.id, new Map<number, Beside>()]));
  // Nothing is outside of all that there is.
  if (side === "before" ? edge <= microsecondOf(range.all.from_s) : edge >= microsecondOf(range.all.to_s)) return found;
  for (const limit of [far, null]) {
    for (const [from, some] of Map.groupBy(sources, (source) => recordsOf(source)?.from ?? null)) {
      for (const together of from === null ? some.map((one) => [one]) : [some]) {
        const missing = flows.filter((flow) => together.some(({ quantity }) => !found.get(quantity.id)!.has(flow)));
        if (missing.length === 0) continue;
        const rows = await trace.rows<Record<string, number | null>>(besideSql(together, missing, side, edge, limit));
        for (const row of rows) keep(together, row, found);
      }
    }
  }
  return found;
}

function keep(
  sources: readonly QuantitySource[],
  row: Readonly<Record<string, number | null>>,
  into: ReadonlyMap<string, Map<number, Beside>>,
): void {
  for (const [index, { quantity }] of sources.entries()) {
    const [at_us, low, high, value] = ["a", "l", "h", "v"].map((name) => row[`${name}${index}`] ?? null);
    const flow = row.flow!;
    const known = into.get(quantity.id)!;
    if (at_us !== null && at_us !== undefined && !known.has(flow))
      known.set(flow, { flow, at_us, low: low!, high: high!, value: value! });
  }
}

/** Columns a0, l0, h0, v0, a1 …: time and values of the record beside the range, for each source of the same rows. */
function besideSql(
  sources: readonly QuantitySource[],
  flows: readonly number[],
  side: Side,
  edge_us: number,
  limit_us: number | null,
): string {
  const [first] = sources;
  const [outside, inside, last] = side === "before" ? ["<", ">=", "arg_max"] : [">", "<=", "arg_min"];
  const limit = limit_us === null ? "" : ` AND t ${inside} ${numeral(limit_us / 1e6)}`;
  const isBand = first!.quantity.draw === "band";
  const from = recordsOf(first!)?.from ?? `(${first!.rows})`;
  const order = recordsOf(first!) === undefined && isBand ? "t" : "ord";
  const picked = sources.map((source, index) => {
    const records = recordsOf(source);
    const [low, high] = records ? [records.low, records.high] : isBand ? ["low", "high"] : ["value", "value"];
    const key = records ? `CASE WHEN ${records.where} THEN ${order} END` : order;
    return `${last}({a: ${atUs("t")}, l: (${low})::DOUBLE, h: (${high})::DOUBLE}, ${key}) AS p${index}`;
  });
  const columns = sources.map(
    (_, index) =>
      `p${index}.a::DOUBLE AS a${index}, p${index}.l AS l${index}, p${index}.h AS h${index}, p${index}.h AS v${index}`,
  );
  return `
    SELECT flow, ${columns.join(", ")} FROM (
      SELECT flow, ${picked.join(", ")} FROM ${from}
      WHERE flow IN (${flows.map(wholeNumeral).join(", ")})${limit} AND ${atUs("t")} ${outside} ${wholeNumeral(edge_us)}
      GROUP BY flow
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
