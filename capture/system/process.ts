/** Checks whether a process exists, and makes tags that identify a process. */
import { readFileSync, statSync } from "node:fs";

/** Whether a process exists. Also true if this user may not signal it. */
export function processRuns(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** The fields of /proc/PID/stat after the name, from the state on. Null if there is no such process. */
export function processFields(pid: number): readonly string[] | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return null;
  }
}

/** When the process started, in the kernel's ticks since boot. This detects reused pids. Null if there is none. */
export const processStart = (pid: number): string | null => processFields(pid)?.[19] ?? null;

/** The pid namespace of this process. Pids of other containers mean nothing in it. */
export function processNamespace(): string {
  try {
    return String(statSync("/proc/self/ns/pid").ino);
  } catch {
    return "0";
  }
}

/** `PID-START-NAMESPACE`. No other process of this host has the same tag until the next boot. */
export const ownTag = (): string => `${process.pid}-${processStart(process.pid) ?? 0}-${processNamespace()}`;

/** The state of a tag's process. `elsewhere`: it is in another pid namespace, which is not visible from here. */
export type TagState = "own" | "running" | "gone" | "elsewhere";

export function tagState(tag: string): TagState {
  const [, pid, start, namespace] = /^(\d+)-(\d+)-(\d+)$/.exec(tag) ?? [];
  if (pid === undefined || namespace !== processNamespace()) return "elsewhere";
  if (tag === ownTag()) return "own";
  return processStart(Number(pid)) === start ? "running" : "gone";
}
