/** Reads the module's statistics file: its text, and the counters of the open log. */
import { readFileSync } from "node:fs";
import { type FieldType, type LossTotals, layoutProblem, type RecordLayout } from "@tcpprobe-plus/tpp/write";
import { statisticsPath } from "./paths.ts";

export interface ModuleStatistics {
  readonly text: string;
  readonly version: string | null;
  readonly fields: readonly string[];
  /** The layout of binary records. Null if there is no binary file. */
  readonly layout: RecordLayout | null;
  /** Whether a process has the data file open. */
  readonly open: boolean;
  /** CLOCK_MONOTONIC, ns, at the log's time 0. */
  readonly zeroMonotonicNs: string;
  /** Records of this log that were put into the rings; below, records that were read. */
  readonly written: number;
  readonly read: number;
  /** Losses by cause. `ring` counts since this log was opened, the others since the module was loaded. */
  readonly lost: LossTotals;
}

/** The statistics. Null if the file cannot be read, because the module is not loaded. */
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
    layout: parseLayout(line("Binary")),
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

/** Parses `bytes 248 hz 250 record:u64:0 … cubic_cnt:u32:212:cong_kind=2`. Null for any other form. */
export function parseLayout(line: string | undefined): RecordLayout | null {
  const [, bytes, hz, rest] = /^bytes (\d+) hz (\d+) (.*)$/.exec(line ?? "") ?? [];
  if (rest === undefined) return null;
  const fields = rest.split(" ").map((text) => {
    const [name = "", type = "", offset = "", only = ""] = text.split(":");
    const [field = "", value = ""] = only.split("=");
    return {
      name,
      type: type as FieldType,
      offset: Number(offset),
      ...(only ? { only: { field, value: Number(value) } } : {}),
    };
  });
  const layout = { version: 1, bytes: Number(bytes), sequence: "relative", hz: Number(hz), fields } as const;
  return layoutProblem(layout) === null ? layout : null;
}
