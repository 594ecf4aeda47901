/** The end of a capture: final counts, the trailer, and the last message. */
import { bytesText, type CommandEnd, failureReason, TppError, type TppTotals } from "@tcpprobe-plus/tpp/write";
import { socketsNow } from "../snapshot/sockets.ts";
import { hasOwnCounts, type Source, type SourceEnd, sumOfLosses } from "../sources/source.ts";
import { formatCount, formatLost, totalLost } from "../terminal/numbers.ts";
import { whyNothing } from "./nothing.ts";
import type { Output } from "./output.ts";
import type { Reporter } from "./reporter.ts";
import type { StopRequest } from "./stop-request.ts";

export interface Outcome {
  readonly reason: string;
  readonly error?: unknown;
}

export interface FinishOptions {
  /** The path as given with -o. */
  readonly path: string;
  readonly command: () => CommandEnd | null;
}

/** How long a reader of the output has left after a second signal. */
const giveUpMs = 2000;

/** Closes the files in any case, reports the totals, and throws any error. */
export async function finish(
  source: Source,
  output: Output,
  stop: StopRequest,
  outcome: Outcome,
  reporter: Reporter,
  options: FinishOptions,
): Promise<void> {
  let { error } = outcome;
  let end: SourceEnd | undefined;
  try {
    source.halt();
    // Records are left in the source after a failure, and if the size limit was reached while more records came.
    const isLeft = stop.urgent || error !== undefined || (outcome.reason === "max size" && !source.halts);
    const left = isLeft ? source.waiting() : 0;
    end = source.finish(output.totals.records);
    for (const [cause, records] of Object.entries(sumOfLosses([{ "not drained": left }, end.lost]))) {
      if (records > 0) output.addLoss(cause, records);
    }
  } catch (problem) {
    error ??= problem;
  }
  const command = options.command();
  const sockets = hasOwnCounts(source) || stop.urgent ? null : await socketsNow(source.filter);
  stop.onUrgent(() => setTimeout(() => output.giveUp(), giveUpMs).unref());
  const totals = await output
    .close({
      reason: outcome.reason,
      ...(end?.statistics ? { statistics: end.statistics } : {}),
      ...(end?.moduleSysctl ? { module_sysctl: end.moduleSysctl } : {}),
      ...(sockets ? { sockets } : {}),
      ...(command ? { command } : {}),
    })
    .catch((problem: unknown) => {
      error ??= problem;
      return output.totals;
    });
  const failure = output.failure ?? (error instanceof TppError ? error : null);
  const reason = failure ? failureReason(failure) : outcome.reason;
  const kind = source.text === "records" ? "binary records" : "text";
  reporter.end(describe(totals, kind, reason, output, options.path), facts(totals, reason, output));
  for (const advice of source.advice(totals.lost)) reporter.say(`records were lost. ${advice}`);
  if (error !== undefined) throw error;
  if (totals.records === 0 && totalLost(totals.lost) === 0) reporter.say(whyNothing(source));
}

function describe(totals: TppTotals, kind: string, reason: string, output: Output, path: string): string {
  const ratio = totals.fileBytes > 0 ? (totals.rawBytes / totals.fileBytes).toFixed(1) : "-";
  const size = `${bytesText(totals.rawBytes)} of ${kind} in ${bytesText(totals.fileBytes)} (${ratio}:1)`;
  const time = `${totals.duration_s.toFixed(1)} s (${reason})`;
  return `${nameOf(output, path)}: ${formatCount(totals.records)} records in ${time}, ${size}, lost ${formatLost(totals.lost)}`;
}

function nameOf({ paths, isSet }: Output, path: string): string {
  if (path === "-") return "standard output";
  if (!isSet) return path;
  return paths.length === 1 ? `${paths[0]}` : `${paths[0]} to ${paths.at(-1)}`;
}

const facts = (totals: TppTotals, reason: string, output: Output) => ({
  reason,
  files: output.paths,
  duration_s: totals.duration_s,
  records: totals.records,
  raw_bytes: totals.rawBytes,
  file_bytes: totals.fileBytes,
  lost: totals.lost,
});
