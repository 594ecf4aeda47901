/** Reduces points and marks to those that a picture can show. */
import { capabilitiesOf } from "../captures/capabilities.ts";
import { numeral, wholeNumeral } from "../database/literals.ts";
import type { Trace } from "../trace/trace.ts";
import type { Series } from "./definition.ts";

export interface Point {
  readonly flow: number;
  readonly t: number;
  /** NULL ends the line. */
  readonly value: number | null;
}

export interface PlotRange {
  readonly from: number;
  readonly to: number;
  /** Flows to draw, by id. */
  readonly flows: readonly number[];
  /** Seconds to subtract from each flow's times. Flows without an entry are not shifted. */
  readonly shifts?: ReadonlyMap<number, number>;
}

/** The rows of a query with their times shifted as the range requires. */
export function shifted(sql: string, { shifts }: PlotRange): string {
  const moved = [...(shifts ?? [])].filter(([, shift]) => shift !== 0);
  if (moved.length === 0) return sql;
  const values = moved.map(([flow, shift]) => `(${wholeNumeral(flow)}, ${numeral(shift)}::DOUBLE)`).join(", ");
  return `SELECT moved.* REPLACE (moved.t - coalesce(shift, 0) AS t)
    FROM (${sql}) AS moved LEFT JOIN (VALUES ${values}) AS shifts(shifted_flow, shift) ON shifted_flow = moved.flow`;
}

/** All rows of a series, on the time axis of the range. */
export function rowsOf(trace: Trace, series: Series, range: PlotRange): string {
  const changes = trace.captures.some(({ header }) => {
    const { counts_packets, sees_ca_state } = capabilitiesOf(header);
    return sees_ca_state && !counts_packets;
  });
  const more = series.stateChangePoints && changes ? ` UNION ALL ${series.stateChangePoints}` : "";
  return shifted(`SELECT flow, ord, t, value FROM (${series.points}${more})`, range);
}

/**
 * The points of a series that a picture with `columns` pixel columns can show: the first, last, lowest and highest of
 * each column (M4: Jugel and others, "M4: A Visualization-Oriented Time Series Data Aggregation", VLDB 2014). A line
 * through them covers the same pixels as a line through all points. At most 4 x `columns` points a flow, in order of
 * time.
 */
export async function reducedPoints(trace: Trace, series: Series, range: PlotRange, columns: number): Promise<Point[]> {
  const { from, to, flows } = range;
  const perSecond = columns / Math.max(to - from, 1e-9);
  const rows = rowsOf(trace, series, range);
  const result = await trace.columns(`
    WITH every AS (${rows}), points AS (
      SELECT flow, ord, t, value::DOUBLE AS value, floor((t - ${numeral(from)}) * ${numeral(perSecond)})::BIGINT AS pixel
      FROM (SELECT * FROM every WHERE value IS NOT NULL)
      WHERE flow IN (${flows.map(wholeNumeral).join(", ")}) AND t BETWEEN ${numeral(from)} AND ${numeral(to)}
    ), extremes AS (
      SELECT flow, pixel, min(value) AS lowest, max(value) AS highest FROM points GROUP BY flow, pixel
    ), placed AS (
      -- Of equal values the first is taken, so that the same capture gives the same picture.
      SELECT points.*, lowest, highest,
        CASE WHEN value = lowest THEN ord END AS lowest_ord, CASE WHEN value = highest THEN ord END AS highest_ord
      FROM points JOIN extremes USING (flow, pixel)
    ), chosen AS (
      SELECT flow,
        unnest([min(ord), max(ord), min(lowest_ord), min(highest_ord)]) AS ord,
        unnest([min_by(t, ord), max_by(t, ord), min_by(t, lowest_ord), min_by(t, highest_ord)]) AS t,
        unnest([min_by(value, ord), max_by(value, ord), min(lowest), min(highest)]) AS value
      FROM placed GROUP BY flow, pixel
    )
    SELECT DISTINCT flow, ord, t, value FROM chosen
    UNION ALL
    SELECT flow, max(ord), max(t), NULL FROM every
    WHERE value IS NULL AND flow IN (${flows.map(wholeNumeral).join(", ")}) AND t BETWEEN ${numeral(from)} AND ${numeral(to)}
    GROUP BY flow, floor((t - ${numeral(from)}) * ${numeral(perSecond)})
    ORDER BY flow, ord, t, value NULLS LAST`);
  const [flow = [], , t = [], value = []] = result.values as number[][];
  return t.map((_, index) => ({ flow: Number(flow[index]), t: t[index]!, value: value[index]! }));
}

export interface BandPoint {
  readonly flow: number;
  readonly t: number;
  readonly low: number;
  readonly high: number;
}

/** For a band: the lowest and the highest value of each pixel column. */
export async function reducedBand(trace: Trace, sql: string, range: PlotRange, columns: number): Promise<BandPoint[]> {
  const { from, to, flows } = range;
  const perSecond = columns / Math.max(to - from, 1e-9);
  return trace.rows<BandPoint>(`
    SELECT flow, max(t) AS t, min(low)::DOUBLE AS low, max(high)::DOUBLE AS high FROM (${shifted(sql, range)})
    WHERE flow IN (${flows.map(wholeNumeral).join(", ")}) AND t BETWEEN ${numeral(from)} AND ${numeral(to)} AND low IS NOT NULL AND high IS NOT NULL
    GROUP BY flow, floor((t - ${numeral(from)}) * ${numeral(perSecond)}) ORDER BY flow, t`);
}

/** Single points, at most four a flow and pixel column: the first, last, lowest and highest. */
export async function reducedDots(trace: Trace, series: Series, range: PlotRange, columns: number): Promise<Point[]> {
  return (await reducedPoints(trace, series, range, columns)).filter(({ value }) => value !== null);
}

export interface StateSpan {
  readonly flow: number;
  readonly state: string;
  readonly from: number;
  readonly to: number;
}

/** Intervals of a congestion state other than Open. Those shorter than a pixel column are merged in it. */
export async function reducedStates(trace: Trace, range: PlotRange, columns: number): Promise<StateSpan[]> {
  await trace.need("episodes");
  const { from, to, flows } = range;
  const perSecond = columns / Math.max(to - from, 1e-9);
  const rows = shifted(
    "SELECT flow, start_s AS t, duration_s, ca_state FROM episodes WHERE ca_state <> 'Open' AND ca_state IS NOT NULL",
    range,
  );
  return trace.rows<StateSpan>(`
    SELECT flow, ca_state AS state, greatest(min(t), ${numeral(from)}) AS from, least(max(t + coalesce(duration_s, ${numeral(to)} - t)), ${numeral(to)}) AS to
    FROM (${rows})
    WHERE flow IN (${flows.map(wholeNumeral).join(", ")}) AND t <= ${numeral(to)} AND t + coalesce(duration_s, ${numeral(to)} - t) >= ${numeral(from)}
    GROUP BY flow, ca_state,
      CASE WHEN duration_s * ${numeral(perSecond)} < 1 THEN floor((t - ${numeral(from)}) * ${numeral(perSecond)}) ELSE -1 - t END
    ORDER BY flow, 3, state`);
}

export interface Mark {
  readonly flow: number;
  readonly t: number;
  readonly mark: string;
}

/** The events to mark, at most one of each kind in a pixel column. */
export async function reducedMarks(trace: Trace, range: PlotRange, columns: number): Promise<Mark[]> {
  await trace.need("marks");
  const { from, to, flows } = range;
  const perSecond = columns / Math.max(to - from, 1e-9);
  return trace.rows<Mark>(`
    WITH marks AS (${shifted("SELECT flow, t, mark FROM marks", range)})
    SELECT flow, min(t) AS t, mark FROM marks
    WHERE flow IN (${flows.map(wholeNumeral).join(", ")}) AND t BETWEEN ${numeral(from)} AND ${numeral(to)}
    GROUP BY flow, mark, floor((t - ${numeral(from)}) * ${numeral(perSecond)}) ORDER BY flow, t, mark`);
}
