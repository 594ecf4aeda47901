import type { TppHeader } from "@tcpprobe-plus/tpp";
import type { Capture } from "../ingest/capture.ts";
import type { Io } from "../io.ts";
import { bytes, count, plural } from "../output/units.ts";
import { openTrace, type Trace } from "../trace.ts";

interface Summary {
  readonly records: number;
  readonly flows: number;
  readonly first_s: number | null;
  readonly last_s: number | null;
  readonly types: string | null;
}

interface LossPlace {
  readonly cause: string;
  readonly lost: number;
  readonly from_s: number | null;
  readonly to_s: number | null;
}

/** Prints what each capture is and whether it can be trusted. */
export async function info(
  paths: readonly string[],
  options: { settings?: boolean; json?: boolean },
  io: Io,
): Promise<void> {
  await using trace = await openTrace(paths);
  const reports = [];
  for (const [index, capture] of trace.captures.entries()) {
    const summary = await summarize(trace, index + 1);
    const losses = await lossPlaces(trace, index + 1);
    reports.push({ capture, summary, losses });
  }
  if (options.json) {
    const objects = reports.map(({ capture, summary, losses }) => ({
      path: capture.path,
      ...summary,
      file_bytes: capture.walk?.fileBytes ?? null,
      frames: capture.walk?.frames.length ?? null,
      raw_bytes: capture.walk ? rawBytes(capture) : null,
      damage: capture.damage,
      rejected: capture.rejected,
      losses,
      header: capture.header,
      trailer: capture.walk?.trailer ?? null,
    }));
    io.stdout.write(`${JSON.stringify(objects, null, 2)}\n`);
  } else {
    const texts = reports.map(({ capture, summary, losses }) =>
      describe(capture, summary, losses, options.settings ?? false),
    );
    io.stdout.write(texts.join("\n"));
  }
}

async function summarize(trace: Trace, capture: number): Promise<Summary> {
  const [row] = await trace.rows<Summary>(`
    SELECT count(*)::INTEGER AS records, count(DISTINCT flow)::INTEGER AS flows, min(t) AS first_s, max(t) AS last_s,
      (SELECT string_agg(n || ' ' || type, ', ' ORDER BY type) FROM (SELECT type, count(*) AS n FROM trace WHERE capture = ${capture} GROUP BY type)) AS types
    FROM trace WHERE capture = ${capture}`);
  return row as Summary;
}

const lossPlaces = (trace: Trace, capture: number): Promise<LossPlace[]> =>
  trace.rows<LossPlace>(`
    SELECT cause, lost::INTEGER AS lost,
      (SELECT max(t) FROM trace WHERE capture = ${capture} AND ord <= after_ord) AS from_s,
      (SELECT min(t) FROM trace WHERE capture = ${capture} AND ord > after_ord) AS to_s
    FROM losses WHERE capture = ${capture} ORDER BY after_ord NULLS LAST`);

const rawBytes = (capture: Capture): number =>
  capture.walk?.frames.reduce((sum, frame) => sum + frame.rawBytes, 0) ?? 0;

function describe(capture: Capture, summary: Summary, losses: readonly LossPlace[], settings: boolean): string {
  const { header, walk } = capture;
  const lines: [string, string][] = [
    ["file", capture.path],
    [
      "source",
      `${header.source}${header.filters.port === null ? "" : `, port ${header.filters.port}`}; ${header.tool.name} ${header.tool.version}`,
    ],
    ["command", header.command_line.join(" ")],
    [
      "kernel",
      `${header.kernel.release} ${header.kernel.machine}${header.kernel.hz ? `, HZ ${header.kernel.hz}` : ""}`,
    ],
    ["began", utc(header)],
    [
      "span",
      summary.first_s === null
        ? "no records"
        : `${summary.first_s.toFixed(6)} s to ${summary.last_s?.toFixed(6)} s (${((summary.last_s ?? 0) - summary.first_s).toFixed(3)} s)`,
    ],
    [
      "records",
      `${count(summary.records)} of ${plural(summary.flows, "flow")}${summary.types ? `: ${summary.types}` : ""}`,
    ],
  ];
  if (walk) {
    const raw = rawBytes(capture);
    lines.push([
      "size",
      `${bytes(walk.fileBytes)} for ${bytes(raw)} of text (${((100 * walk.fileBytes) / Math.max(raw, 1)).toFixed(1)} %), ${plural(walk.frames.length, "frame")}`,
    ]);
    lines.push([
      "ended",
      walk.trailer
        ? `${walk.trailer.reason}, after ${walk.trailer.duration_s.toFixed(3)} s`
        : "no trailer: cut off, or still being written",
    ]);
  }
  if (header.hostname) lines.push(["host", header.hostname]);
  for (const { name, mtu, qdisc, offloads } of header.interfaces) {
    const on = Object.entries(offloads ?? {})
      .filter(([key, value]) => value && shownOffloads.has(key))
      .map(([key]) => key);
    lines.push([
      "interface",
      `${name}: MTU ${mtu ?? "?"}, qdisc ${qdisc ?? "?"}${offloads ? `, ${on.length > 0 ? on.join(", ") : "no segmentation offload"}` : ""}`,
    ]);
  }
  const chosen = settings ? Object.keys(header.sysctl) : shownSettings.filter((name) => name in header.sysctl);
  for (const name of chosen) lines.push(["setting", `${name} = ${header.sysctl[name]}`]);
  for (const [name, value] of Object.entries(header.module_sysctl ?? {})) lines.push(["module", `${name} = ${value}`]);
  for (const note of header.notes ?? []) lines.push(["note", note]);
  for (const { cause, lost, from_s, to_s } of losses) {
    lines.push(["lost", `${plural(lost, "record")} (${causes[cause] ?? cause}) ${place(from_s, to_s)}`]);
  }
  for (const { line, why, count: n } of capture.rejected.slice(0, 10)) {
    lines.push(["no record", `${n} x ${JSON.stringify(line.slice(0, 100))}: ${why.split("\n")[0]}`]);
  }
  for (const damage of capture.damage) lines.push(["damage", damage]);
  const whole = capture.damage.length === 0 && walk !== null;
  lines.push([
    "integrity",
    capture.damage.length > 0
      ? "DAMAGED: only what is intact was read"
      : whole
        ? "whole; every checksum holds"
        : "converted file",
  ]);
  if (losses.length === 0) lines.push(["losses", "none"]);
  return `${lines.map(([name, text]) => `${name.padEnd(10)} ${text}`).join("\n")}\n`;
}

const causes: Readonly<Record<string, string>> = {
  ring: "the ring was full",
  frame: "in a damaged part of the file",
  damage: "in a damaged part of the file that this one was recovered from",
  output: "they could not be written",
};

const place = (from: number | null, to: number | null): string =>
  from === null && to === null
    ? "at an unknown place"
    : from === null
      ? `before ${to?.toFixed(6)} s`
      : to === null
        ? `after ${from.toFixed(6)} s`
        : `between ${from.toFixed(6)} s and ${to.toFixed(6)} s`;

const shownSettings = [
  "net.ipv4.tcp_congestion_control",
  "net.core.default_qdisc",
  "net.ipv4.tcp_rmem",
  "net.ipv4.tcp_wmem",
  "net.ipv4.tcp_no_metrics_save",
];
const shownOffloads = new Set([
  "tcp-segmentation-offload",
  "generic-segmentation-offload",
  "generic-receive-offload",
  "large-receive-offload",
]);

/** The capture's start in UTC, to the microsecond. */
function utc(header: TppHeader): string {
  const ns = BigInt(header.clock.realtime_ns);
  const micros = String((ns / 1000n) % 1_000_000n).padStart(6, "0");
  return `${new Date(Number(ns / 1_000_000n)).toISOString().slice(0, 19)}.${micros}Z`;
}
