/** How long the windows of a picture are. */
import type { Trace } from "../trace/trace.ts";
import type { DrawContext } from "./context.ts";
import { niceStep } from "./words.ts";

/** A window spans several polls. A window without a poll would look like silence. */
const pollsInWindow = 5;

/** Length of the windows, seconds: what was asked for, else about 150 in the picture. */
export async function windowOf({ trace, window, from, to }: DrawContext, byPolls: boolean): Promise<number> {
  const pollsApart = byPolls ? await medianGap(trace) : 0;
  return window ?? niceStep(Math.max((to - from) / 150, pollsInWindow * pollsApart));
}

/** Usual time between two polls, seconds. */
const medianGap = async (trace: Trace): Promise<number> =>
  (await trace.database.value<number | null>(
    "SELECT median(gap) FROM (SELECT t - lag(t) OVER (ORDER BY t) AS gap FROM (SELECT DISTINCT t FROM trace WHERE type = 'sample'))",
  )) ?? 0;
