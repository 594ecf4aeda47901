/** Reduces points and marks to those that a picture can show. */
import { capabilitiesOf } from "../captures/capabilities.ts";
import { numeral, wholeNumeral } from "../database/literals.ts";
import type { Trace } from "../trace/trace.ts";
import type { Series } from "./definition.ts";

export interface Point {
  readonly flow: number;
  readonly t: number;
  readonly value: number;
}

export interface PlotRange {
  readonly from: number;
  readonly to: number;
  /** Flows to draw, by id. */
  readonly flows: readonly number[];
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
  const changes = trace.captures.some(({ header }) => {
    const { counts_packets, sees_ca_state } = capabilitiesOf(header);
    return sees_ca_state && !counts_packets;
  });
  const traced = series.stateChangePoints && changes;
  const result = await trace.columns(`
    WITH points AS (
      SELECT flow, ord, t, value::DOUBLE AS value, floor((t - ${numeral(from)}) * ${numeral(perSecond)})::BIGINT AS pixel
      FROM (${series.points}${traced ? ` UNION ALL ${series.stateChangePoints}` : ""})
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
    SELECT DISTINCT flow, ord, t, value FROM chosen ORDER BY flow, ord, t, value`);
  const [flow = [], , t = [], value = []] = result.values as number[][];
  return t.map((_, index) => ({ flow: flow[index] as number, t: t[index] as number, value: value[index] as number }));
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
    SELECT flow, min(t) AS t, mark FROM marks
    WHERE flow IN (${flows.map(wholeNumeral).join(", ")}) AND t BETWEEN ${numeral(from)} AND ${numeral(to)}
    GROUP BY flow, mark, floor((t - ${numeral(from)}) * ${numeral(perSecond)}) ORDER BY flow, t, mark`);
}
