/** Finds the inputs that paths on a command line refer to: captures, rotated sets, converted captures. */
import { glob, open, readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { checkExpansion, TppInputError, type TppWalk, type WalkOptions, walkTpp } from "@tcpprobe-plus/tpp";
import { InputError, NotACaptureError, NotAFileError } from "../errors.ts";
import { withLaterSettings } from "./capabilities.ts";
import type { CaptureFile } from "./capture.ts";

/** One capture to be opened: a converted one, or one or more .tpp files in the order of their records. */
export type Input =
  | { readonly kind: "parquet"; readonly path: string }
  | { readonly kind: "tpp"; readonly path: string; readonly files: readonly CaptureFile[] };

/**
 * The inputs that the given paths refer to, in order. A path is a file, a directory (all .tpp files in it) or a pattern
 * that the shell did not expand. Files of one rotated set become one capture, in any order, in the position of the
 * first of them.
 */
export async function inputsOf(paths: readonly string[], options: WalkOptions = {}): Promise<Input[]> {
  const inputs: (Input | { readonly kind: "set"; readonly files: CaptureFile[] })[] = [];
  const sets = new Map<string, CaptureFile[]>();
  for (const path of (await Promise.all(paths.map(expand))).flat()) {
    if (await isParquet(path)) {
      inputs.push({ kind: "parquet", path });
      continue;
    }
    const file = await captureFile(path, options);
    const id = file.header.set?.id;
    if (id === undefined) {
      inputs.push({ kind: "tpp", path, files: [file] });
      continue;
    }
    const files = sets.get(id) ?? [];
    if (files.length === 0) inputs.push({ kind: "set", files });
    sets.set(id, files);
    files.push(file);
  }
  return inputs.map((input) => {
    if (input.kind !== "set") return input;
    const files = inOrder(input.files);
    return { kind: "tpp", path: nameOf(files.map(({ path }) => path)), files };
  });
}

const numberOf = ({ header }: CaptureFile): number => header.set?.number ?? 0;

function inOrder(files: readonly CaptureFile[]): CaptureFile[] {
  const ordered = [...files].sort((a, b) => numberOf(a) - numberOf(b));
  for (const [index, file] of ordered.entries()) {
    const before = ordered[index - 1];
    if (before && numberOf(before) === numberOf(file))
      throw new NotACaptureError(
        file.path,
        `is number ${numberOf(file)} of the same set as ${before.path}. Give one of the two`,
      );
  }
  return ordered;
}

/** run1.0002.tpp and run1.0003.tpp become run1.*.tpp. If names have nothing in common, the first is used. */
function nameOf(paths: readonly string[]): string {
  const patterns = new Set(paths.map((path) => join(dirname(path), basename(path).replace(/\.\d+\.tpp$/, ".*.tpp"))));
  const [pattern] = patterns;
  return paths.length > 1 && patterns.size === 1 && pattern?.includes("*") ? pattern : (paths[0] ?? "");
}

/** The most names that are compared with one that is not there. */
const mostNames = 10_000;

/** What is in the folder of a path that is not there: captures, and folders, which can hold some. */
async function namesBeside(path: string): Promise<string[]> {
  const folder = dirname(path);
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const captures = entries.filter((entry) => entry.isDirectory() || /\.(tpp|parquet)$/.test(entry.name));
  const prefix = path.slice(0, path.length - basename(path).length);
  return captures.slice(0, mostNames).map(({ name }) => `${prefix}${name}`);
}

/** The files that a path refers to: itself, the .tpp files of a directory, or those that match a pattern. */
export async function expand(path: string): Promise<string[]> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error) {
    if (found.code !== "ENOENT" || !/[*?[]/.test(path)) throw new InputError(path, found, await namesBeside(path));
    const matches: string[] = [];
    for await (const match of glob(path)) matches.push(match);
    if (matches.length === 0) throw new InputError(path, found);
    return matches.sort();
  }
  if (!found.isDirectory()) {
    if (!found.isFile()) throw new NotAFileError(path, found.isFIFO());
    return [path];
  }
  const names = await readdir(path).catch((error) => {
    throw new InputError(path, error);
  });
  const captures = names.filter((name) => name.endsWith(".tpp")).sort();
  if (captures.length === 0) throw new InputError(path, Object.assign(new Error("no capture"), { code: "EISDIR" }));
  return captures.map((name) => join(path, name));
}

async function isParquet(path: string): Promise<boolean> {
  try {
    const file = await open(path, "r");
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
      return buffer.toString("latin1", 0, bytesRead) === "PAR1";
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new InputError(path, error as NodeJS.ErrnoException);
  }
}

async function captureFile(path: string, options: WalkOptions): Promise<CaptureFile> {
  const walk = await walkOf(path, options);
  if (walk.header) return { path, header: withLaterSettings(walk.header, walk.checkpoints), walk };
  const damage = walk.damage.find(({ kind }) => kind === "header")?.text ?? "its header cannot be read";
  throw new NotACaptureError(
    path,
    `${damage}, so its records cannot be interpreted; \`zstd -dc\` prints the text that is left`,
  );
}

async function walkOf(path: string, options: WalkOptions): Promise<TppWalk> {
  try {
    const walk = await walkTpp(path, options);
    checkExpansion(walk);
    return walk;
  } catch (error) {
    if (error instanceof TppInputError) throw new NotACaptureError(path, error.why);
    throw new InputError(path, error as NodeJS.ErrnoException);
  }
}
