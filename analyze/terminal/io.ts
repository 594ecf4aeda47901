/** Standard output and standard error. */
import { write, writeSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { isatty } from "node:tty";
import { promisify } from "node:util";
import { OutputClosedError, OutputError } from "../errors.ts";
import { Pager, pagerOf } from "./pager.ts";
import { Status } from "./status.ts";

/** Where a command writes. It is passed in, so that tests can read what a user would see. */
export interface Io {
  /** A caller that writes a lot awaits the result. Otherwise `finish` reports a failure. */
  readonly stdout: { write(chunk: string | Uint8Array): unknown };
  readonly stderr: { write(chunk: string | Uint8Array): unknown };
  /** Width of the terminal in columns; infinite if the output is not a terminal. */
  readonly columns: number;
  /** The size of the terminal in characters. Undefined if the output is not a terminal. */
  readonly screen?: { readonly columns: number; readonly rows: number };
  /**
   * What is written from now on is for reading, and may be longer than the screen. It goes to a pager, as git's does.
   */
  page?(): void;
  /** On a terminal, shows the current activity after it has taken a second. Null ends it. */
  status?(text: string | null): void;
  /**
   * Waits until everything is written. Throws an OutputError or OutputClosedError if writing to standard output failed.
   */
  finish?(): Promise<void>;
}

const writeSome = promisify(write);

/**
 * The process's own streams, written in order. `process.stdout` is not used: it throws where nobody can catch it, and
 * keeps in memory whatever a slow reader has not read yet.
 */
export function processIo(): Io {
  let last: Promise<void> = Promise.resolve();
  let failed: Error | undefined;
  const queue = (work: () => Promise<void>): Promise<void> => {
    last = last.then(work);
    return last;
  };
  const status = isatty(2)
    ? new Status({
        write: (text) => {
          try {
            writeSync(2, text);
          } catch {
            // The terminal is gone.
          }
        },
        columns: () => process.stderr.columns || 80,
      })
    : null;
  if (status) process.once("exit", () => status.end());
  const check = () => {
    if (failed) throw failed;
  };
  const isTerminal = isatty(1);
  let pager: Pager | null = null;
  const writeOut = (chunk: string | Uint8Array): Promise<void> =>
    pager === null
      ? writeAll(1, chunk).catch((error) => {
          throw asOutputError(error);
        })
      : pager.write(chunk);
  return {
    stdout: {
      write: (chunk) => {
        const written = queue(async () => {
          if (failed) return;
          status?.hide();
          failed = await writeOut(chunk).then(
            () => undefined,
            (error: Error) => error,
          );
        }).then(check);
        written.catch(() => {}); // `finish` reports it
        return written;
      },
    },
    // There is no way to report that writing to standard error failed.
    stderr: {
      write: (chunk) =>
        queue(() => {
          status?.hide();
          return writeAll(2, chunk).catch(() => {});
        }),
    },
    ...(status && {
      status: (text) => {
        // A pager and a status line would draw on the same lines.
        if (text === null || pager !== null) status.end();
        else status.say(text);
      },
    }),
    columns: isTerminal ? (process.stdout.columns ?? 80) : Number.POSITIVE_INFINITY,
    ...(isTerminal && {
      screen: { columns: process.stdout.columns ?? 80, rows: process.stdout.rows ?? 24 },
      page: () => {
        const command = pagerOf(process.env);
        if (pager !== null || command === null) return;
        status?.end();
        pager = new Pager(command, process.env);
      },
    }),
    finish: async () => {
      await last;
      const open = pager;
      pager = null;
      await open?.end();
      check();
    },
  };
}

async function writeAll(fd: number, chunk: string | Uint8Array): Promise<void> {
  const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
  for (let at = 0; at < bytes.length; ) {
    try {
      at += (await writeSome(fd, bytes, at, bytes.length - at, null)).bytesWritten;
    } catch (error) {
      // Another process with the same pipe may have made it non-blocking.
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      await setTimeout(5);
    }
  }
}

const asOutputError = (error: NodeJS.ErrnoException): Error =>
  error.code === "EPIPE" ? new OutputClosedError() : new OutputError("to standard output", error);
