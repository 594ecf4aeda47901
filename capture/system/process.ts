/** Whether another process is there, and names that tell one process from all others. */
import { readFileSync, statSync } from "node:fs";

/** True also for one that this user may not signal. */
export function processRuns(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** The fields of /proc/PID/stat behind the name, from the state on; null where there is no such process. */
export function processFields(pid: number): readonly string[] | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return null;
  }
}

/** When it was started, in the kernel's ticks since boot: tells a pid that is used again. Null where there is none. */
export const processStart = (pid: number): string | null => processFields(pid)?.[19] ?? null;

/** The process namespace in which this process has its pid: another container's pids say nothing here. */
export function processNamespace(): string {
  try {
    return String(statSync("/proc/self/ns/pid").ino);
  } catch {
    return "0";
  }
}

/** `PID-START-NAMESPACE`: no other process of this host has it until the next boot. */
export const ownTag = (): string => `${process.pid}-${processStart(process.pid) ?? 0}-${processNamespace()}`;

/** What such a tag says of its process: `elsewhere` is another process namespace, which cannot be seen from here. */
export type TagState = "own" | "running" | "gone" | "elsewhere";

export function tagState(tag: string): TagState {
  const [, pid, start, namespace] = /^(\d+)-(\d+)-(\d+)$/.exec(tag) ?? [];
  if (pid === undefined || namespace !== processNamespace()) return "elsewhere";
  if (tag === ownTag()) return "own";
  return processStart(Number(pid)) === start ? "running" : "gone";
}
