/** The value axis of a panel over time. */
import type { PanelDefinition } from "./definition.ts";
import type { Shape } from "./model.ts";
import type { BandPoint, Point } from "./reduce.ts";

/** The data of one panel: for each series, the points of all flows. */
export interface SeriesPoints {
  readonly definition: PanelDefinition;
  readonly points: readonly (readonly Point[])[];
  readonly bands: readonly (readonly BandPoint[])[];
}

/** A series that may leave the axis extends it up to this many times what the others take of it. */
const mostAbove = 1.5;

/** Ends of the axis of a flow's panel, before they are scaled to its unit. */
export function axisOf({ definition, points, bands }: SeriesPoints, flow: number): { bottom: number; top: number } {
  const extents = definition.series.map((series, index) => {
    const values = points[index]!.flatMap((point) =>
      point.flow === flow && point.value !== null ? [point.value] : [],
    );
    const band = bands[index]!.filter((one) => one.flow === flow);
    return {
      mayLeave: series.mayLeave === true,
      low: lowest([...values, ...band.map(({ low }) => low)]),
      high: highest([...values, ...band.map(({ high }) => high)]),
    };
  });
  const staying = extents.filter(({ mayLeave }) => !mayLeave);
  const held = highest(staying.map(({ high }) => high));
  if (held === 0) return { bottom: 0, top: highest(extents.map(({ high }) => high)) };
  const least = definition.fromLowest ? lowest(staying.map(({ low }) => low)) : 0;
  const bottom = least < held ? least : 0;
  const most = bottom + mostAbove * (held - bottom);
  const near = extents.filter(({ mayLeave, low }) => mayLeave && low < most).map(({ high }) => high);
  return { bottom, top: Math.max(held, Math.min(highest(near), most)) };
}

export const highest = (values: readonly number[]): number => values.reduce((most, value) => Math.max(most, value), 0);
const lowest = (values: readonly number[]): number =>
  values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);

/** Lower end of the axis of a panel that all flows share, in the shapes' unit. */
export function bottomOf(definition: PanelDefinition, shapes: readonly Shape[]): number {
  if (!definition.fromLowest) return 0;
  const least = lowest(
    shapes.flatMap((shape) => {
      if (shape.kind === "line" && !shape.mayLeave) return shape.runs.flatMap((run) => run.map(({ y }) => y));
      return shape.kind === "area" && !shape.mayLeave ? shape.runs.flatMap((run) => run.map(({ low }) => low)) : [];
    }),
  );
  return Number.isFinite(least) ? least : 0;
}
