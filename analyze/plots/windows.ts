/** Chooses the length of a picture's windows. */
import type { Trace } from "../trace/trace.ts";
import type { DrawContext } from "./context.ts";
import { niceStep } from "./words.ts";

/** Least number of polls in a window. A window without a poll would look as if nothing was sent. */
const pollsInWindow = 5;

/** Length of the windows, seconds: the requested length, or one that gives about 150 windows. */
export async function windowOf(
  { trace, window, from, to }: Pick<DrawContext, "trace" | "window" | "from" | "to">,
  byPolls: boolean,
): Promise<number> {
  const pollsApart = byPolls ? await medianGap(trace) : 0;
  return window ?? niceStep(Math.max((to - from) / 150, pollsInWindow * pollsApart));
}

/** Median time between two polls, seconds. */
const medianGap = async (trace: Trace): Promise<number> =>
  (await trace.database.value<number | null>(
    "SELECT median(gap) FROM (SELECT t - lag(t) OVER (ORDER BY t) AS gap FROM (SELECT DISTINCT t FROM trace WHERE type = 'sample'))",
  )) ?? 0;
