/**
 * Standard error that never makes the capture wait. If a terminal is stopped by Ctrl-S, or nobody reads a pipe, output
 * waits in memory, and the process can end without it.
 */
import { constants, fstatSync, openSync, writeSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import type { TextOut } from "./text-out.ts";

const retryMs = 50;
/** Most bytes of waiting lines. Further lines are dropped. */
const maxWaitingBytes = 256 * 1024;
/** How long the process waits at its end for waiting lines to be written. */
const settleMs = 500;

export class UnhurriedOut implements TextOut {
  readonly #stream: NodeJS.WriteStream;
  /** A non-blocking descriptor. Null if only the stream can be used. */
  readonly #fd: number | null;
  #waiting: Buffer = Buffer.alloc(0);
  #timer: NodeJS.Timeout | undefined;

  constructor(fd: number, stream: NodeJS.WriteStream) {
    stream.on("error", () => {}); // a terminal that is gone must not end the capture
    this.#stream = stream;
    this.#fd = openAnew(fd) ?? (isFile(fd) ? fd : null);
  }

  get isTTY(): boolean {
    return this.#stream.isTTY === true;
  }

  get columns(): number {
    return this.#stream.columns || 80; // 0 if the terminal does not report it
  }

  write(text: string): void {
    if (this.#fd === null) this.#stream.write(text);
    else this.#add(Buffer.from(text));
  }

  offer(text: string): void {
    if (this.#fd === null) {
      if (this.#stream.writableLength === 0) this.#stream.write(text);
    } else if (this.#waiting.length === 0) {
      const data = Buffer.from(text);
      const done = this.#put(data);
      if (done > 0 && done < data.length) this.#add(data.subarray(done));
    }
  }

  #add(data: Buffer): void {
    if (this.#waiting.length + data.length > maxWaitingBytes) return;
    this.#waiting = Buffer.concat([this.#waiting, data]);
    this.#go();
  }

  #go(): void {
    this.#waiting = this.#waiting.subarray(this.#put(this.#waiting));
    if (this.#waiting.length === 0) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#go();
    }, retryMs);
  }

  /** Returns the number of bytes written. */
  #put(data: Buffer): number {
    try {
      return writeSync(this.#fd!, data);
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === "EAGAIN" ? 0 : data.length; // the reader is gone
    }
  }

  async settle(): Promise<void> {
    if (this.#fd === null) {
      // Data waiting in a socket would keep the process running.
      if (this.#stream.writableLength > 0) setTimeout(() => process.exit(), settleMs).unref();
      return;
    }
    for (let waitedMs = 0; this.#waiting.length > 0 && waitedMs < settleMs; waitedMs += retryMs) await wait(retryMs);
    clearTimeout(this.#timer);
    this.#waiting = Buffer.alloc(0);
  }
}

/** Opens a terminal or pipe a second time, so that non-blocking mode does not affect other processes that share it. */
function openAnew(fd: number): number | null {
  try {
    const found = fstatSync(fd);
    if (!found.isFIFO() && !found.isCharacterDevice()) return null;
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return null;
  }
}

/** Whether it is a file. A file never blocks, and the descriptor shares its offset. */
function isFile(fd: number): boolean {
  try {
    return fstatSync(fd).isFile();
  } catch {
    return false;
  }
}
