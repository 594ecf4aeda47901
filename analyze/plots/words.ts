/** Titles and captions of pictures. */
import { basename } from "node:path";
import { capabilitiesOf } from "../captures/capabilities.ts";
import type { DrawnFlow } from "./choose.ts";
import type { DrawContext } from "./context.ts";

/** The title of a plot, with the flow if there is only one. */
export function titled(plot: string, { title, flows, runs, overlay }: DrawContext): string {
  if (title !== undefined) return title;
  const [only] = flows;
  return flows.length === 1 && only && runs.groups.length === 0 && !overlay ? `${plot}, ${only.label}` : plot;
}

/** A flow's name in the legend of a panel that several share. Overlaid captures are told apart by their labels. */
export const lineName = ({ flow, label }: DrawnFlow, { flows, overlay }: DrawContext): string =>
  flows.length > 1 && !overlay ? `${flow}: ${label}` : label;

/** The caption: where the data is from, and what is left out. */
export function captionOf({ trace, leftOut, runs, flows }: DrawContext, more: readonly (string | null)[]): string[] {
  const [first] = trace.captures;
  const source =
    trace.captures.length === 1 && first
      ? `${basename(first.path)}, Linux ${first.header.kernel.release}, from ${first.header.source}`
      : `${trace.captures.length} captures`;
  const left =
    leftOut > 0 && runs.groups.length === 0
      ? [`${leftOut} of ${leftOut + flows.length} flows, those with less data, not drawn`]
      : [];
  return [[source, ...sparseText(trace), ...more.filter((one) => one !== null), ...left].join("; ")];
}

/** What is missing between two records of captures that have not each: it is drawn as it was next told. */
function sparseText({ captures }: DrawContext["trace"]): string[] {
  const able = captures.map(({ header }) => capabilitiesOf(header));
  const text = (count: number, what: string): string[] =>
    count === 0 ? [] : [count === able.length ? what : `of ${count} of ${able.length} captures ${what}`];
  return [
    ...text(able.filter(({ polled }) => polled).length, "polls, nothing between two is seen"),
    ...text(able.filter(({ sampled }) => sampled).length, "records left out by the module (full=0 or probetime)"),
  ];
}

export const windowText = (window: number | null): string | null =>
  window === null ? null : `windows of ${window >= 1 ? `${window} s` : `${Number((window * 1000).toPrecision(9))} ms`}`;

/** The smallest of 1, 2, 5 x 10^n that is not below `step`. */
export function niceStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  return (
    [1, 2, 5, 10]
      .map((factor) => Number((factor * power).toPrecision(1 + (factor === 10 ? 1 : 0))))
      .find((nice) => nice >= step * 0.999) ?? step
  );
}
