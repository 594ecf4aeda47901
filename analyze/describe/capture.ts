/** What a capture is, and whether it can be trusted, in words. */
import { filterWords, foreignText, type TppHeader, type TppWalk } from "@tcpprobe-plus/tpp";
import type { Capture } from "../captures/capture.ts";
import { bytes, count, plural } from "../terminal/units.ts";
import type { Trace } from "../trace/trace.ts";
import { whyNotFollowed } from "./warnings.ts";

export interface Summary {
  readonly records: number;
  readonly flows: number;
  readonly first_s: number | null;
  readonly last_s: number | null;
  readonly types: string | null;
}

export interface LossPlace {
  readonly cause: string;
  readonly lost: number | null;
  readonly from_s: number | null;
  readonly to_s: number | null;
  readonly known_by: string;
}

export interface UnseenPlace {
  readonly cause: string;
  readonly segments: number;
  readonly from_s: number | null;
  readonly to_s: number | null;
  readonly known_by: string;
}

export interface Report {
  readonly capture: Capture;
  readonly summary: Summary;
  readonly losses: readonly LossPlace[];
  readonly unseen: readonly UnseenPlace[];
}

/** What is known of each capture of a trace. */
export async function reportsOf(trace: Trace): Promise<Report[]> {
  const reports: Report[] = [];
  for (const [index, capture] of trace.captures.entries()) {
    const summary = await summarize(trace, index + 1);
    const losses = await lossPlaces(trace, index + 1);
    reports.push({ capture, summary, losses, unseen: await unseenPlaces(trace, index + 1) });
  }
  return reports;
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
    SELECT cause, lost::DOUBLE AS lost, from_s, to_s, known_by FROM losses WHERE capture = ${capture}
    ORDER BY coalesce(from_s, to_s) NULLS LAST`);

const unseenPlaces = (trace: Trace, capture: number): Promise<UnseenPlace[]> =>
  trace.rows<UnseenPlace>(`
    SELECT cause, segments::DOUBLE AS segments, from_s, to_s, known_by FROM not_followed WHERE capture = ${capture}
    ORDER BY coalesce(from_s, to_s) NULLS LAST`);

const sumOver = (capture: Capture, of: (walk: TppWalk) => number): number =>
  capture.files.reduce((sum, { walk }) => sum + of(walk), 0);
export const fileBytes = (capture: Capture): number => sumOver(capture, (walk) => walk.fileBytes);
export const frameCount = (capture: Capture): number => sumOver(capture, (walk) => walk.frames.length);
export const rawBytes = (capture: Capture): number =>
  sumOver(capture, (walk) => walk.frames.reduce((sum, frame) => sum + frame.rawBytes, 0));

/**
 * Pairs of a name and a text. `settings`: every saved setting, not only those that are usually asked for. No text can
 * add a line or control the terminal, whatever the file says.
 */
export function linesOf({ capture, summary, losses, unseen }: Report, settings: boolean): [string, string][] {
  const { header, files } = capture;
  const lines: [string, string][] = [
    ["file", capture.path],
    ...(header.label === undefined ? [] : [["label", header.label] as [string, string]]),
    [
      "source",
      `${[header.source, filterWords(header.filters)].filter(Boolean).join(", ")}; ${header.tool.name} ${header.tool.version}`,
    ],
    ["command", header.command_line.length > 0 ? header.command_line.join(" ") : "not known"],
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
  if (files.length > 1) lines.push(["set", `${files.length} files, taken as one capture`]);
  for (const text of capture.incomplete) lines.push(["set", text]);
  if (files.length > 0) {
    const raw = rawBytes(capture);
    const share = ((100 * fileBytes(capture)) / Math.max(raw, 1)).toFixed(1);
    lines.push([
      "size",
      `${bytes(fileBytes(capture))} for ${bytes(raw)} of ${header.text === "records" ? "binary records" : "text"} (${share} %), ${plural(frameCount(capture), "frame")}`,
    ]);
    lines.push(["ended", ending(files)]);
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
  const chosen = settings
    ? Object.keys(header.sysctl)
    : shownSettings.filter((name) => Object.hasOwn(header.sysctl, name));
  for (const name of chosen) lines.push(["setting", `${name} = ${header.sysctl[name]}`]);
  for (const [name, value] of Object.entries(header.module_sysctl ?? {})) lines.push(["module", `${name} = ${value}`]);
  for (const note of header.notes ?? []) lines.push(["note", note]);
  lines.push(...lossLines(losses), ...unseenLines(unseen));
  for (const { line, why, count: n } of capture.rejected.slice(0, 10)) {
    lines.push(["no record", `${n} x "${line.slice(0, 100)}": ${why.split("\n")[0]}`]);
  }
  for (const damage of capture.damage) lines.push(["damage", damage]);
  const whole = capture.damage.length === 0 && files.length > 0;
  lines.push([
    "integrity",
    capture.damage.length > 0
      ? "DAMAGED: only what is intact was read"
      : whole
        ? "whole; every checksum holds"
        : "converted file",
  ]);
  if (losses.length === 0) lines.push(["losses", "none"]);
  return lines.map(([name, text]) => [name, foreignText(text)]);
}

function ending(files: Capture["files"]): string {
  const trailer = files.at(-1)?.walk.trailer;
  if (!trailer) return "no trailer: cut off, or still being written";
  const { clock, source } = files[0]!.header;
  if (source === "import") return "with the imported text";
  const seconds =
    files.length === 1 ? trailer.duration_s : Number(BigInt(trailer.monotonic_ns) - BigInt(clock.monotonic_ns)) / 1e9;
  return `${trailer.reason}, after ${seconds.toFixed(3)} s`;
}

/** How many losses are listed; `analyze sql` shows them all. */
const shownLosses = 20;

function lossLines(losses: readonly LossPlace[]): [string, string][] {
  const lines = losses.slice(0, shownLosses).map(({ cause, lost, from_s, to_s, known_by }): [string, string] => {
    const unit = cause === "poll" ? "poll" : "record";
    const what = lost === null ? "an unknown number of records" : plural(lost, unit);
    return [
      "lost",
      `${what} (${inWords(causes, cause)}) ${place(from_s, to_s)}; known by ${inWords(evidence, known_by)}`,
    ];
  });
  const others = losses.slice(shownLosses);
  if (others.length > 0) {
    const sum = others.reduce((sum, { lost }) => sum + (lost ?? 0), 0);
    lines.push([
      "lost",
      `${plural(sum, "record")} at ${others.length} further places: \`analyze sql FILE "FROM losses"\``,
    ]);
  }
  return lines;
}

function unseenLines(unseen: readonly UnseenPlace[]): [string, string][] {
  const lines = unseen
    .slice(0, shownLosses)
    .map(({ cause, segments, from_s, to_s, known_by }): [string, string] => [
      "unseen",
      `${plural(segments, "segment")} of connections that were not followed (${inWords(whyNotFollowed, cause)}) ${place(from_s, to_s)}; known by ${inWords(evidence, known_by)}`,
    ]);
  const others = unseen.length - shownLosses;
  if (others > 0)
    lines.push(["unseen", `more at ${plural(others, "further place")}: \`analyze sql FILE "FROM not_followed"\``]);
  return lines;
}

/** Our words for a name in the file, or that name itself if we have none. */
const inWords = (words: Readonly<Record<string, string>>, name: string): string =>
  Object.hasOwn(words, name) ? words[name]! : name;

const causes: Readonly<Record<string, string>> = {
  ring: "the ring was full",
  frame: "in a damaged part of the file",
  file: "in a file of the set that is not there",
  poll: "ss failed",
  damage: "in a damaged part of the file that this one was recovered from",
  output: "they could not be written",
};

const evidence: Readonly<Record<string, string>> = {
  "lost line": "the kernel's own line in the text",
  "record numbers": "the numbers of the records",
  "drop counter": "the source's counter",
  damage: "the frames around it",
  set: "the number in the file's header",
  poll: "the poll's line in the text",
  total: "the total alone",
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
  const micros = BigInt(header.clock.realtime_ns) / 1000n;
  const fraction = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n; // also of a moment before 1970
  const seconds = (micros - fraction) / 1_000_000n;
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}.${String(fraction).padStart(6, "0")}Z`;
}
