/**
 * Standard error that never makes the capture wait: on a terminal that Ctrl-S has stopped, or into a pipe that nobody
 * reads, what finds no room waits in memory, and the process ends without it.
 */
import { constants, fstatSync, openSync, writeSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import type { TextOut } from "./text-out.ts";

const retryMs = 50;
/** Lines that wait; beyond it they are left out. */
const maxWaitingBytes = 256 * 1024;
/** How long the end waits for what still does. */
const settleMs = 500;

export class UnhurriedOut implements TextOut {
  readonly #stream: NodeJS.WriteStream;
  /** Writes without waiting; null where only the stream can. */
  readonly #fd: number | null;
  #waiting: Buffer = Buffer.alloc(0);
  #timer: NodeJS.Timeout | undefined;

  constructor(fd: number, stream: NodeJS.WriteStream) {
    stream.on("error", () => {}); // a terminal that has gone must not end the capture
    this.#stream = stream;
    this.#fd = openAnew(fd) ?? (isFile(fd) ? fd : null);
  }

  get isTTY(): boolean {
    return this.#stream.isTTY === true;
  }

  get columns(): number {
    return this.#stream.columns || 80; // 0 where the terminal does not tell
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

  /** Returns how much was taken. */
  #put(data: Buffer): number {
    try {
      return writeSync(this.#fd!, data);
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === "EAGAIN" ? 0 : data.length; // nobody is there any more
    }
  }

  async settle(): Promise<void> {
    if (this.#fd === null) {
      // A socket: what waits there would keep the process.
      if (this.#stream.writableLength > 0) setTimeout(() => process.exit(), settleMs).unref();
      return;
    }
    for (let waitedMs = 0; this.#waiting.length > 0 && waitedMs < settleMs; waitedMs += retryMs) await wait(retryMs);
    clearTimeout(this.#timer);
    this.#waiting = Buffer.alloc(0);
  }
}

/** A terminal or pipe opened once more: not waiting is then a matter of ours, and not of all that share it. */
function openAnew(fd: number): number | null {
  try {
    const found = fstatSync(fd);
    if (!found.isFIFO() && !found.isCharacterDevice()) return null;
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return null;
  }
}

/** A file takes everything, at its shared end. */
function isFile(fd: number): boolean {
  try {
    return fstatSync(fd).isFile();
  } catch {
    return false;
  }
}
