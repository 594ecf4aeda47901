/** The module's statistics file: its text, and the numbers of the log that is open. */
import { readFileSync } from "node:fs";
import type { LossTotals } from "@tcpprobe-plus/tpp/write";
import { statisticsPath } from "./paths.ts";

export interface ModuleStatistics {
  readonly text: string;
  readonly version: string | null;
  readonly fields: readonly string[];
  /** Somebody has the data file open. */
  readonly open: boolean;
  /** CLOCK_MONOTONIC, ns, at the log's time 0. */
  readonly zeroMonotonicNs: string;
  /** Of this log: records put into the rings, and made into text. */
  readonly written: number;
  readonly read: number;
  /** Losses by cause. `ring` is this log's; the others count since the module was loaded. */
  readonly lost: LossTotals;
}

/** Null where it cannot be read: not loaded, or gone. */
export function moduleStatistics(path = statisticsPath): ModuleStatistics | null {
  try {
    return parseStatistics(readFileSync(path, "latin1"));
  } catch {
    return null;
  }
}

export function parseStatistics(text: string): ModuleStatistics {
  const line = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, "m").exec(text)?.[1]?.trim();
  const log = line("Log") ?? "";
  const number = (of: string | undefined, name: string): number =>
    Number(new RegExp(`(?:^| )${name} (\\d+)`).exec(of ?? "")?.[1] ?? 0);
  const refused = line("Refused");
  return {
    text,
    version: line("Version") ?? null,
    fields: (line("Fields") ?? "").split(" ").filter(Boolean),
    open: /^open 1\b/.test(log),
    zeroMonotonicNs: /(?:^| )monotonic_ns (\d+)/.exec(log)?.[1] ?? "0",
    written: number(log, "written"),
    read: number(log, "read"),
    lost: {
      ring: number(log, "lost"),
      "flow limit": number(refused, "flow_limit"),
      "flow memory": number(refused, "flow_memory"),
      hooks: number(line("Missed"), "hooks"),
    },
  };
}
