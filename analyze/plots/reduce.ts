import type { Trace } from "../trace.ts";
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
 * The points of a series that a picture of so many pixel columns can show: the first, last, lowest and highest of each
 * column (M4: Jugel and others, "M4: A Visualization-Oriented Time Series Data Aggregation", VLDB 2014). A line through
 * them covers the same pixels as a line through all. At most 4 x `columns` points a flow, in order of time.
 */
export async function reducedPoints(trace: Trace, series: Series, range: PlotRange, columns: number): Promise<Point[]> {
  const { from, to, flows } = range;
  const perSecond = columns / Math.max(to - from, 1e-9);
  const traced = series.tracefsPoints && trace.captures.some((capture) => capture.header.source === "tracefs");
  const result = await trace.columns(`
    WITH points AS (
      SELECT flow, ord, t, value::DOUBLE AS value, floor((t - ${from}) * ${perSecond})::BIGINT AS pixel
      FROM (${series.points}${traced ? ` UNION ALL ${series.tracefsPoints}` : ""})
      WHERE flow IN (${flows.join(", ")}) AND t BETWEEN ${from} AND ${to}
    ), extremes AS (
      SELECT flow, pixel,
        unnest([min(ord), max(ord), min_by(ord, value), max_by(ord, value)]) AS ord,
        unnest([min_by(t, ord), max_by(t, ord), min_by(t, value), max_by(t, value)]) AS t,
        unnest([min_by(value, ord), max_by(value, ord), min(value), max(value)]) AS value
      FROM points GROUP BY flow, pixel
    )
    SELECT DISTINCT flow, ord, t, value FROM extremes ORDER BY flow, ord`);
  const [flow = [], , t = [], value = []] = result.values as number[][];
  return t.map((_, index) => ({ flow: flow[index] as number, t: t[index] as number, value: value[index] as number }));
}

export interface Mark {
  readonly flow: number;
  readonly t: number;
  readonly mark: string;
}

/** The events to mark, at most one of a kind a pixel column. */
export async function reducedMarks(trace: Trace, range: PlotRange, columns: number): Promise<Mark[]> {
  await trace.need("marks");
  const { from, to, flows } = range;
  const perSecond = columns / Math.max(to - from, 1e-9);
  return trace.rows<Mark>(`
    SELECT flow, min(t) AS t, mark FROM marks
    WHERE flow IN (${flows.join(", ")}) AND t BETWEEN ${from} AND ${to}
    GROUP BY flow, mark, floor((t - ${from}) * ${perSecond}) ORDER BY flow, t`);
}
