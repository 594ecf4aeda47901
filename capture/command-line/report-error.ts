/** Reports an error as one line and an exit code. */
import {
  DiskFullError,
  exitCodes,
  foreignText,
  OutputChangedError,
  OutputClosedError,
  OutputSyncError,
  OutputTornError,
  OutputWriteError,
  SameFileError,
  TppError,
  TppInputError,
} from "@tcpprobe-plus/tpp/base";
import { CommanderError } from "commander";
import { CaptureError } from "../errors.ts";
import type { Io } from "../terminal/io.ts";
import { writeLine } from "../terminal/lines.ts";

export interface ReportOptions {
  /** Whether to print a stack trace. */
  readonly debug: boolean;
  /** Whether to print a JSON object on one line. */
  readonly json: boolean;
}

/** Prints an error as one line and returns its exit code. */
export function reportError(error: unknown, io: Io, options: ReportOptions): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage; // printed already
  const { text, exitCode } = describe(error, options.debug);
  const stack = options.debug && error instanceof Error ? (error.stack ?? "") : "";
  if (options.json) {
    const facts = { event: "error", text, exit_code: exitCode, ...(stack === "" ? {} : { stack }) };
    io.stderr.write(`${JSON.stringify(facts)}\n`);
    return exitCode;
  }
  writeLine(io.stderr, text);
  for (const line of stack === "" ? [] : stack.split("\n")) io.stderr.write(`${foreignText(line)}\n`);
  return exitCode;
}

function describe(error: unknown, debug: boolean): { readonly text: string; readonly exitCode: number } {
  if (error instanceof CaptureError) return { text: error.message, exitCode: error.exitCode };
  if (error instanceof TppError) return { text: error.message, exitCode: tppExitCode(error) };
  const first = (error instanceof Error ? error.message : String(error)).split("\n")[0];
  const next = debug ? "" : " This is a defect; run it again with --debug and report what it prints.";
  return { text: `unexpected error: ${first}.${next}`, exitCode: exitCodes.software };
}

/** Errors for files that exist already. */
const onTheWay = [
  DiskFullError,
  OutputWriteError,
  OutputClosedError,
  OutputTornError,
  OutputSyncError,
  OutputChangedError,
];

function tppExitCode(error: TppError): number {
  if (onTheWay.some((kind) => error instanceof kind)) return exitCodes.ioError;
  if (error instanceof TppInputError) return exitCodes.badInput;
  if (error instanceof SameFileError) return exitCodes.usage;
  return exitCodes.cannotCreate;
}
