/** The network interfaces of this host. */
import { readdirSync, readFileSync } from "node:fs";
import type { InterfaceSnapshot } from "@tcpprobe-plus/tpp/write";
import { findProgram, runProgram } from "../system/programs.ts";

/** Asking ethtool of more interfaces than these would be felt on the host. */
const maxOffloadQueries = 32;
/** Of names and MTU more than these would fill a header. */
const maxInterfaces = 10_000;
const timeoutMs = 2000;
/** Offloads are not asked for any more when asking has taken so long. */
const patienceMs = 4000;

type Qdiscs = ReadonlyMap<string, string>;

/** Network interfaces with MTU, root qdisc and offloads, and what could not be found out. */
export async function interfaceSnapshot(
  signal?: AbortSignal,
): Promise<{ interfaces: InterfaceSnapshot[]; notes: string[] }> {
  const all = interfaceNames();
  const names = all.slice(0, maxInterfaces);
  const notes: string[] = [];
  if (all.length > names.length) notes.push(`the first ${maxInterfaces} of ${all.length} interfaces only`);
  const qdiscs = await rootQdiscs(signal);
  if (typeof qdiscs === "string") notes.push(`qdiscs unknown: \`tc\` (iproute2) ${qdiscs}`);
  if (names.length > maxOffloadQueries) notes.push(`offloads of the first ${maxOffloadQueries} interfaces only`);
  const interfaces: InterfaceSnapshot[] = [];
  const beganMs = performance.now();
  for (const [index, name] of names.entries()) {
    const asks = index < maxOffloadQueries && performance.now() - beganMs < patienceMs;
    const offloads = asks ? await offloadsOf(name, signal) : null;
    interfaces.push({
      name,
      mtu: mtuOf(name),
      qdisc: (typeof qdiscs === "string" ? null : qdiscs.get(name)) ?? null,
      offloads,
    });
  }
  if (interfaces.length > 0 && interfaces.every((one) => one.offloads === null)) {
    notes.push("offloads unknown: `ethtool` is not installed or failed");
  }
  return { interfaces, notes };
}

function interfaceNames(): string[] {
  try {
    return readdirSync("/sys/class/net").sort();
  } catch {
    return [];
  }
}

function mtuOf(name: string): number | null {
  try {
    const mtu = Number(readFileSync(`/sys/class/net/${name}/mtu`, "latin1"));
    return Number.isSafeInteger(mtu) ? mtu : null;
  } catch {
    return null;
  }
}

async function output(name: string, args: readonly string[], signal?: AbortSignal): Promise<string | null> {
  const program = findProgram(name);
  if (program === null || signal?.aborted) return null;
  const { status, stdout } = await runProgram(program, args, { timeoutMs, ...(signal ? { signal } : {}) });
  return status === 0 ? stdout.toString() : null;
}

/** By interface; in words why not. */
async function rootQdiscs(signal?: AbortSignal): Promise<Qdiscs | string> {
  const text = await output("tc", ["-j", "qdisc", "show"], signal);
  return text === null ? "is not installed or failed" : (readQdiscs(text) ?? "printed what is no JSON");
}

/** Some qdiscs print plain text into the JSON. Null where it cannot be read. */
export function readQdiscs(text: string): Qdiscs | null {
  let list: unknown;
  try {
    list = JSON.parse(text.trim() || "[]");
  } catch {
    return null;
  }
  if (!Array.isArray(list)) return null;
  const qdiscs = new Map<string, string>();
  for (const one of list as readonly unknown[]) {
    const { root, dev, kind } = (one ?? {}) as Readonly<Record<string, unknown>>;
    if (root === true && typeof dev === "string" && typeof kind === "string") qdiscs.set(dev, kind);
  }
  return qdiscs;
}

async function offloadsOf(name: string, signal?: AbortSignal): Promise<Record<string, boolean> | null> {
  const text = await output("ethtool", ["-k", name], signal);
  if (text === null) return null;
  const features = [...text.matchAll(/^\s*([a-z0-9-]+): (on|off)\b/gm)];
  return Object.fromEntries(features.map((feature) => [feature[1]!, feature[2] === "on"]));
}
