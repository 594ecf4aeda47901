/** The header of a capture: what was running, and how it was set, when it began. */
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { TppHeader } from "@tcpprobe-plus/tpp";
import type { Source } from "../sources/source.ts";
import { version } from "../version.ts";
import { clockAnchors } from "./clock.ts";
import { interfaceSnapshot } from "./interfaces.ts";
import { kernelSnapshot } from "./kernel.ts";
import { moduleSysctls, networkSysctls } from "./sysctl.ts";

export interface HeaderOptions {
  readonly port: number | null;
  /** Put this host's name in. */
  readonly hostname: boolean;
  readonly commandLine: readonly string[];
}

export async function makeHeader(source: Source, options: HeaderOptions): Promise<TppHeader> {
  const { interfaces, notes } = await interfaceSnapshot();
  const kernel = kernelSnapshot();
  if (kernel.hz === null) notes.push("HZ unknown: no kernel configuration could be read");
  return {
    format: 1,
    capture_id: randomUUID(),
    tool: { name: "capture", version },
    source: source.name,
    text: source.text,
    columns: source.columns,
    ...(source.events ? { events: source.events } : {}),
    kernel,
    clock: { ...clockAnchors(), zero_monotonic_ns: source.zeroMonotonicNs },
    filters: { port: options.port },
    module_sysctl: moduleSysctls(),
    sysctl: networkSysctls(),
    interfaces,
    command_line: options.commandLine,
    ...(options.hostname ? { hostname: hostname() } : {}),
    notes: [...source.notes, ...notes],
  };
}
