/** The settings under /proc/sys that bear on TCP. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Not a setting but a secret. */
const secrets = new Set(["net.ipv4.tcp_fastopen_key"]);

const kept: readonly { readonly directory: string; readonly matches: RegExp }[] = [
  { directory: "net/ipv4", matches: /^tcp_/ },
  { directory: "net/core", matches: /mem/ },
];

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
      // Some can only be written.
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
