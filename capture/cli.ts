/** The `capture` command: parses the command line, calls one function, and reports errors in one line. */
import { exitCodes } from "@tcpprobe-plus/tpp/base";
import { refuseChangedArguments } from "./command-line/argument-bytes.ts";
import { buildProgram, ownArguments } from "./command-line/program.ts";
import { reportError } from "./command-line/report-error.ts";
import { type Io, processIo } from "./terminal/io.ts";

/** Runs the command line and returns the exit code. Never throws. */
export async function main(argv: readonly string[], io: Io = processIo()): Promise<number> {
  let exitCode: number = exitCodes.ok;
  const program = buildProgram(argv, io, (code) => {
    exitCode = code;
  });
  const given = (flag: string): boolean => ownArguments(argv).includes(flag);
  try {
    refuseChangedArguments(argv);
    await program.parseAsync([...argv]);
    return exitCode;
  } catch (error) {
    return reportError(error, io, { debug: given("--debug"), json: given("--json") });
  } finally {
    await io.settle();
  }
}
