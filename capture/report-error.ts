import {
  DiskFullError,
  NothingToRecoverError,
  NotTppError,
  OutputWriteError,
  SameFileError,
  TppError,
} from "@tcpprobe-plus/tpp";
import { CommanderError } from "commander";
import { CaptureError } from "./errors.ts";
import { exitCodes } from "./exit-codes.ts";
import type { Io } from "./io.ts";

/** Prints an error as one line and returns the exit code it stands for. */
export function reportError(error: unknown, io: Io, debug: boolean): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage; // printed already
  if (error instanceof CaptureError || error instanceof TppError) {
    io.stderr.write(`capture: ${error.message}\n`);
    if (debug) io.stderr.write(`${error.stack}\n`);
    return error instanceof CaptureError ? error.exitCode : tppExitCode(error);
  }
  const text = error instanceof Error ? error.message : String(error);
  const next = debug ? "" : " This is a defect; run it again with --debug and report what it prints.";
  io.stderr.write(`capture: unexpected error: ${text.split("\n")[0]}.${next}\n`);
  if (debug && error instanceof Error) io.stderr.write(`${error.stack}\n`);
  return exitCodes.software;
}

function tppExitCode(error: TppError): number {
  if (error instanceof DiskFullError || error instanceof OutputWriteError) return exitCodes.ioError;
  if (error instanceof NotTppError || error instanceof NothingToRecoverError) return exitCodes.badInput;
  if (error instanceof SameFileError) return exitCodes.usage;
  return exitCodes.cannotCreate;
}
