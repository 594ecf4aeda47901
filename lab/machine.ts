/** Finds out what this machine allows, by looking and trying. */
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";

export const isRoot: boolean = process.getuid?.() === 0;

/**
 * PATH for the system's programs. npm's own directories are removed, because a dependency has a program named `nft`.
 * The administrators' directories are added, because an ordinary user's PATH lacks them.
 */
export const systemPath: string = [
  ...(process.env.PATH ?? "").split(delimiter).filter((directory) => !directory.includes("node_modules")),
  "/usr/sbin",
  "/sbin",
].join(delimiter);

export function hasTool(name: string): boolean {
  return systemPath.split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

export function hasTracefs(): boolean {
  const roots = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"];
  return roots.some((root) => existsSync(join(root, "instances")) && existsSync(join(root, "events/tcp/tcp_probe")));
}

let namespaces: boolean | undefined;

/** Whether network namespaces can be made. This makes one and removes it: in a container only trying shows it. */
export function hasNamespaces(): boolean {
  if (namespaces === undefined) {
    const name = `tpp-${process.pid}-try`;
    const ip = (...args: string[]): boolean => spawnSync("ip", args).status === 0;
    namespaces =
      ip("netns", "add", name) &&
      ip("-n", name, "link", "add", "try0", "type", "veth", "peer", "name", "try1") &&
      ip(
        "netns",
        "exec",
        name,
        "tc",
        "qdisc",
        "add",
        "dev",
        "try0",
        "root",
        "tbf",
        "rate",
        "1mbit",
        "burst",
        "16kb",
        "limit",
        "16kb",
      );
    ip("netns", "del", name);
  }
  return namespaces;
}
