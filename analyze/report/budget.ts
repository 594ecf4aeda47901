/** Decides how fine the series of a report are, so that the page stays below its limit. */
import { microsecondOf, type PageFlow } from "./model.ts";

/** The most that a page may weigh, bytes. */
export const mostPageBytes = 10e6;

/** Flows whose series a page can hold: those with the most records. */
export const mostFlows = 1000;

/** Bytes that an entry takes in the page, as measured on recordings. It only decides what is tried first. */
const bytesOfEntry = 2.5;

/**
 * The width of the bins of each flow, whole microseconds; 0 where its records fit. A flow with more records gets more
 * entries, but less than in proportion, so that small flows are shown as well.
 */
export function widthsOf(flows: readonly PageFlow[], quantities: number, bytes: number): Map<number, number> {
  const chosen = flows.toSorted((a, b) => b.records - a.records || a.flow - b.flow).slice(0, mostFlows);
  let left = bytes / bytesOfEntry / Math.max(quantities, 1);
  let weights = chosen.reduce((sum, { records }) => sum + weightOf(records), 0);
  const widths = new Map<number, number>();
  // The smallest first: what they do not use goes to the others.
  for (const { flow, records, duration_s } of chosen.toReversed()) {
    const entries = (left * weightOf(records)) / weights;
    widths.set(flow, records <= entries ? 0 : widthFor(duration_s, entries));
    left -= Math.min(records, entries);
    weights -= weightOf(records);
  }
  return widths;
}

const weightOf = (records: number): number => records ** 0.75;

/** The least power of two that cuts a time into no more than so many bins. */
const widthFor = (duration_s: number, entries: number): number =>
  2 ** Math.ceil(Math.log2(Math.max(microsecondOf(duration_s) / Math.max(entries, 1), 1)));
