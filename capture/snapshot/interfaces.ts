/** The network interfaces of this host. */
import { readdirSync, readFileSync } from "node:fs";
import type { InterfaceSnapshot } from "@tcpprobe-plus/tpp/write";
import type { Within } from "./within.ts";

/** Most interfaces for which ethtool is run. More would be a noticeable load on the host. */
const maxOffloadQueries = 32;
/** Most interfaces that are listed. More would fill the header. */
const maxInterfaces = 10_000;
/** Reading offloads stops after this time. */
const patienceMs = 4000;

type Qdiscs = ReadonlyMap<string, string>;

/** Network interfaces with MTU, root qdisc and offloads, and what could not be found out. */
export async function interfaceSnapshot(within: Within): Promise<{ interfaces: InterfaceSnapshot[]; notes: string[] }> {
  const all = (await linksOf(within)) ?? (within.path === null ? ownLinks() : []);
  const links = all.slice(0, maxInterfaces);
  const notes: string[] = [];
  if (all.length === 0 && within.path !== null)
    notes.push("interfaces unknown: `ip` or `nsenter` is not installed or failed");
  if (all.length > links.length) notes.push(`the first ${maxInterfaces} of ${all.length} interfaces only`);
  const qdiscs = await rootQdiscs(within);
  if (typeof qdiscs === "string") notes.push(`qdiscs unknown: \`tc\` (iproute2) ${qdiscs}`);
  if (links.length > maxOffloadQueries) notes.push(`offloads of the first ${maxOffloadQueries} interfaces only`);
  const interfaces: InterfaceSnapshot[] = [];
  const beganMs = performance.now();
  for (const [index, { name, mtu }] of links.entries()) {
    const asks = index < maxOffloadQueries && performance.now() - beganMs < patienceMs;
    const offloads = asks ? await offloadsOf(name, within) : null;
    interfaces.push({
      name,
      mtu,
      qdisc: (typeof qdiscs === "string" ? null : qdiscs.get(name)) ?? null,
      offloads,
    });
  }
  if (interfaces.length > 0 && interfaces.every((one) => one.offloads === null)) {
    notes.push("offloads unknown: `ethtool` is not installed or failed");
  }
  return { interfaces, notes };
}

interface Link {
  readonly name: string;
  readonly mtu: number | null;
}

/**
 * The interfaces according to `ip`, which asks the kernel about its own namespace. /sys shows the namespace in which it
 * was mounted. Null if `ip` is not installed.
 */
async function linksOf(within: Within): Promise<Link[] | null> {
  const text = await within.output("ip", ["-j", "link", "show"]);
  if (text === null) return null;
  let list: unknown;
  try {
    list = JSON.parse(text.trim() || "[]");
  } catch {
    return null;
  }
  if (!Array.isArray(list)) return null;
  const links: Link[] = [];
  for (const one of list as readonly unknown[]) {
    const { ifname, mtu } = (one ?? {}) as Readonly<Record<string, unknown>>;
    if (typeof ifname === "string")
      links.push({ name: ifname, mtu: Number.isSafeInteger(mtu) ? (mtu as number) : null });
  }
  return links.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function ownLinks(): Link[] {
  try {
    return readdirSync("/sys/class/net")
      .sort()
      .map((name) => ({ name, mtu: mtuOf(name) }));
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

/** The root qdiscs by interface, or a text that says why they are not known. */
async function rootQdiscs(within: Within): Promise<Qdiscs | string> {
  const text = await within.output("tc", ["-j", "qdisc", "show"]);
  return text === null ? "is not installed or failed" : (readQdiscs(text) ?? "printed invalid JSON");
}

/** Reads the JSON of tc, into which some qdiscs print plain text. Null if it cannot be read. */
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

async function offloadsOf(name: string, within: Within): Promise<Record<string, boolean> | null> {
  const text = await within.output("ethtool", ["-k", name]);
  if (text === null) return null;
  const features = [...text.matchAll(/^\s*([a-z0-9-]+): (on|off)\b/gm)];
  return Object.fromEntries(features.map((feature) => [feature[1]!, feature[2] === "on"]));
}
