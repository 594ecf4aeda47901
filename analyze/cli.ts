/** The `analyze` command: parses, runs one command, reports an error as one line. */
import { exitCodes, foreignText } from "@tcpprobe-plus/tpp/base";
import { CommanderError } from "commander";
import { withQueries } from "./command-line/metric-commands.ts";
import { buildProgram } from "./command-line/program.ts";
import { AnalyzeError, OutputClosedError } from "./errors.ts";
import { removeOnEveryWayOut } from "./temporary.ts";
import { type Io, processIo } from "./terminal/io.ts";
import type { OpenOptions } from "./trace/trace.ts";

/** Parses a command line, runs one command, and returns the exit code. Never throws. */
export async function main(argv: readonly string[], io: Io = programIo()): Promise<number> {
  const debug = argv.includes("--debug");
  const { exitCode, error } = await run(argv, io);
  const code = error === undefined ? exitCode : report(error, io, debug);
  try {
    await io.finish?.();
    return code;
  } catch (failed) {
    // The exit code is the answer even if nobody reads the output any more.
    if (failed === error || failed instanceof OutputClosedError) return code;
    const after = report(failed, io, debug);
    await io.finish?.().catch(() => {});
    return after;
  }
}

function programIo(): Io {
  removeOnEveryWayOut();
  return processIo();
}

async function run(argv: readonly string[], io: Io): Promise<{ exitCode: number; error?: unknown }> {
  let exitCode: number = exitCodes.ok;
  const opening: { -readonly [Key in keyof OpenOptions]: OpenOptions[Key] } = {};
  let pages = true;
  const page = () => {
    if (pages) io.page?.();
  };
  const program = buildProgram({ ...io, opening, page }, (code) => {
    exitCode = code;
  });
  program.hook("preAction", (_, command) => {
    const { cache, debug, pager } = command.optsWithGlobals();
    if (pager === false) pages = false;
    if (cache === false) opening.cache = false;
    opening.reading = readingOf(command.opts());
    if (debug) opening.say = (text) => io.stderr.write(`analyze: ${foreignText(text)}\n`);
  });
  try {
    await program.parseAsync(withQueries(argv));
    return { exitCode };
  } catch (error) {
    return { exitCode, error };
  }
}

function report(error: unknown, io: Io, debug: boolean): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  if (error instanceof OutputClosedError) return exitCodes.ok;
  const expected = error instanceof AnalyzeError;
  const message = error instanceof Error ? error.message : String(error);
  const line = expected
    ? message
    : `unexpected error: ${message.split("\n")[0]}. This is a defect of analyze: report it with the output of --debug.`;
  io.stderr.write(`analyze: ${foreignText(line)}\n`);
  if (debug && error instanceof Error)
    io.stderr.write(`${(error.stack ?? "").split("\n").map(foreignText).join("\n")}\n`);
  return expected ? error.exitCode : exitCodes.software;
}

const readingOf = ({ maxExpansion }: { maxExpansion?: number }) => (maxExpansion === undefined ? {} : { maxExpansion });
