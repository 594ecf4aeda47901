import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { promisify } from "node:util";
import type { InterfaceSnapshot } from "@tcpprobe-plus/tpp";

const execute = promisify(execFile);

/** Asking ethtool of more interfaces than these would be felt on the host. */
const maxOffloadQueries = 32;

/** Network interfaces with MTU, root qdisc and offloads, and what could not be found out. */
export async function interfaceSnapshot(): Promise<{ interfaces: InterfaceSnapshot[]; notes: string[] }> {
  const names = interfaceNames();
  const notes: string[] = [];
  const qdiscs = await rootQdiscs();
  if (!qdiscs) notes.push("qdiscs unknown: `tc` (iproute2) is not installed or failed");
  if (names.length > maxOffloadQueries) notes.push(`offloads of the first ${maxOffloadQueries} interfaces only`);
  const interfaces: InterfaceSnapshot[] = [];
  for (const [index, name] of names.entries()) {
    const offloads = index < maxOffloadQueries ? await offloadsOf(name) : null;
    interfaces.push({ name, mtu: mtuOf(name), qdisc: qdiscs?.get(name) ?? null, offloads });
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
    return Number(readFileSync(`/sys/class/net/${name}/mtu`, "utf8"));
  } catch {
    return null;
  }
}

async function output(command: string, args: readonly string[]): Promise<string | null> {
  try {
    return (await execute(command, [...args], { timeout: 2000 })).stdout;
  } catch {
    return null;
  }
}

async function rootQdiscs(): Promise<Map<string, string> | null> {
  const json = await output("tc", ["-j", "qdisc", "show"]);
  if (json === null) return null;
  const qdiscs = new Map<string, string>();
  for (const qdisc of JSON.parse(json || "[]") as { kind: string; dev: string; root?: boolean }[]) {
    if (qdisc.root) qdiscs.set(qdisc.dev, qdisc.kind);
  }
  return qdiscs;
}

async function offloadsOf(name: string): Promise<Record<string, boolean> | null> {
  const text = await output("ethtool", ["-k", name]);
  if (text === null) return null;
  const features = [...text.matchAll(/^\s*([a-z0-9-]+): (on|off)\b/gm)];
  return Object.fromEntries(features.map((feature) => [feature[1]!, feature[2] === "on"]));
}
