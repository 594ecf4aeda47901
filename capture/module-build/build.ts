/**
 * Builds the module from its sources into the user's cache, one folder for each kernel release and state of the sources.
 * What root loads from there must be root's own: a folder that another could have written is not taken.
 */
import { spawn } from "node:child_process";
import {
  chmodSync,
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { availableParallelism, homedir } from "node:os";
import { join } from "node:path";
import { CacheError, ModuleBuildError, NoBuildToolError } from "../module-errors.ts";
import { processRuns } from "../process.ts";
import { builtWithClang, headersFolder, type Kernel } from "./requirements.ts";
import type { ModuleSources } from "./sources.ts";
import { findTool, toolEnvironment } from "./tools.ts";

const moduleFile = "tcpprobe_plus.ko";
const logFile = "build.log";
const maxJobs = 4;

export interface BuiltModule {
  readonly path: string;
  /** That it took. */
  readonly seconds: number;
}

export function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "tcpprobe_plus", "module-builds");
}

const folderOf = (kernel: Kernel, sources: ModuleSources): string =>
  join(cacheFolder(), `${kernel.release}-${sources.hash}`);

/** One that was built before; null where there is none. Throws a CacheError where it is not this user's. */
export function builtBefore(kernel: Kernel, sources: ModuleSources): string | null {
  const folder = folderOf(kernel, sources);
  const path = join(folder, moduleFile);
  if (!existsSync(path)) return null;
  for (const own of [folder, path]) {
    const { uid, mode } = lstatSync(own);
    if (uid !== process.geteuid?.() || mode & 0o022) throw new CacheError(own, "others than this user may write it");
  }
  return path;
}

/** Builds it into the cache, in the place of one that is there. Throws a CacheError or ModuleBuildError. */
export async function buildModule(
  kernel: Kernel,
  sources: ModuleSources,
  say: (line: string) => void,
): Promise<BuiltModule> {
  const folder = folderOf(kernel, sources);
  if (/[\s:#$]/.test(folder)) throw new CacheError(cacheFolder(), "the kernel's makefiles take no such character");
  const work = `${folder}.${process.pid}`;
  const began = performance.now();
  prepare(work, sources);
  say(`building the module ${sources.version} for ${kernel.release}; this takes a moment`);
  const status = await make(work, kernel);
  if (status !== 0 || !existsSync(join(work, moduleFile))) throw failure(work, folder, kernel);
  keep(work, folder);
  return { path: join(folder, moduleFile), seconds: (performance.now() - began) / 1000 };
}

function prepare(work: string, sources: ModuleSources): void {
  try {
    mkdirSync(cacheFolder(), { recursive: true, mode: 0o700 });
    removeAbandoned();
    rmSync(work, { recursive: true, force: true });
    mkdirSync(work, { mode: 0o700 });
    for (const [name, content] of sources.files) writeFileSync(join(work, name), content, { mode: 0o600 });
  } catch (error) {
    throw new CacheError(cacheFolder(), (error as NodeJS.ErrnoException).code ?? String(error));
  }
}

/** Work folders of builds that were killed. */
function removeAbandoned(): void {
  for (const name of readdirSync(cacheFolder())) {
    const pid = Number(/-[0-9a-f]{12}\.(\d+)$/.exec(name)?.[1]);
    if (Number.isInteger(pid) && !processRuns(pid)) rmSync(join(cacheFolder(), name), { recursive: true, force: true });
  }
}

async function make(work: string, kernel: Kernel): Promise<number> {
  const program = findTool("make");
  if (program === null) throw new NoBuildToolError("make", ["make"], "make");
  const headers = headersFolder(kernel);
  const args = [
    `-j${Math.min(maxJobs, availableParallelism())}`,
    ...["-C", work, `KDIR=${headers}`],
    ...(builtWithClang(headers) ? ["LLVM=1"] : []),
    "modules",
  ];
  const log = openSync(join(work, logFile), "w", 0o644);
  try {
    const child = spawn(program, args, { env: toolEnvironment(), stdio: ["ignore", log, log] });
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

/** The line of a build's log that says what is wrong. */
export function firstError(log: string): string {
  const compiler = /([^\s/]+\.[chS]:\d+(?::\d+)?: (?:fatal )?error: .*)/.exec(log)?.[1];
  const any = compiler ?? /^.*\berror: .*$/im.exec(log)?.[0] ?? /^make.*\*\*\* .*$/m.exec(log)?.[0];
  return (any ?? log.trim().split("\n").at(-1) ?? "").trim().replace(/\.$/, "") || "make failed and said nothing";
}

/** Only the module and the log of its making stay. */
function keep(work: string, folder: string): void {
  for (const name of readdirSync(work)) {
    if (name !== moduleFile && name !== logFile) rmSync(join(work, name), { recursive: true, force: true });
  }
  chmodSync(join(work, moduleFile), 0o600);
  rmSync(folder, { recursive: true, force: true });
  try {
    renameSync(work, folder);
  } catch (error) {
    if (!existsSync(join(folder, moduleFile))) throw error;
    rmSync(work, { recursive: true, force: true }); // another `capture load` was quicker
  }
}
