/** Splits points into the runs of a line. A run ends where nothing is known. */
import type { Loss } from "./losses.ts";
import type { Span, XY } from "./model.ts";
import type { BandPoint, Point } from "./reduce.ts";

/** Nine significant digits: far below a pixel, and half the size of the file. */
export const rounded = (value: number): number => Number(value.toPrecision(9));

export function highestOf(points: readonly Point[]): number {
  let highest = 0;
  for (const { value } of points) if (value !== null && value > highest) highest = value;
  return highest;
}

/** Whether a loss of records fills the whole interval between two neighbouring points. */
const isBroken = (before: number, after: number, breaks: readonly Loss[]): boolean =>
  breaks.some(({ from, to }) => before <= from && to <= after);

/** Runs of a line through the points of one flow, in order of time. */
export function runsOfPoints(points: readonly Point[], divisor: number, breaks: readonly Loss[]): XY[][] {
  const runs: XY[][] = [[]];
  let before: number | null = null;
  for (const { t, value } of points) {
    if (value === null || (before !== null && breaks.length > 0 && isBroken(before, t, breaks))) {
      if (runs.at(-1)!.length > 0) runs.push([]);
    }
    before = t;
    if (value !== null) runs.at(-1)!.push({ x: rounded(t), y: rounded(value / divisor) });
  }
  return runs.filter((run) => run.length > 0);
}

export function bandSpans(band: readonly BandPoint[], divisor: number, breaks: readonly Loss[]): Span[][] {
  const runs: Span[][] = [[]];
  let before: number | null = null;
  for (const { t, low, high } of band) {
    if (before !== null && breaks.length > 0 && isBroken(before, t, breaks)) runs.push([]);
    before = t;
    runs.at(-1)!.push({ x: rounded(t), low: rounded(low / divisor), high: rounded(high / divisor) });
  }
  return runs.filter((run) => run.length > 0);
}

/** Stacks runs on top of those in `below`, and adds them to it. */
export const stackRuns = (runs: readonly (readonly XY[])[], below: Map<string, number>): Span[][] =>
  runs.map((run) =>
    run.map(({ x, y }, at) => {
      // One run can end at the x at which the next one begins.
      const key = `${x} ${at === run.length - 1}`;
      const low = below.get(key) ?? 0;
      below.set(key, low + y);
      return { x, low: rounded(low), high: rounded(low + y) };
    }),
  );
