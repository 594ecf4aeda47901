/** A tracing instance of our own: made, set up and taken away again without touching the host's other tracing. */
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

/** How many names are tried: only captures of one and the same process would want the same. */
const maxTries = 100;

/** CPUs for which the kernel keeps a ring: the host's, also where this process may use fewer. */
export const tracedCpus = (root: string): number =>
  readdirSync(join(root, "per_cpu")).filter((name) => /^cpu\d+$/.test(name)).length;

/** Ring for each CPU unless told: 16 MiB, less where many CPUs would make it more than 256 MiB together. */
export const defaultBufferKb = (cpus: number = hostCpus().length): number =>
  Math.max(1024, Math.min(16 * 1024, Math.floor((256 * 1024) / cpus)));

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);

/** The mounted tracefs. Nothing is mounted here; looking into debugfs lets the kernel do so itself. */
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
 * What a ring's own text (`per_cpu/cpuN/stats`) says of records in it, and of those that did not get into it or out of
 * it.
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
      // At once: while it is open the kernel lets nobody remove the instance.
      this.#pipe = openSync(join(this.path, "trace_pipe"), constants.O_RDONLY | constants.O_NONBLOCK);
    } catch (error) {
      rmdirSync(this.path);
      throw new TracingSetupError(this.path, "open", error as NodeJS.ErrnoException, "Try again.");
    }
  }

  /** The open trace_pipe; reading it does not wait. */
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
      // Where it does not exist it cannot be in the way.
    }
  }

  /** Sums of the ring's own counters over all CPUs. */
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
   * Takes the instance and its ring's memory away; a reader that is still being closed is waited for a moment. Throws
   * an InstanceBusyError where somebody else has a file of it open: it records nothing any more then, and its ring is
   * small.
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
          this.#removed = true; // by the next run, or doctor
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

/** Makes an instance that nobody has. Returns its path. */
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
