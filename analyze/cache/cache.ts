/**
 * Parsed captures, kept in the user's cache directory. The next command on the same capture need not parse it again. An
 * entry's name is a hash of what it was made from, so an entry is never stale. The cache is bounded. If anything goes
 * wrong with it (a full disk, a damaged entry), the capture is parsed.
 */
import { createHash, type Hash } from "node:crypto";
import type { BigIntStats } from "node:fs";
import { lstat, mkdir, open, readdir, readFile, realpath, rename, rm, stat, statfs, utimes } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, extname, join, resolve } from "node:path";
import type { CaptureFile } from "../captures/capture.ts";
import { sqlOf } from "../database/database.ts";
import { version } from "../version.ts";

export interface CacheOptions {
  /** Default: tcpprobe_plus/traces in $XDG_CACHE_HOME or ~/.cache. */
  readonly directory?: string | undefined;
  /** When all entries together are larger than this, those used least recently are removed. */
  readonly maxBytes?: number | undefined;
  /** Captures with less text are quick to parse and are not kept. */
  readonly minTextBytes?: number | undefined;
  /** Use existing entries, but add none. */
  readonly readOnly?: boolean | undefined;
}

const defaults = { maxBytes: 8 * 2 ** 30, minTextBytes: 8 * 2 ** 20 } as const;
/** The cache leaves at least this much of the disk free. */
const minFreeBytes = 2 ** 30;
/** Roughly how many times as large text is as the Parquet made from it. */
const parquetShrinks = 4;
/** Files with other names are not ours and are left alone. */
const entryName = /^[0-9a-f]{40}\.(parquet|checked)$/;
const partialName = /^[0-9a-f]{40}\.(parquet|checked)\.\d+\.partial$/;
/** An entry used this recently may still be open in another command. */
const inUseMs = 10 * 60_000;

export class Cache {
  /** Whether captures parsed now are added. */
  readonly adds: boolean;
  readonly directory: string;
  readonly #maxBytes: number;
  readonly #minTextBytes: number;
  readonly #say: (text: string) => void;
  #checked: Promise<boolean> | undefined;

  constructor(options: CacheOptions, say: (text: string) => void) {
    const home = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
    this.directory = resolve(options.directory ?? join(home, "tcpprobe_plus", "traces"));
    this.#maxBytes = options.maxBytes ?? defaults.maxBytes;
    this.#minTextBytes = options.minTextBytes ?? defaults.minTextBytes;
    this.adds = !options.readOnly;
    this.#say = say;
  }

  /** The path of the capture's entry. Null for a capture that is not kept: a small, damaged or growing one. */
  async entryOf(files: readonly CaptureFile[]): Promise<string | null> {
    const walks = files.map(({ walk }) => walk);
    if (walks.some(({ trailer, damage }) => trailer === null || damage.length > 0)) return null;
    if (walks.reduce((sum, { trailer }) => sum + (trailer?.raw_bytes ?? 0), 0) < this.#minTextBytes) return null;
    const hash = createHash("sha256").update(await identityOf());
    // The walk has the checksum of every frame, so the hash covers all of the text.
    for (const { fileBytes, header, frames, checkpoints, trailer } of walks)
      hash.update(JSON.stringify({ fileBytes, header, frames, checkpoints, trailer }));
    return this.#entryNamed(hash);
  }

  /**
   * The paths of entries for tables that sql/NAME.sql makes from a Parquet file (the user's, or an entry). Null for a
   * small file: making these tables again is quick.
   */
  async derivedEntriesOf(parquet: string): Promise<((name: string) => Promise<string>) | null> {
    const content = await this.#contentOf(parquet);
    return content && (async (name) => this.#entryNamed(await hashOf(name, content)));
  }

  /**
   * The path of the entry, an empty file, that is there once all rows of a user's Parquet file were found to be sound,
   * or were written by this program. Null for a small file: looking at its rows again is quick.
   */
  async checkedEntryOf(parquet: string): Promise<string | null> {
    const content = await this.#contentOf(parquet);
    return content && this.#entryNamed(await hashOf("", content), "checked");
  }

  /** Adds that entry for a file of which this program wrote every row, unless another is in its place by now. */
  async remember(parquet: string, { dev, ino, size, mtimeNs }: BigIntStats): Promise<void> {
    const found = await stat(parquet, { bigint: true }).catch(() => null);
    if (!found || [dev, ino, size, mtimeNs].join() !== [found.dev, found.ino, found.size, found.mtimeNs].join()) return;
    const entry = found.isFile() ? await this.checkedEntryOf(parquet) : null;
    if (entry !== null && this.adds) await this.add(entry, async () => {});
  }

  /** What identifies the content of a Parquet file; null for a small one. */
  async #contentOf(parquet: string): Promise<(string | Buffer)[] | null> {
    const { size, dev, ino, mtimeNs, ctimeNs } = await stat(parquet, { bigint: true });
    if (Number(size) * parquetShrinks < this.#minTextBytes) return null;
    // An entry's name identifies its content. A user's file counts as unchanged while its inode and times are
    // unchanged. The footer alone would not show a change, because different values can have the same minimum and
    // maximum.
    return this.#isEntry(parquet)
      ? [basename(parquet)]
      : [`${size} ${dev} ${ino} ${mtimeNs} ${ctimeNs}`, await parquetFooter(parquet, Number(size))];
  }

  #isEntry(path: string): boolean {
    return dirname(path) === this.directory && entryName.test(basename(path));
  }

  #entryNamed(hash: Hash, kind: "parquet" | "checked" = "parquet"): string {
    return join(this.directory, `${hash.digest("hex").slice(0, 40)}.${kind}`);
  }

  /** Whether the entry exists and only this user or root can have written it. Marks it as used now. */
  async has(entry: string): Promise<boolean> {
    const now = new Date();
    const found = (await lstat(entry).catch(() => null))?.isFile() && (await this.#isPrivate());
    if (!found) return false;
    await utimes(entry, now, now).catch(() => {}); // a read-only cache is still read
    return true;
  }

  /** Whether only this user and root can change the cache. If others can, says so once. */
  #isPrivate(): Promise<boolean> {
    this.#checked ??= strangersIn(this.directory).then((why) => {
      if (why !== null) this.#say(`the cache is not used: ${why}`);
      return why === null;
    });
    return this.#checked;
  }

  /** Has `write` make the entry under a temporary name, then renames it. If that fails, nothing is left. */
  async add(entry: string, write: (path: string) => Promise<void>): Promise<boolean> {
    const partial = `${entry}.${process.pid}.partial`;
    try {
      await makeDirectory(this.directory);
      if (!(await this.#isPrivate())) return false;
      const { bavail, bsize } = await statfs(this.directory);
      if (bavail * bsize < minFreeBytes) throw new Error(`less than 1 GiB is free in ${this.directory}`);
      // Created before DuckDB writes it, so that others can never read it.
      await (await open(partial, "wx", 0o600)).close();
      await write(partial);
      const { size } = await stat(partial);
      if (size > this.#maxBytes) throw new Error(`${size} bytes are more than the cache may hold`);
      await rename(partial, entry);
      await this.#shrink(entry);
      return true;
    } catch (error) {
      await rm(partial, { force: true }).catch(() => {});
      this.#say(`the parsed capture is not kept for the next command: ${(error as Error).message.split("\n")[0]}`);
      return false;
    }
  }

  /** Removes an entry that cannot be read. */
  async drop(entry: string, error: unknown): Promise<void> {
    this.#say(`a kept capture cannot be read and is made again: ${(error as Error).message.split("\n")[0]}`);
    await rm(entry, { force: true }).catch(() => {});
  }

  /** Removes the least recently used entries until the rest fits, and what dead processes left behind. */
  async #shrink(newest: string): Promise<void> {
    const now = Date.now();
    const entries: { path: string; size: number; usedMs: number }[] = [];
    for (const name of await readdir(this.directory)) {
      const path = join(this.directory, name);
      const found = await stat(path).catch(() => null);
      if (!found) continue;
      if (partialName.test(name)) {
        if (now - found.mtimeMs > 24 * 3600_000) await rm(path, { force: true });
      } else if (entryName.test(name)) entries.push({ path, size: found.size, usedMs: found.mtimeMs });
    }
    let sum = entries.reduce((total, { size }) => total + size, 0);
    for (const { path, size, usedMs } of entries.sort((a, b) => a.usedMs - b.usedMs)) {
      if (sum <= this.#maxBytes || path === newest) return;
      if (now - usedMs < inUseMs) continue;
      await rm(path, { force: true });
      sum -= size;
    }
  }
}

/**
 * Why users other than this one and root could change a directory or replace it. Null if they cannot. Everybody may
 * write to a folder above it if that is sticky, as /tmp is.
 */
async function strangersIn(directory: string): Promise<string | null> {
  const me = process.geteuid?.();
  if (me === undefined) return null;
  for (let path = await realpath(directory), isOurs = true; ; path = dirname(path), isOurs = false) {
    const { uid, mode } = await stat(path);
    if (uid !== me && (isOurs || uid !== 0)) return `${path} belongs to another user (uid ${uid})`;
    if ((mode & 0o022) !== 0 && (isOurs || (mode & 0o1000) === 0)) return `${path} is writable by others`;
    if (path === dirname(path)) return null;
  }
}

/** Makes a directory and up to two parents. mkdir's own recursion never ends on some file systems (proc). */
async function makeDirectory(path: string, above = 2): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return;
    if (code !== "ENOENT" || above === 0) throw error;
    await makeDirectory(dirname(path), above - 1);
    await mkdir(path, { mode: 0o700 });
  }
}

/** A hash of what makes an entry, `identityOf(name)`, and of what it is made from. */
async function hashOf(name: string, content: readonly (string | Buffer)[]): Promise<Hash> {
  const hash = createHash("sha256").update(await identityOf(name));
  for (const part of content) hash.update(part);
  return hash;
}

const identities = new Map<string, Promise<string>>();

/**
 * A hash of the code that makes an entry: the pass, or sql/NAME.sql. Another version, or any change of that code, uses
 * other entries.
 */
function identityOf(name = ""): Promise<string> {
  const found = identities.get(name) ?? makeIdentity(name);
  identities.set(name, found);
  return found;
}

async function makeIdentity(name: string): Promise<string> {
  ofCode ??= identityOfCode();
  const hash = createHash("sha256").update(await ofCode);
  for (const [file, sql] of await sqlOf("_dialect", ...(name === "" ? [] : [name]))) hash.update(file).update(sql);
  return hash.digest("hex");
}

let ofCode: Promise<Buffer> | undefined;

/** Folders whose code, together with the file format, decides what is in an entry. */
const codeFolders: readonly URL[] = [
  ...["./", "../captures/", "../database/", "../records/", "../parquet/", "../trace/"].map(
    (path) => new URL(path, import.meta.url),
  ),
  new URL("./", import.meta.resolve("@tcpprobe-plus/tpp")),
];

/** All code files that take part in opening a capture. */
export async function codeFiles(): Promise<URL[]> {
  const found = await Promise.all(
    codeFolders.map(async (folder) => {
      const names = await readdir(folder, { recursive: true });
      return names
        .filter((name) => /\.(ts|js|wasm)$/.test(name) && !/(^|\/)(test|node_modules)\//.test(name))
        .sort()
        .map((name) => new URL(name, folder));
    }),
  );
  const above = ["errors", "nearest"].map((name) => new URL(`../${name}${extname(import.meta.url)}`, import.meta.url));
  return [...found.flat(), ...above];
}

/** The part of an identity that all names share. */
async function identityOfCode(): Promise<Buffer> {
  const hash = createHash("sha256").update(version);
  const files = await codeFiles();
  const texts = await Promise.all(files.map((url) => readFile(url)));
  for (const [index, url] of files.entries()) hash.update(basename(url.pathname)).update(texts[index]!);
  return hash.digest();
}

/** A Parquet file's footer: offsets, sizes, minima and maxima of all column chunks, and the metadata. */
async function parquetFooter(path: string, fileBytes: number): Promise<Buffer> {
  await using file = await open(path, "r");
  const read = async (position: number, bytes: number) =>
    (await file.read(Buffer.alloc(bytes), 0, bytes, position)).buffer;
  const end = await read(fileBytes - 8, 8);
  return read(fileBytes - 8 - end.readUInt32LE(0), end.readUInt32LE(0));
}
