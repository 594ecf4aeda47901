/** Makes the header of a capture: the system and its settings when the capture began. */
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { TppHeader } from "@tcpprobe-plus/tpp/write";
import { filterHeader, type Namespace } from "../filter/filter.ts";
import { readSettings } from "../module/settings.ts";
import type { Source } from "../sources/source.ts";
import { version } from "../version.ts";
import { clockAnchors } from "./clock.ts";
import { interfaceSnapshot } from "./interfaces.ts";
import { kernelSnapshot } from "./kernel.ts";
import { networkSettings } from "./sysctl.ts";
import { Within } from "./within.ts";

export interface SnapshotOptions {
  /** The network namespace of the traffic, if it differs from this process's. */
  readonly netns?: Namespace | null;
  /** The user's label for the capture. Null if none was given. */
  readonly label?: string | null;
  /** Whether to include this host's name. */
  readonly hostname: boolean;
  readonly commandLine: readonly string[];
  /** Ends programs that are run for the snapshot. */
  readonly signal?: AbortSignal;
}

type FromHost =
  | "sockets"
  | "label"
  | "kernel"
  | "module_sysctl"
  | "sysctl"
  | "interfaces"
  | "command_line"
  | "hostname"
  | "notes";

/** What is known about the host before the first record. Collecting it takes some tenths of a second. */
export type Snapshot = Pick<TppHeader, FromHost>;

export async function takeSnapshot(options: SnapshotOptions): Promise<Snapshot> {
  const within = new Within(options.netns?.path ?? null, options.signal);
  const { interfaces, notes } = await interfaceSnapshot(within);
  const { settings, problem } = await networkSettings(within);
  if (problem) notes.push(problem);
  const kernel = kernelSnapshot();
  const commandLine = shortened(options.commandLine);
  if (commandLine !== options.commandLine) notes.push("the command line was longer; its beginning is kept");
  if (kernel.hz === null) notes.push("HZ unknown: no kernel configuration could be read");
  return {
    kernel,
    module_sysctl: readSettings(),
    sysctl: settings,
    interfaces,
    command_line: commandLine,
    ...(options.label == null ? {} : { label: options.label }),
    ...(options.hostname ? { hostname: hostname() } : {}),
    notes,
  };
}

/** Most bytes of a command line that are kept. Headers have a limit, and arguments can be megabytes long. */
const maxArgumentBytes = 4096;
const maxCommandLineBytes = 64 * 1024;

/** The words unchanged if they are short enough. Otherwise a note stands for those left out. */
function shortened(words: readonly string[]): readonly string[] {
  const kept: string[] = [];
  let bytes = 0;
  for (const word of words) {
    const length = Buffer.byteLength(word);
    const short = length > maxArgumentBytes ? `${word.slice(0, maxArgumentBytes / 4)}… (${length} bytes)` : word;
    bytes += Buffer.byteLength(short);
    if (bytes > maxCommandLineBytes) return [...kept, `… (${words.length - kept.length} more)`];
    kept.push(short);
  }
  return kept.every((word, index) => word === words[index]) ? words : kept;
}

/** The header of a file that begins now. The source must have started. */
export function headerNow(
  source: Source,
  snapshot: Snapshot,
  more: Partial<Pick<TppHeader, "set" | "command" | "module_sysctl">> = {},
): TppHeader {
  return {
    format: 1,
    capture_id: randomUUID(),
    tool: { name: "capture", version },
    source: source.name,
    text: source.text,
    columns: source.columns,
    ...(source.events ? { events: source.events } : {}),
    ...(source.records ? { records: source.records } : {}),
    ...(source.bpf ? { bpf: source.bpf } : {}),
    ...(source.module ? { module: source.module } : {}),
    clock: { ...clockAnchors(), zero_monotonic_ns: source.zeroMonotonicNs },
    filters: filterHeader(source.filter),
    ...snapshot,
    ...more,
    ...(more.command ? { command: { ...more.command, argv: shortened(more.command.argv) } } : {}),
    notes: [...source.notes, ...(snapshot.notes ?? [])],
  };
}
