/** Opens captures and outputs for the commands. */
import { foreignText } from "@tcpprobe-plus/tpp";
import { expand } from "../captures/inputs.ts";
import { OutputFile } from "../export/file.ts";
import type { Io } from "../terminal/io.ts";
import { type OpenOptions, openTrace, type Trace } from "../trace/trace.ts";
import { printNotices } from "./notices.ts";

/** Where a command writes, and how it opens captures. */
export interface CommandIo extends Io {
  /** Filled from the command line before the command runs. */
  readonly opening?: OpenOptions;
}

/** Opens captures for a command, says what is wrong with them, and closes them after the work. */
export async function withTrace<Result>(
  paths: readonly string[],
  io: CommandIo,
  work: (trace: Trace) => Promise<Result>,
  outputs: readonly OutputFile[] = [],
): Promise<Result> {
  io.status?.(`reading ${foreignText(paths.join(", "))}`);
  try {
    await using trace = await openTrace(paths, { ...io.opening, outputs: outputs.map(({ partial }) => partial) });
    await printNotices(trace, io);
    io.status?.("working");
    return await work(trace);
  } finally {
    io.status?.(null);
  }
}

/** An output made from captures. Only those who may read all of them may read it, and it is never one of them. */
export async function openOutput(path: string, force: boolean, captures: readonly string[]): Promise<OutputFile> {
  return OutputFile.open(path, { force, inputs: await filesOf(captures) });
}

/** The files of captures. Errors are left for the code that opens them. */
export const filesOf = async (captures: readonly string[]): Promise<string[]> =>
  (await Promise.all(captures.map((path) => expand(path).catch(() => [])))).flat();
