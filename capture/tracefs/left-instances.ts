/**
 * Tracing instances that captures have left behind. tracefs is one for the whole host, process namespaces are many: a
 * capture judges only instances of its own namespace. Of others only what nobody has open can belong to nobody, and
 * only when it is older than any start takes.
 */
import { closeSync, constants, openSync, readdirSync, readlinkSync, rmdirSync, statSync } from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import { processNamespace } from "../system/process.ts";
import { instanceState, isInstanceName } from "./instance-names.ts";

/**
 * A capture that starts opens its instance within a moment; on a machine that is short of CPU time that can be long.
 */
const graceMs = 60_000;

/** Namespace of the host's own processes (PROC_PID_INIT_INO in linux/proc_ns.h): all others' are seen from there. */
const hostNamespace = "4026531836";

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);

/** Instances of this process namespace whose capture no longer runs. */
export function findLeftovers(root: string): string[] {
  return instances(root).filter((name) => instanceState(name) === "gone");
}

/** Instances of other process namespaces that are not used now, as far as can be seen. Changes nothing. */
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

/** Removes what captures of this process namespace have left. Returns a line for each that it found. */
export const removeLeftovers = (root: string): string[] => removeAll(root, findLeftovers(root));

/** Removes what captures of other process namespaces have left; the kernel refuses where one is open. */
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
      if (["ENOENT", "EBUSY"].includes(codeOf(error))) continue; // another was quicker, or somebody reads it
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

/** Names of instances of which a process that can be seen from here has a file open. */
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
    return []; // gone meanwhile, or another user's
  }
}

/**
 * From Linux 6.6 on the kernel lets one process at a time open trace_pipe; before, processes of other containers stay
 * unseen.
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
