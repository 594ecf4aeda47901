/** A tracing instance of our own. Creating, setting up and removing it does not affect the host's other tracing. */
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { cpus as hostCpus } from "node:os";
import { join } from "node:path";
import { InstanceBusyError, NoTracefsError, NotRootError, TracingSetupError } from "../errors.ts";
import { ownTag } from "../system/process.ts";
import { instanceName } from "./instance-names.ts";

export const tracefsRoots: readonly string[] = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"];

/** Most names tried. Only captures in the same process use the same name. */
const maxTries = 100;

/** Number of CPUs for which the kernel has a ring: all of the host's, even if this process may use fewer. */
export const tracedCpus = (root: string): number =>
  readdirSync(join(root, "per_cpu")).filter((name) => /^cpu\d+$/.test(name)).length;

/** Default ring size for each CPU: 16 MiB, or less if all rings together would exceed 256 MiB. */
export const defaultBufferKb = (cpus: number = hostCpus().length): number =>
  Math.max(1024, Math.min(16 * 1024, Math.floor((256 * 1024) / cpus)));

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);

/** Finds the mounted tracefs. It mounts nothing, but looking into debugfs can make the kernel mount it there. */
export function findTracefs(roots: readonly string[] = tracefsRoots): string {
  let denied: string | undefined;
  for (const root of roots) {
    try {
      if (statSync(join(root, "instances")).isDirectory()) {
        readdirSync(join(root, "instances"));
        return root;
      }
    } catch (error) {
      if (["EACCES", "EPERM"].includes(codeOf(error))) denied ??= root;
    }
  }
  if (denied) throw new NotRootError(denied);
  throw new NoTracefsError(roots);
}

/**
 * Parses a ring's statistics (`per_cpu/cpuN/stats`): the number of records in it, and of those that were lost before or
 * after they were in it.
 */
export function ringCounters(stats: string): { readonly entries: number; readonly lost: number } {
  const value = (name: string): number => Number(new RegExp(`^${name}: (\\d+)$`, "m").exec(stats)?.[1] ?? 0);
  return { entries: value("entries"), lost: value("overrun") + value("commit overrun") + value("dropped events") };
}

/** Throws a NotRootError, TracingSetupError or InstanceBusyError. */
export class TraceInstance {
  readonly path: string;
  #pipe: number | null;
  #removed = false;

  constructor(root: string) {
    this.path = make(root);
    try {
      // Opened first, because the kernel lets nobody remove the instance while it is open.
      this.#pipe = openSync(join(this.path, "trace_pipe"), constants.O_RDONLY | constants.O_NONBLOCK);
    } catch (error) {
      rmdirSync(this.path);
      throw new TracingSetupError(this.path, "open", error as NodeJS.ErrnoException, "Try again.");
    }
  }

  /** The open trace_pipe, in non-blocking mode. */
  get pipe(): number {
    return this.#pipe!;
  }

  has(file: string): boolean {
    return existsSync(join(this.path, file));
  }

  read(file: string): string {
    return readFileSync(join(this.path, file), "utf8");
  }

  set(file: string, value: string, next = "Check dmesg."): void {
    const path = join(this.path, file);
    try {
      writeFileSync(path, value);
    } catch (error) {
      throw new TracingSetupError(path, value, error as NodeJS.ErrnoException, next);
    }
  }

  /** For settings that not every kernel has. */
  trySet(file: string, value: string): void {
    try {
      writeFileSync(join(this.path, file), value);
    } catch {
      // A setting that does not exist cannot do harm.
    }
  }

  /** The rings' own counters, summed over all CPUs. */
  ringStatistics(): { readonly entries: number; readonly lost: number; readonly text: string } {
    let entries = 0;
    let lost = 0;
    let text = "";
    for (const cpu of readdirSync(join(this.path, "per_cpu")).sort()) {
      const stats = this.read(join("per_cpu", cpu, "stats"));
      const ring = ringCounters(stats);
      entries += ring.entries;
      lost += ring.lost;
      text += `${cpu}\n${stats}`;
    }
    return { entries, lost, text };
  }

  /**
   * Removes the instance and its ring. Waits a short time for a reader that is still being closed. Throws an
   * InstanceBusyError if another process has a file of it open. The instance then records nothing any more, and its
   * ring is small.
   */
  async remove(): Promise<void> {
    if (this.#pipe !== null) closeSync(this.#pipe);
    this.#pipe = null;
    for (let tries = 0; !this.#removed; tries += 1) {
      try {
        rmdirSync(this.path);
        this.#removed = true;
      } catch (error) {
        if (codeOf(error) === "ENOENT") this.#removed = true;
        else if (tries < 20) await new Promise((resolve) => setTimeout(resolve, 50));
        else {
          this.#removed = true; // the next run, or doctor, removes it
          this.#empty();
          throw new InstanceBusyError(this.path, codeOf(error));
        }
      }
    }
  }

  #empty(): void {
    this.trySet("tracing_on", "0");
    this.trySet(join("events", "enable"), "0");
    this.trySet("buffer_size_kb", "1");
  }
}

/** Creates an instance under a free name. Returns its path. */
function make(root: string): string {
  const tag = ownTag();
  for (let number = 1; ; number += 1) {
    const path = join(root, "instances", instanceName(tag, number));
    try {
      mkdirSync(path);
      return path;
    } catch (error) {
      if (codeOf(error) === "EEXIST" && number < maxTries) continue;
      if (["EACCES", "EPERM"].includes(codeOf(error))) throw new NotRootError(root);
      throw new TracingSetupError(join(root, "instances"), "mkdir", error as NodeJS.ErrnoException, "Check dmesg.");
    }
  }
}
