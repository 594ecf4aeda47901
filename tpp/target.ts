/** Where a .tpp goes: a file of its own, or standard output. */
import { constants, write } from "node:fs";
import { open, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { OutputDirectoryError, OutputExistsError, OutputOpenError } from "./errors.ts";

export interface Target {
  /** For messages. */
  readonly name: string;
  /** Writes some of it and returns how much. */
  write(data: Buffer): Promise<number>;
  /** Cuts what is behind `bytes` off again, where that can be done. */
  truncate(bytes: number): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
  remove(): Promise<void>;
}

/** Throws an OutputExistsError, OutputDirectoryError or OutputOpenError. */
export async function openTarget(path: string, overwrite: boolean): Promise<Target> {
  return path === "-" ? standardOutput : await newFile(path, overwrite);
}

async function newFile(path: string, overwrite: boolean): Promise<Target> {
  // O_APPEND: after a failed write is cut off again, the next one goes to the new end.
  const whenThere = overwrite ? constants.O_TRUNC : constants.O_EXCL;
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | whenThere;
  const file = await open(path, flags).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "EEXIST") throw new OutputExistsError(path);
    if (cause.code === "ENOENT") throw new OutputDirectoryError(path, dirname(path));
    throw new OutputOpenError(path, cause);
  });
  return {
    name: path,
    write: async (data) => (await file.write(data, 0, data.length)).bytesWritten,
    truncate: (bytes) => file.truncate(bytes).catch(() => {}),
    sync: () =>
      file.sync().catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "EINVAL") throw error; // what is no regular file cannot be synced
      }),
    close: () => file.close(),
    remove: () => unlink(path).catch(() => {}),
  };
}

const writeTo = promisify(write);
const retryMs = 5;

/** Nothing can be taken back there, and it is not ours to close. */
const standardOutput: Target = {
  name: "standard output",
  write: async (data) => {
    try {
      return (await writeTo(1, data, 0, data.length, null)).bytesWritten;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      await wait(retryMs); // a pipe that another of its users made non-blocking
      return 0;
    }
  },
  truncate: async () => {},
  sync: async () => {},
  close: async () => {},
  remove: async () => {},
};
