/** A tracing instance of our own: made, set up and taken away again without touching the host's other tracing. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { InstanceBusyError, NoTracefsError, NotRootError, TracingSetupError } from "../errors.ts";
import { processRuns } from "../process.ts";

export const tracefsRoots: readonly string[] = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"];

const prefix = "tcpprobe_plus-";

/** Ring for each CPU unless told: 16 MiB, less where many CPUs would make it more than 256 MiB together. */
export function defaultBufferKb(cpus: number = availableParallelism()): number {
  return Math.max(1024, Math.min(16 * 1024, Math.floor((256 * 1024) / cpus)));
}

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

/** Names of instances whose capture no longer runs. */
export function findLeftovers(root: string, isRunning: (pid: number) => boolean = otherRuns): string[] {
  return readdirSync(join(root, "instances")).filter((name) => {
    const pid = Number(/^tcpprobe_plus-(\d+)$/.exec(name)?.[1]);
    return Number.isInteger(pid) && !isRunning(pid);
  });
}

/** Removes instances of captures that no longer run. Returns a line for each that it found. */
export function removeLeftovers(root: string, isRunning: (pid: number) => boolean = otherRuns): string[] {
  const lines: string[] = [];
  for (const name of findLeftovers(root, isRunning)) {
    const path = join(root, "instances", name);
    try {
      rmdirSync(path);
      lines.push(`removed the tracing instance ${name}, left over from a capture that did not end cleanly`);
    } catch (error) {
      if (codeOf(error) === "ENOENT") continue; // another capture was quicker
      if (codeOf(error) === "EBUSY") continue; // open, so in use: by a capture in another process namespace
      lines.push(`tracing instance ${name} is left over and cannot be removed (${codeOf(error)}); try rmdir ${path}`);
    }
  }
  return lines;
}

/** A name with our own pid is ours to take, so it is an older one's. */
const otherRuns = (pid: number): boolean => pid !== process.pid && processRuns(pid);

export class TraceInstance {
  readonly path: string;
  #removed = false;

  constructor(root: string, pid: number = process.pid) {
    this.path = join(root, "instances", `${prefix}${pid}`);
    try {
      mkdirSync(this.path);
    } catch (error) {
      if (codeOf(error) === "EEXIST") throw new InstanceBusyError(this.path, "EEXIST");
      if (["EACCES", "EPERM"].includes(codeOf(error))) throw new NotRootError(root);
      throw new TracingSetupError(join(root, "instances"), "mkdir", error as NodeJS.ErrnoException, "Check dmesg.");
    }
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
      const value = (name: string): number => Number(new RegExp(`^${name}: (\\d+)$`, "m").exec(stats)?.[1] ?? 0);
      entries += value("entries");
      lost += value("overrun") + value("commit overrun") + value("dropped events");
      text += `${cpu}\n${stats}`;
    }
    return { entries, lost, text };
  }

  /** Takes the instance and its ring's memory away; a reader that is still being closed is waited for a moment. */
  async remove(): Promise<void> {
    for (let tries = 0; !this.#removed; tries += 1) {
      try {
        rmdirSync(this.path);
        this.#removed = true;
      } catch (error) {
        if (codeOf(error) === "ENOENT") this.#removed = true;
        else if (tries >= 20) throw new InstanceBusyError(this.path, codeOf(error));
        else await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }
}
