/**
 * Mounts tracefs if the kernel has it and it is not mounted, as in a container or a system without systemd.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { hasTracefs, isRoot } from "../lab/machine.ts";

const place = "/sys/kernel/tracing";

/** Reports what it did. Callers that still find no tracefs report that themselves. */
export function mountTracefs(): void {
  if (hasTracefs() || !isRoot || !/\ttracefs$/m.test(readFileSync("/proc/filesystems", "utf8"))) return;
  const { status } = spawnSync("mount", ["-t", "tracefs", "tracefs", place], { stdio: "inherit" });
  if (status === 0) console.error(`tracefs was not mounted; it is now, at ${place}`);
}
