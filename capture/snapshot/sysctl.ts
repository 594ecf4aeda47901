/** Reads the settings under /proc/sys that affect TCP. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Within } from "./within.ts";

/** Not settings, but secrets. */
const secrets = new Set(["net.ipv4.tcp_fastopen_key"]);

const kept: readonly { readonly directory: string; readonly matches: RegExp }[] = [
  { directory: "net/ipv4", matches: /^tcp_/ },
  { directory: "net/core", matches: /mem/ },
];

export interface NetworkSettings {
  readonly settings: Record<string, string>;
  /** Why there are no settings. Null if there are. */
  readonly problem: string | null;
}

/**
 * The settings in the network namespace of the traffic. /proc/sys/net shows each process those of its own namespace.
 */
export async function networkSettings(within: Within): Promise<NetworkSettings> {
  if (within.path === null) return { settings: networkSysctls(), problem: null };
  // Some settings are write-only.
  const folders = kept.map(({ directory }) => join("/proc/sys", directory));
  const args = ["-maxdepth", "1", "-type", "f", "-exec", "grep", "-sH", "", "{}", "+"];
  const text = await within.output("find", [...folders, ...args], true);
  if (text === null)
    return { settings: {}, problem: "settings unknown: `nsenter`, `find` or `grep` is not installed or failed" };
  const settings: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const [, directory = "", name = "", value = ""] = /^\/proc\/sys\/(.+)\/([^/:]+):(.*)$/.exec(line) ?? [];
    const dotted = `${directory.replaceAll("/", ".")}.${name}`;
    const isKept = kept.some((one) => one.directory === directory && one.matches.test(name));
    if (isKept && !secrets.has(dotted)) settings[dotted] = value.trim();
  }
  return { settings, problem: null };
}

/** net.ipv4.tcp_* and net.core.*mem* of this network namespace, by dotted name. */
export function networkSysctls(root = "/proc/sys"): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { directory, matches } of kept) {
    for (const [name, value] of readSettings(join(root, directory), matches)) {
      const dotted = `${directory.replaceAll("/", ".")}.${name}`;
      if (!secrets.has(dotted)) found[dotted] = value;
    }
  }
  return found;
}

function readSettings(directory: string, matches: RegExp): [string, string][] {
  const settings: [string, string][] = [];
  for (const name of listOf(directory).filter((name) => matches.test(name))) {
    try {
      settings.push([name, readFileSync(join(directory, name), "utf8").trim()]);
    } catch {
      // Some settings are write-only.
    }
  }
  return settings;
}

function listOf(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch {
    return [];
  }
}
