/** The module's state as text. */
import { bytesText, foreignText } from "@tcpprobe-plus/tpp/base";
import { nameReaders } from "../module/build/readers.ts";
import type { ModuleStatus, Rates } from "../module/status.ts";
import { labelled, type Paint } from "../terminal/lines.ts";
import { formatCount } from "../terminal/numbers.ts";

const labelWidth = 10;
const units: Readonly<Record<string, string>> = { probetime: " ms", purgetime: " s" };

export function statusText(status: ModuleStatus, width: number, paint: Paint): string {
  const { log, flows, ring, settings, records } = status;
  const lines: [string, string][] = [
    ["module", `tcpprobe_plus ${status.version ?? "of unknown version"}, loaded`],
    ["reader", readerText(status)],
    [log.open ? "log" : "last log", logText(status)],
    ["since load", `${formatCount(records.written)} written, ${formatCount(records.lost)} lost`],
    ["flows", flowsText(flows, settings.maxflows)],
    [
      "ring",
      `${formatCount(ring.records_per_cpu)} records for each of ${ring.cpus} CPUs, ${bytesText(ring.kib * 1024)}`,
    ],
    ["settings", settingsText(settings)],
    ["fields", `${status.fields.length} a line`],
    ["hooks", status.hooks.join(", ")],
  ];
  if (status.missed > 0) lines.push(["missed", `${formatCount(status.missed)} calls of a hook`]);
  const lossy = new Set([...(log.lost > 0 ? ["log", "last log"] : []), ...(records.lost > 0 ? ["since load"] : [])]);
  return `${lines
    .map(([label, text]) => {
      const shown = labelled(label, foreignText(text), labelWidth + 2, width);
      return lossy.has(label) ? paint("red", shown) : shown;
    })
    .join("\n")}\n`;
}

function readerText({ log, readers }: ModuleStatus): string {
  if (!log.open) return "none, so nothing is recorded";
  return `${nameReaders(readers)}, for ${log.open_s?.toFixed(1)} s`;
}

function logText({ log, waiting }: ModuleStatus): string {
  const read = `${formatCount(log.written)} written, ${formatCount(log.read)} read`;
  return `${read}, ${formatCount(waiting)} waiting, ${formatCount(log.lost)} lost`;
}

function flowsText({ active, refused_limit, refused_memory }: ModuleStatus["flows"], most = "?"): string {
  const refused = refused_limit + refused_memory;
  const causes = `${formatCount(refused_limit)} by maxflows, ${formatCount(refused_memory)} without memory`;
  const tail = refused === 0 ? "none refused" : `packets of refused ones: ${causes}`;
  return `${formatCount(active)} followed of at most ${formatCount(Number(most))}, ${tail}`;
}

const settingsText = (settings: Readonly<Record<string, string>>): string =>
  Object.entries(settings)
    .map(([name, value]) => `${name} ${name === "port" && value === "0" ? "0 (all)" : value}${units[name] ?? ""}`)
    .join(", ");

const columns = ["written/s", "read/s", "lost/s", "waiting", "flows", "lost"];
const columnWidth = 10;

export const watchHead = (): string =>
  `${"time".padEnd(8)}${columns.map((name) => name.padStart(columnWidth)).join("")}  reader\n`;

/** One line of `--watch`. `rates` is null for the first line. */
export function watchLine(status: ModuleStatus, rates: Rates | null, time: string, paint: Paint): string {
  const rate = (value: number | undefined): string => (value === undefined ? "-" : formatCount(value));
  const { active } = status.flows;
  const lost = rate(rates?.lost_per_s).padStart(columnWidth);
  const cells = [rate(rates?.written_per_s), rate(rates?.read_per_s)].map((text) => text.padStart(columnWidth));
  const rest = [status.waiting, active, status.records.lost].map((count) => formatCount(count).padStart(columnWidth));
  const lostNow = rates !== null && rates.lost_per_s > 0;
  const reader = status.log.open ? status.readers.map(({ pid }) => pid).join(" ") || "yes" : "none";
  return `${time}${cells.join("")}${lostNow ? paint("red", lost) : lost}${rest.join("")}  ${reader}\n`;
}
