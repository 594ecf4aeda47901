import type { OpenOptions } from "./trace.ts";

/** Where a command writes; passed in, so that tests read what a user would see. */
export interface Io {
  /** How captures are opened; filled from the command line before the command runs. */
  readonly opening?: OpenOptions;
  readonly stdout: { write(chunk: string | Uint8Array): unknown };
  readonly stderr: { write(chunk: string | Uint8Array): unknown };
  /** Width to fit tables into; infinite where the output is not a terminal. */
  readonly columns: number;
}

export function processIo(): Io {
  // `analyze … | head` closes the pipe: that is an end, not an error.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    columns: process.stdout.isTTY ? (process.stdout.columns ?? 80) : Number.POSITIVE_INFINITY,
  };
}
