import {
  DiskFullError,
  OutputClosedError,
  OutputWriteError,
  SameFileError,
  TppError,
  TppInputError,
} from "@tcpprobe-plus/tpp";
import { CommanderError } from "commander";
import { CaptureError } from "./errors.ts";
import { exitCodes } from "./exit-codes.ts";
import type { Io } from "./io.ts";

export interface ReportOptions {
  /** With a stack trace. */
  readonly debug: boolean;
  /** As an object on one line. */
  readonly json: boolean;
}

/** Prints an error as one line and returns the exit code it stands for. */
export function reportError(error: unknown, io: Io, options: ReportOptions): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage; // printed already
  const { text, exitCode } = describe(error, options.debug);
  const facts = { event: "error", text, exit_code: exitCode };
  io.stderr.write(options.json ? `${JSON.stringify(facts)}\n` : `capture: ${text}\n`);
  if (options.debug && error instanceof Error) io.stderr.write(`${error.stack}\n`);
  return exitCode;
}

function describe(error: unknown, debug: boolean): { readonly text: string; readonly exitCode: number } {
  if (error instanceof CaptureError) return { text: error.message, exitCode: error.exitCode };
  if (error instanceof TppError) return { text: error.message, exitCode: tppExitCode(error) };
  const first = (error instanceof Error ? error.message : String(error)).split("\n")[0];
  const next = debug ? "" : " This is a defect; run it again with --debug and report what it prints.";
  return { text: `unexpected error: ${first}.${next}`, exitCode: exitCodes.software };
}

function tppExitCode(error: TppError): number {
  if ([DiskFullError, OutputWriteError, OutputClosedError].some((kind) => error instanceof kind))
    return exitCodes.ioError;
  if (error instanceof TppInputError) return exitCodes.badInput;
  if (error instanceof SameFileError) return exitCodes.usage;
  return exitCodes.cannotCreate;
}
