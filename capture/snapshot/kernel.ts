/** The kernel of this host. */
import { readFileSync } from "node:fs";
import { machine, release, version } from "node:os";
import { gunzipSync } from "node:zlib";
import type { TppHeader } from "@tcpprobe-plus/tpp/write";

/** Kernel name and CONFIG_HZ. The latter is null if no configuration can be read. */
export function kernelSnapshot(): TppHeader["kernel"] {
  return { release: release(), version: version(), machine: machine(), hz: configHz() };
}

function configHz(): number | null {
  const places: (() => string)[] = [
    () => gunzipSync(readFileSync("/proc/config.gz")).toString("latin1"),
    () => readFileSync(`/boot/config-${release()}`, "latin1"),
    () => readFileSync(`/lib/modules/${release()}/config`, "latin1"),
  ];
  for (const read of places) {
    try {
      const hz = Number(/^CONFIG_HZ=(\d+)$/m.exec(read())?.[1]);
      if (hz > 0) return hz;
    } catch {
      // Not every system has all of these files.
    }
  }
  return null;
}
