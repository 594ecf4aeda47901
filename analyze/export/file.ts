/**
 * Writes every output file. A file is written completely or not at all. It is as private as its inputs. It never
 * replaces an input, never replaces another file unless told to, and is never written through a link that another user
 * made. docs/output.md documents this for users.
 */
import { constants, createReadStream, createWriteStream, type Stats } from "node:fs";
import { chmod, chown, link, lstat, open, readlink, rename, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { AnalyzeError, OutputError, OutputExistsError, OutputIsInputError } from "../errors.ts";
import { makeTemporaryDirectory, removeTemporaryDirectory } from "../temporary.ts";

export interface OutputRules {
  /** Overwrite an existing file. */
  readonly force: boolean;
  /** Files that are read. They are never written to, and only users who may read all of them may read the output. */
  readonly inputs: readonly string[];
  /** Decides from its content whether an existing file may be overwritten without `force`. */
  readonly isOurs?: (path: string) => Promise<boolean>;
}

/** An output file. Its content is written to `partial` and moved into place when it is complete. */
export class OutputFile implements AsyncDisposable {
  /** As the user named it. */
  readonly path: string;
  /** Where the content is written first: in a directory that only this user may enter. */
  readonly partial: string;
  readonly #rules: OutputRules;
  readonly #directory: string;

  private constructor(path: string, directory: string, rules: OutputRules) {
    this.path = path;
    this.partial = join(directory, "output");
    this.#directory = directory;
    this.#rules = rules;
  }

  /** Throws an OutputExistsError, an OutputIsInputError or an OutputError if the file cannot be written. */
  static async open(path: string, rules: OutputRules): Promise<OutputFile> {
    return asOutputErrors(path, path, async () => {
      const target = await targetOf(path, rules);
      const beside = target.isStream ? join(tmpdir(), "analyze-") : join(dirname(target.path), ".analyze-");
      return new OutputFile(path, makeTemporaryDirectory(beside), rules);
    });
  }

  /** Has `make` write the content to a path, then moves it into place. */
  async write(make: (partial: string) => Promise<void>): Promise<void> {
    await asOutputErrors(this.path, this.#directory, async () => {
      await make(this.partial);
      await this.#place();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await removeTemporaryDirectory(this.#directory);
  }

  /** Moves the content into place. Checks the path again first: a file may have appeared there since the work began. */
  async #place(): Promise<void> {
    const { path, found, isStream } = await targetOf(this.path, this.#rules);
    if (isStream) {
      const stream = await open(path, constants.O_WRONLY); // does not create a file
      return pipeline(createReadStream(this.partial), stream.createWriteStream());
    }
    await this.#setMode(found);
    if (found || this.#rules.force) return rename(this.partial, path);
    try {
      await link(this.partial, path); // unlike rename, it never overwrites
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EEXIST") throw new OutputExistsError(this.path);
      if (!withoutHardLinks.has(code ?? "")) throw error;
      // First reserve the name. This never overwrites a file either.
      await (await open(path, "wx").catch(asExisting(this.path))).close();
      await rename(this.partial, path);
    }
  }

  async #setMode(found: Stats | undefined): Promise<void> {
    if (found) {
      const mine = await stat(this.partial);
      if (found.uid !== mine.uid || found.gid !== mine.gid)
        await chown(this.partial, found.uid, found.gid).catch(() => {}); // only root may
      return chmod(this.partial, found.mode & 0o777);
    }
    let { mode } = await stat(this.partial);
    for (const input of this.#rules.inputs) {
      const read = await stat(input).catch(() => undefined);
      if (read?.isFile()) mode &= read.mode | 0o600;
    }
    await chmod(this.partial, mode & 0o666);
  }
}

/** Errors of link(2) on file systems without hard links: FAT, some network and user-space file systems. */
const withoutHardLinks = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EXDEV"]);

const asExisting = (path: string) => (error: NodeJS.ErrnoException) => {
  throw error.code === "EEXIST" ? new OutputExistsError(path) : error;
};

interface Target {
  /** The path with links resolved. */
  readonly path: string;
  /** The file that exists already, if any. */
  readonly found: Stats | undefined;
  /** A device or a pipe, which is written to, not replaced. */
  readonly isStream: boolean;
}

/** The target that a path refers to. Throws if it may not be written. */
async function targetOf(path: string, { force, inputs, isOurs }: OutputRules): Promise<Target> {
  const there = await lstat(path).catch(asAbsent);
  if (!there) return { path: resolve(path), found: undefined, isStream: false };
  const end = await stat(path).catch(asAbsent);
  for (const input of inputs) {
    const read = await stat(input).catch(() => undefined);
    if (end && read && end.dev === read.dev && end.ino === read.ino) throw new OutputIsInputError(path, input);
  }
  const mayReplace = force || (isOurs !== undefined && (!end?.isFile() || (await isOurs(path))));
  if (!mayReplace) throw new OutputExistsError(path);
  if (end?.isDirectory()) throw systemError("EISDIR");
  if (end?.isBlockDevice()) throw new OutputError(path, new Error("it is a disk. Name a file on it"));
  if (end && !end.isFile()) {
    if (end.isFIFO()) await refuseStrangers(path, end);
    return { path, found: end, isStream: true };
  }
  return { path: await followed(path), found: end, isStream: false };
}

/** Follows links to the file, or to where it would be. Refuses links that another user made. */
async function followed(path: string): Promise<string> {
  let at = resolve(path);
  for (let links = 0; links < 40; links++) {
    const found = await lstat(at).catch(asAbsent);
    if (!found?.isSymbolicLink()) return at;
    await refuseStrangers(path, found);
    at = resolve(dirname(at), await readlink(at));
  }
  throw systemError("ELOOP");
}

async function refuseStrangers(path: string, { uid }: Stats): Promise<void> {
  if (uid !== process.geteuid?.() && uid !== 0)
    throw new OutputError(
      path,
      new Error(`it is a link or a pipe that another user (uid ${uid}) made. Name a file of yours`),
    );
}

const systemError = (code: string): Error => Object.assign(new Error(code), { code });

/** Undefined if nothing is there. Throws any other error. */
const asAbsent = (error: NodeJS.ErrnoException): undefined => {
  if (error.code !== "ENOENT") throw error;
};

/** DuckDB's errors have no code. Those about the output name its path. */
async function asOutputErrors<Result>(path: string, written: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const isOfFile = error instanceof Error && ("code" in error || error.message.includes(written));
    if (error instanceof AnalyzeError || !isOfFile) throw error;
    throw new OutputError(path, error);
  }
}

export const writeChunks = (path: string, chunks: AsyncIterable<Uint8Array | string>): Promise<void> =>
  pipeline(chunks, createWriteStream(path));
