/** Outputs that cannot be truncated: standard output, a FIFO, a character device. */
import { constants, fstatSync, write } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { SameFileError } from "../errors.ts";
import { isOneOf } from "./file-identity.ts";
import type { Target } from "./target.ts";

const writeTo = promisify(write);
const retryMs = 2;

export class StreamTarget implements Target {
  readonly name: string;
  readonly identity = null;
  readonly #fd: number;
  /** The handle to close. Null for standard output that was not opened here. */
  readonly #file: FileHandle | null;
  #givenUp = false;

  constructor(name: string, fd: number, file: FileHandle | null) {
    this.name = name;
    this.#fd = fd;
    this.#file = file;
  }

  async write(data: Buffer): Promise<number> {
    try {
      return (await writeTo(this.#fd, data, 0, data.length, null)).bytesWritten;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      if (this.#givenUp) throw Object.assign(new Error("nobody takes it"), { code: "ETIMEDOUT" });
      await wait(retryMs); // the pipe is full
      return 0;
    }
  }

  async truncate(): Promise<boolean> {
    return false;
  }

  async publish(): Promise<void> {}

  async sync(): Promise<void> {}

  async changed(): Promise<null> {
    return null;
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }

  async remove(): Promise<void> {}

  giveUp(): void {
    this.#givenUp = true;
  }
}

/**
 * Opens a pipe on standard output a second time, in non-blocking mode. Other users of the pipe do not notice, and a
 * reader that does not read cannot block a thread of this process.
 */
export async function openStandardOutput(inputs: readonly string[]): Promise<Target> {
  const name = "standard output";
  const there = fstatSync(1);
  if (there.isFile() && (await isOneOf(there, inputs))) throw new SameFileError(name);
  if (!there.isFIFO()) return new StreamTarget(name, 1, null);
  const file = await open("/proc/self/fd/1", constants.O_WRONLY | constants.O_NONBLOCK).catch(() => null);
  return new StreamTarget(name, file?.fd ?? 1, file);
}
