/** `capture status`. */
import { exitCodes } from "@tcpprobe-plus/tpp/base";
/** Shows the module's counters, settings and readers. Changes nothing. */
import { NoModuleError } from "../errors.ts";
import { dataPath } from "../module/paths.ts";
import { type ModuleStatus, moduleStatus, ratesBetween } from "../module/status.ts";
import type { Io } from "../terminal/io.ts";
import { painter, widthOf } from "../terminal/lines.ts";
import { statusText, watchHead, watchLine } from "./status-text.ts";

export interface StatusOptions {
  readonly json: boolean;
  /** Interval in seconds. Null to show the status once. */
  readonly watchS: number | null;
}

const headEvery = 20;

/** Throws a NoModuleError or OtherNamespaceError. */
export async function status(options: StatusOptions, io: Io): Promise<number> {
  const now = moduleStatus();
  if (now === null) {
    if (options.json) io.stdout.write(`${JSON.stringify({ loaded: false })}\n`);
    throw new NoModuleError(dataPath);
  }
  if (options.watchS !== null) return watch(now, { ...options, watchS: options.watchS }, io);
  io.stdout.write(
    options.json
      ? `${JSON.stringify({ loaded: true, ...now }, null, 2)}\n`
      : statusText(now, widthOf(io.stdout), painter(io.stdout)),
  );
  return exitCodes.ok;
}

/** Shows the status repeatedly, until Ctrl-C or until the module is unloaded. */
async function watch(first: ModuleStatus, options: StatusOptions & { watchS: number }, io: Io): Promise<number> {
  const paint = painter(io.stdout);
  const stop = new AbortController();
  const ignoreSignals = io.onSignal(() => stop.abort());
  let before: ModuleStatus | null = null;
  let now: ModuleStatus | null = first;
  for (let lines = 0; now !== null && !stop.signal.aborted; lines += 1) {
    const rates = before === null ? null : ratesBetween(before, now);
    if (options.json) io.stdout.write(`${JSON.stringify({ loaded: true, ...now, rates })}\n`);
    else {
      if (lines % headEvery === 0) io.stdout.write(paint("bold", watchHead()));
      io.stdout.write(watchLine(now, rates, new Date().toTimeString().slice(0, 8), paint));
    }
    await pause(options.watchS, stop.signal);
    before = now;
    now = stop.signal.aborted ? now : moduleStatus();
  }
  ignoreSignals();
  if (now === null) throw new NoModuleError(dataPath);
  return exitCodes.ok;
}

function pause(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
