/**
 * Builds the module from its sources into root's cache, in a folder for each kernel release and version of the sources.
 */
import { spawn } from "node:child_process";
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { availableParallelism } from "node:os";
import { basename, join } from "node:path";
import { ownTag, tagState } from "../../system/process.ts";
import { findProgram, programEnvironment } from "../../system/programs.ts";
import { CacheError, ModuleBuildError, NoBuildToolError } from "../errors.ts";
import { cacheFolder, makeFolder, moduleIn, openModule } from "./cache-folder.ts";
import { builtWithClang, headersFolder, type Kernel } from "./requirements.ts";
import type { ModuleSources } from "./sources.ts";

const logFile = "build.log";
const maxJobs = 4;

export interface BuiltModule {
  readonly path: string;
  /** Duration of the build. */
  readonly seconds: number;
}

const folderOf = (kernel: Kernel, sources: ModuleSources, cache: string): string =>
  join(cache, `${kernel.release}-${sources.hash}`);

/**
 * The path of a module built earlier, or null. Throws a CacheError if others than root could have changed it.
 */
export function builtBefore(kernel: Kernel, sources: ModuleSources, cache: string = cacheFolder()): string | null {
  const path = moduleIn(folderOf(kernel, sources, cache));
  if (!existsSync(path)) return null;
  closeSync(openModule(path));
  return path;
}

/** Builds the module into the cache, replacing one that is there. Throws a CacheError or ModuleBuildError. */
export async function buildModule(
  kernel: Kernel,
  sources: ModuleSources,
  say: (line: string) => void,
  cache: string = cacheFolder(),
): Promise<BuiltModule> {
  const folder = folderOf(kernel, sources, cache);
  if (/[\s:#$]/.test(folder))
    throw new CacheError(folder, "the kernel's makefiles cannot handle spaces, :, # or $ in a path");
  const began = performance.now();
  makeFolder(cache);
  const work = prepare(folder, sources, cache);
  say(`building the module ${sources.version} for ${kernel.release}; this takes a moment`);
  const status = await make(work, kernel);
  if (status !== 0 || !existsSync(moduleIn(work))) throw failure(work, folder, kernel);
  keep(work, folder);
  return { path: moduleIn(folder), seconds: (performance.now() - began) / 1000 };
}

/** Returns a new folder with the sources in it. */
function prepare(folder: string, sources: ModuleSources, cache: string): string {
  try {
    removeAbandoned(cache);
    const work = mkdtempSync(`${folder}.${ownTag()}.`);
    for (const [name, content] of sources.files) writeFileSync(join(work, name), content, { mode: 0o600, flag: "wx" });
    return work;
  } catch (error) {
    throw new CacheError(cache, (error as NodeJS.ErrnoException).code ?? String(error));
  }
}

/** Removes the work folders of builds that were killed. */
function removeAbandoned(cache: string): void {
  for (const name of readdirSync(cache)) {
    const tag = /-[0-9a-f]{12}\.(\d+-\d+-\d+)\.\w+$/.exec(name)?.[1];
    if (tag && tagState(tag) === "gone") rmSync(join(cache, name), { recursive: true, force: true });
  }
}

async function make(work: string, kernel: Kernel): Promise<number> {
  const program = findProgram("make");
  if (program === null) throw new NoBuildToolError("make", ["make"], "make");
  const headers = headersFolder(kernel);
  const args = [
    `-j${Math.min(maxJobs, availableParallelism())}`,
    ...["-C", work, `KDIR=${headers}`],
    ...(builtWithClang(headers) ? ["LLVM=1"] : []),
    "modules",
  ];
  const log = openSync(join(work, logFile), "wx", 0o600);
  try {
    const child = spawn(program, args, { env: programEnvironment(), stdio: ["ignore", log, log] });
    return await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => resolve(code ?? -1));
    });
  } finally {
    closeSync(log);
  }
}

function failure(work: string, folder: string, kernel: Kernel): ModuleBuildError {
  const log = `${folder}.log`;
  renameSync(join(work, logFile), log);
  rmSync(work, { recursive: true, force: true });
  return new ModuleBuildError(kernel.release, log, firstError(readFileSync(log, "utf8")));
}

/** The first line of a build's log that reports an error. */
export function firstError(log: string): string {
  const compiler = /([^\s/]+\.[chS]:\d+(?::\d+)?: (?:fatal )?error: .*)/.exec(log)?.[1];
  const any = compiler ?? /^.*\berror: .*$/im.exec(log)?.[0] ?? /^make.*\*\*\* .*$/m.exec(log)?.[0];
  return (any ?? log.trim().split("\n").at(-1) ?? "").trim().replace(/\.$/, "") || "make failed and said nothing";
}

/** Removes everything from the work folder but the module and the log, and moves the folder into place. */
function keep(work: string, folder: string): void {
  for (const name of readdirSync(work)) {
    if (name === basename(moduleIn(work)) || name === logFile) continue;
    rmSync(join(work, name), { recursive: true, force: true });
  }
  chmodSync(moduleIn(work), 0o600);
  chmodSync(work, 0o700);
  rmSync(folder, { recursive: true, force: true });
  try {
    renameSync(work, folder);
  } catch (error) {
    if (!existsSync(moduleIn(folder))) throw error;
    rmSync(work, { recursive: true, force: true }); // another `capture load` finished first
  }
}
