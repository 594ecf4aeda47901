/** `capture run`: from the source to a .tpp file until it is stopped. */
import { failureReason, type TppTotals, TppWriter } from "@tcpprobe-plus/tpp";
import { exitCodes } from "../exit-codes.ts";
import type { Io } from "../io.ts";
import { formatBytes, formatCount, formatLost } from "../run/format.ts";
import { record } from "../run/record.ts";
import { StatusLine } from "../run/status-line.ts";
import { StopRequest } from "../run/stop-request.ts";
import { makeHeader } from "../snapshot/header.ts";
import { chooseSource, type SourceChoice } from "../sources/choose.ts";
import type { Source, SourceStatistics } from "../sources/source.ts";

export interface RunOptions {
  readonly output: string;
  readonly overwrite: boolean;
  readonly port: number | null;
  readonly source: SourceChoice;
  readonly kmodFile: string | null;
  readonly durationS: number | null;
  readonly bufferSizeKb: number | null;
  readonly hostname: boolean;
  readonly quiet: boolean;
  readonly commandLine: readonly string[];
}

/** A frame is closed this long after its first record: with reading, compressing and writing, less than 1 s is at risk. */
const frameMs = 700;

/** Returns the exit code. Throws the errors of errors.ts and the writer's; the file is whole then, too. */
export async function run(options: RunOptions, io: Io): Promise<number> {
  const say = (line: string): void => {
    if (!options.quiet) io.stderr.write(`capture: ${line}\n`);
  };
  const stop = new StopRequest();
  const ignoreSignals = io.onSignal((signal) => stop.request(`signal ${signal}`, true));
  let source: Source | undefined;
  try {
    const chosen = await chooseSource({ ...options, say });
    source = chosen.source;
    const header = await makeHeader(source, options);
    const writer = await TppWriter.create(options.output, header, { overwrite: options.overwrite, frameMs });
    say(chosen.summary);
    await capture(source, writer, stop, options, io, say);
    return stop.urgent ? exitCodes.interrupted : exitCodes.ok;
  } finally {
    await source?.dispose();
    ignoreSignals();
  }
}

async function capture(
  source: Source,
  writer: TppWriter,
  stop: StopRequest,
  options: RunOptions,
  io: Io,
  say: (line: string) => void,
): Promise<void> {
  const { output, durationS } = options;
  const status = new StatusLine(io.stderr, options.quiet, () => writer.totals);
  let alarm: NodeJS.Timeout | undefined;
  let outcome: { readonly reason: string; readonly error?: unknown };
  try {
    source.start();
    say(`capturing to ${output}; Ctrl-C ends it`);
    if (durationS !== null) alarm = setTimeout(() => stop.request("duration", false), durationS * 1000);
    outcome = { reason: await record(source, writer, stop) };
  } catch (error) {
    outcome = { reason: "reading failed", error };
  } finally {
    clearTimeout(alarm);
    status.stop();
  }
  const totals = await finish(source, writer, stop, outcome.reason).catch((error: unknown) => {
    outcome = { error, ...outcome };
    return writer.totals;
  });
  const reason = writer.failure ? failureReason(writer.failure) : outcome.reason;
  say(describe(totals, source, reason, output));
  if (totals.lost["ring"]) say(`records were lost. ${source.lossAdvice}`);
  if (outcome.error !== undefined) throw outcome.error;
}

/** Closes the file in any case, also when the source cannot be asked any more. */
async function finish(source: Source, writer: TppWriter, stop: StopRequest, reason: string): Promise<TppTotals> {
  let statistics: SourceStatistics | undefined;
  let problem: unknown;
  try {
    source.halt();
    if (stop.urgent) writer.addLoss("not drained", source.waiting());
    const end = source.finish();
    if (end.lost > 0) writer.addLoss("ring", end.lost);
    statistics = end.statistics;
  } catch (error) {
    problem = error;
  }
  const totals = await writer.close({ reason, ...(statistics ? { statistics } : {}) });
  if (problem !== undefined) throw problem;
  return totals;
}

function describe(totals: TppTotals, source: Source, reason: string, output: string): string {
  const records = formatCount(totals.lines - source.lossLines);
  const ratio = totals.fileBytes > 0 ? (totals.rawBytes / totals.fileBytes).toFixed(1) : "-";
  const size = `${formatBytes(totals.rawBytes)} of text in ${formatBytes(totals.fileBytes)} (${ratio}:1)`;
  const time = `${totals.duration_s.toFixed(1)} s (${reason})`;
  return `${output}: ${records} records in ${time}, ${size}, lost ${formatLost(totals.lost)}`;
}
