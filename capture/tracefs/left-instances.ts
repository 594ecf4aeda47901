/**
 * Tracing instances that captures have left behind. tracefs is shared by the whole host, which can have many pid
 * namespaces. A capture can judge only instances of its own namespace. An instance of another namespace counts as left
 * behind only if no process has it open and it is older than a starting capture could be.
 */
import { closeSync, constants, openSync, readdirSync, readlinkSync, rmdirSync, statSync } from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import { processNamespace } from "../system/process.ts";
import { instanceState, isInstanceName } from "./instance-names.ts";

/**
 * A starting capture opens its instance almost at once. On a machine that is short of CPU time this can take long.
 */
const graceMs = 60_000;

/** The host's own pid namespace (PROC_PID_INIT_INO in linux/proc_ns.h). All others are visible from it. */
const hostNamespace = "4026531836";

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);

/** Instances of this pid namespace whose capture no longer runs. */
export function findLeftovers(root: string): string[] {
  return instances(root).filter((name) => instanceState(name) === "gone");
}

/** Instances of other pid namespaces that seem to be unused. Changes nothing. */
export function findForeign(
  root: string,
  nowMs: number = Date.now(),
): { readonly unused: string[]; readonly unknown: string[] } {
  const old = instances(root).filter((name) => instanceState(name) === "elsewhere" && isOld(root, name, nowMs));
  const used = old.length === 0 ? new Set<string>() : usedBySeenProcesses();
  const found = { unused: [] as string[], unknown: [] as string[] };
  for (const name of old) {
    const use = used.has(name) ? "used" : useOf(root, name);
    if (use !== "used") found[use].push(name);
  }
  return found;
}

/** Removes what captures of this pid namespace have left. Returns a line for each instance found. */
export const removeLeftovers = (root: string): string[] => removeAll(root, findLeftovers(root));

/** Removes what captures of other pid namespaces have left. The kernel refuses to remove an open instance. */
export function removeForeign(
  root: string,
  nowMs: number = Date.now(),
  isMeant: (name: string) => boolean = () => true,
): string[] {
  const { unused, unknown } = findForeign(root, nowMs);
  return removeAll(root, [...unused, ...unknown].filter(isMeant));
}

function removeAll(root: string, names: readonly string[]): string[] {
  const lines: string[] = [];
  for (const name of names) {
    const path = join(root, "instances", name);
    try {
      rmdirSync(path);
      lines.push(`removed the tracing instance ${name}, left over from a capture that did not end cleanly`);
    } catch (error) {
      if (["ENOENT", "EBUSY"].includes(codeOf(error))) continue; // removed meanwhile, or a process reads it
      lines.push(`tracing instance ${name} is left over and cannot be removed (${codeOf(error)}); try rmdir ${path}`);
    }
  }
  return lines;
}

const instances = (root: string): string[] => readdirSync(join(root, "instances")).filter(isInstanceName);

function isOld(root: string, name: string, nowMs: number): boolean {
  try {
    const { ctimeMs, mtimeMs } = statSync(join(root, "instances", name));
    return nowMs - Math.max(ctimeMs, mtimeMs) > graceMs;
  } catch {
    return false;
  }
}

/** Names of instances that are open in a process visible from here. */
function usedBySeenProcesses(): Set<string> {
  const used = new Set<string>();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    for (const path of openFiles(pid)) {
      const name = /\/instances\/(tcpprobe_plus-[^/]+)\//.exec(path)?.[1];
      if (name) used.add(name);
    }
  }
  return used;
}

function openFiles(pid: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
      } catch {
        return [];
      }
    });
  } catch {
    return []; // it has ended, or belongs to another user
  }
}

/**
 * From Linux 6.6 on, only one process at a time can open trace_pipe, so trying shows whether it is in use. With earlier
 * kernels, use by processes of other containers cannot be detected.
 */
function useOf(root: string, name: string): "used" | "unused" | "unknown" {
  try {
    closeSync(openSync(join(root, "instances", name, "trace_pipe"), constants.O_RDONLY | constants.O_NONBLOCK));
  } catch (error) {
    return codeOf(error) === "EBUSY" || codeOf(error) === "ENOENT" ? "used" : "unknown";
  }
  const [major = 0, minor = 0] = release().split(".").map(Number);
  const oneOpens = major > 6 || (major === 6 && minor >= 6);
  return oneOpens || processNamespace() === hostNamespace ? "unused" : "unknown";
}
