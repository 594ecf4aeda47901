/** A regular file that this process creates. It never opens an existing file and never follows a link. */
import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, link, lstat, open, rename, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { OutputDirectoryError, OutputExistsError, OutputOpenError } from "../errors.ts";
import { type FileIdentity, isSameFile, removeFile } from "./file-identity.ts";
import type { Target, TargetOptions } from "./target.ts";

export class NewFile implements Target {
  readonly name: string;
  readonly identity: FileIdentity;
  readonly #file: FileHandle;
  readonly #overwrite: boolean;
  /** Its current path: its name, or a temporary one in the same folder until it gets its name. */
  #path: string;

  private constructor(name: string, path: string, file: FileHandle, identity: FileIdentity, overwrite: boolean) {
    this.name = name;
    this.#path = path;
    this.#file = file;
    this.identity = { dev: identity.dev, ino: identity.ino };
    this.#overwrite = overwrite;
  }

  /** `free`: no file has the name yet. Otherwise the existing file stays until the new one replaces it. */
  static async create(name: string, free: boolean, options: TargetOptions): Promise<NewFile> {
    const atOnce = free && options.appears !== "whole";
    const path = atOnce ? name : besideOf(name);
    // O_APPEND: after a failed write has been truncated, the next one goes to the new end.
    const { O_WRONLY, O_CREAT, O_EXCL, O_APPEND, O_NOFOLLOW } = constants;
    const flags = O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW;
    const file = await open(path, flags, 0o600).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === "EEXIST") throw new OutputExistsError(name);
      if (cause.code === "ENOENT") throw new OutputDirectoryError(name, dirname(name));
      throw new OutputOpenError(name, cause);
    });
    const { owner, mode } = options;
    // The file is still empty, so nobody can have read anything. chmod is not subject to the umask.
    if (mode !== undefined) await file.chmod(mode).catch(() => {});
    if (owner) await file.chown(owner.uid, owner.gid).catch(() => {}); // not every file system has owners
    return new NewFile(name, path, file, await file.stat(), options.overwrite ?? false);
  }

  async write(data: Buffer): Promise<number> {
    return (await this.#file.write(data, 0, data.length)).bytesWritten;
  }

  truncate(bytes: number): Promise<boolean> {
    return this.#file.truncate(bytes).then(
      () => true,
      () => false,
    );
  }

  async publish(): Promise<void> {
    if (this.#path === this.name) return;
    try {
      if (this.#overwrite) await rename(this.#path, this.name);
      else await giveFreeName(this.#path, this.name);
    } catch (error) {
      const cause = error as NodeJS.ErrnoException;
      throw cause.code === "EEXIST" ? new OutputExistsError(this.name) : new OutputOpenError(this.name, cause);
    }
    this.#path = this.name;
  }

  async sync(): Promise<void> {
    await this.#file.sync();
  }

  async changed(bytes: number): Promise<string | null> {
    const held = await this.#file.stat();
    if (held.nlink === 0) return "was deleted while it was written: what it held is gone";
    const named = await lstat(this.#path).catch(() => null);
    if (named === null) return "was moved away while it was written: the file is whole under its new name";
    if (!isSameFile(named, held)) return "was replaced by another file while it was written";
    if (held.size === bytes) return null;
    return `was written by another process, too: it holds ${held.size} bytes, and ${bytes} were written here`;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async remove(): Promise<void> {
    await removeFile(this.#path, this.identity);
  }

  giveUp(): void {}
}

/**
 * A temporary name in the same folder, so that renaming is atomic. It is hidden, because the file is not a capture yet.
 */
const besideOf = (path: string): string =>
  join(dirname(path), `.${basename(path).slice(0, 180)}.${randomBytes(6).toString("hex")}.part`);

/** Gives the file its name. Throws EEXIST if the name is taken. */
async function giveFreeName(path: string, name: string): Promise<void> {
  try {
    await link(path, name);
  } catch (error) {
    // The file system has no hard links. Check the name first; this leaves a short race.
    if (!["EPERM", "ENOTSUP", "ENOSYS", "EMLINK"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    if ((await lstat(name).catch(() => null)) !== null) throw Object.assign(new Error("EEXIST"), { code: "EEXIST" });
    await rename(path, name);
    return;
  }
  await unlink(path);
}
