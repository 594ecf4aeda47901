/** `capture recover`: writes the intact frames of a damaged file to a whole file. */

import { access, constants } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { foreignText, recoverTpp, TppError } from "@tcpprobe-plus/tpp";
import { bytesText, exitCodes } from "@tcpprobe-plus/tpp/write";
import { InputMissingError } from "../errors.ts";
import type { Io } from "../terminal/io.ts";
import { formatCount } from "../terminal/numbers.ts";

export interface RecoverOptions {
  readonly output: string;
  readonly overwrite: boolean;
  readonly quiet: boolean;
  /** Most bytes of text allowed for each byte of the file. */
  readonly maxExpansion?: number;
}

export async function recover(input: string, options: RecoverOptions, io: Io): Promise<number> {
  const { output, overwrite, quiet, maxExpansion } = options;
  const stop = new AbortController();
  const off = io.onSignal((signal) => stop.abort(signal));
  try {
    await access(input, constants.R_OK);
    const reading = { signal: stop.signal, ...(maxExpansion === undefined ? {} : { maxExpansion }) };
    const recovery = await recoverTpp(input, output, { overwrite, ...reading });
    if (!quiet) tell(input, output, recovery, io);
    return exitCodes.ok;
  } catch (error) {
    if (stop.signal.aborted) {
      off();
      process.kill(process.pid, stop.signal.reason); // the output is removed, so it may end as usual
      await wait(1000);
    }
    // The writer throws errors of its own, so an error of the system is about the input.
    const isSystems = error instanceof Error && "code" in error && !(error instanceof TppError);
    throw isSystems ? new InputMissingError(input, error as NodeJS.ErrnoException) : error;
  } finally {
    off();
  }
}

type Recovery = Awaited<ReturnType<typeof recoverTpp>>;

function tell(input: string, output: string, recovery: Recovery, io: Io): void {
  const say = (path: string, text: string) => io.stderr.write(`capture: ${foreignText(path)}: ${foreignText(text)}\n`);
  const { damage } = recovery.input;
  const target = output === "-" ? "standard output" : output;
  if (damage.length === 0) say(input, `is whole; ${target} is a copy of it`);
  for (const { text } of damage) say(input, text);
  const missing = recovery.missingLines > 0 ? `, ${formatCount(recovery.missingLines)} lines missing` : "";
  const saved = `${formatCount(recovery.lines)} lines in ${formatCount(recovery.frames)} frames, ${bytesText(recovery.fileBytes)}`;
  say(target, `whole; ${saved}${missing}`);
}
