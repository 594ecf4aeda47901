/**
 * Defines what header, checkpoint and trailer may hold. They are checked here when they are read and when they are
 * written, so code that gets a TppHeader, TppCheckpoint or TppTrailer can rely on every type and range below. For text
 * only the length is limited. It is foreign text, and `foreignText` makes it safe to show.
 */
import { sourceNames, textKinds } from "../columns/columns.ts";
import { mostPort } from "../port.ts";
import type { TppCheckpoint, TppHeader, TppTrailer } from "./header.ts";
import { layoutProblem } from "./record-layout.ts";
import {
  both,
  type Check,
  decimal,
  listOf,
  mapOf,
  matching,
  namesOf,
  nullOr,
  objectOf,
  oneOf,
  optional,
  pairOf,
  real,
  text,
  whole,
  yesOrNo,
} from "./schema.ts";
import { maxRawFrameBytes } from "./zstd-frame.ts";

const count = whole(0, Number.MAX_SAFE_INTEGER);
const word = text(1024);
const line = text(1024 * 1024);
const id = text(128, 1);
const anyKey = text(256, 1);

/** A million records a second for eight years. Sums of thousands of such counts are still exact. */
const lossCount = whole(0, 2 ** 48);
const cause = matching(/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$/, "a cause in letters, digits and spaces");
const losses = mapOf(cause, lossCount, 1000);

const fieldNames = namesOf(matching(/^[A-Za-z_][A-Za-z0-9_.]{0,63}$/, "a field's name"), 1000);
const eventName = matching(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, "an event's name");
const settings = mapOf(anyKey, line, 100_000);

/**
 * Clocks in ns. CLOCK_MONOTONIC is limited to 31 years, as is a record's own time (18 digits, 9 of them after the
 * point). CLOCK_REALTIME is limited to the years 1748 to 2191. So every sum and difference of two clocks and a record's
 * time fits in 64 bits.
 */
const monotonic = decimal(0n, 10n ** 18n);
const realtime = decimal(-7n * 10n ** 18n, 7n * 10n ** 18n);
/** A later time of CLOCK_REALTIME, in a checkpoint or the trailer. */
const laterRealtime = decimal(-8n * 10n ** 18n, 8n * 10n ** 18n);

const networkInterface = objectOf({
  name: word,
  mtu: nullOr(whole(0, 2 ** 32)),
  qdisc: nullOr(word),
  offloads: nullOr(mapOf(anyKey, yesOrNo, 1000)),
});

const hook = matching(/^[a-z_]{1,16}\/[A-Za-z0-9_.]{1,128}$/, "a hook such as fentry/tcp_v4_do_rcv");

const address = matching(/^[0-9a-fA-F:.]{2,45}$/, "an address");
const port = whole(0, mostPort);
const socketNotes = objectOf({
  monotonic_ns: monotonic,
  known: count,
  list: listOf(
    objectOf({
      saddr: address,
      sport: port,
      daddr: address,
      dport: port,
      cookie: optional(decimal(0n, 2n ** 64n - 1n)),
      cong: nullOr(text(16)),
      retransmits: nullOr(whole(0, 2 ** 32)),
    }),
    100_000,
  ),
});

const headerFields = objectOf({
  format: oneOf(1),
  capture_id: id,
  tool: objectOf({ name: word, version: word }),
  source: oneOf(...sourceNames, "import", "synthetic"),
  text: oneOf(...textKinds),
  columns: nullOr(fieldNames),
  events: optional(mapOf(eventName, text(64 * 1024), 1000)),
  kernel: objectOf({ release: word, version: word, machine: word, hz: nullOr(whole(1, 10_000)) }),
  clock: objectOf({
    realtime_ns: realtime,
    monotonic_ns: monotonic,
    zero_monotonic_ns: monotonic,
    of_records: optional(oneOf("realtime")),
  }),
  filters: objectOf({
    port: nullOr(whole(1, mostPort)),
    ports: optional(listOf(pairOf(whole(1, mostPort)), 1000)),
    hosts: optional(listOf(text(64, 1), 1000)),
    netns: optional(objectOf({ name: word, inode: whole(1, 2 ** 32) })),
    cgroup: optional(objectOf({ path: text(4096, 1), id: decimal(0n, 2n ** 64n) })),
    pid: optional(whole(1, 2 ** 32)),
    sample: optional(whole(1, 1_000_000)),
  }),
  module_sysctl: nullOr(settings),
  sysctl: settings,
  interfaces: listOf(networkInterface, 100_000),
  command_line: listOf(line, 100_000),
  module: optional(objectOf({ version: nullOr(word), fields: fieldNames })),
  bpf: optional(
    objectOf({
      object_sha256: matching(/^[0-9a-f]{64}$/, "a SHA-256 in hexadecimal digits"),
      hooks: listOf(hook, 100),
      refused: mapOf(hook, word, 100),
    }),
  ),
  set: optional(objectOf({ id, number: whole(1, 2 ** 31) })),
  command: optional(objectOf({ argv: listOf(line, 100_000), started_monotonic_ns: monotonic })),
  imported: optional(objectOf({ format: word, files: listOf(line, 100_000) })),
  sockets: optional(socketNotes),
  label: optional(word),
  hostname: optional(word),
  notes: optional(listOf(line, 10_000)),
  recovered: optional(objectOf({ from_capture_id: id, damage: listOf(line, 10_000) })),
});

/** Binary records need their layout, and nothing else may have one. */
const header = both(headerFields, (value) => {
  const { text, records } = value as Partial<TppHeader>;
  if (text === "records") return layoutProblem(records);
  return records === undefined ? null : "records is there, and text is not records";
});

const checkpointFields = {
  capture_id: id,
  frame: whole(1, Number.MAX_SAFE_INTEGER),
  offset: count,
  compressed_bytes: count,
  checksum: whole(0, 2 ** 32 - 1),
  frame_lines: whole(0, maxRawFrameBytes),
  frame_raw_bytes: whole(0, maxRawFrameBytes),
  lines: count,
  raw_bytes: count,
  lost: losses,
  monotonic_ns: monotonic,
  realtime_ns: optional(laterRealtime),
  module: optional(objectOf({ written: count, dropped: losses })),
  module_sysctl: optional(settings),
} satisfies Record<keyof TppCheckpoint, Check>;

const checkpoint = both(objectOf(checkpointFields), (value) => {
  const { frame_lines, frame_raw_bytes, lines, raw_bytes } = value as TppCheckpoint;
  if (lines < frame_lines) return `lines is ${lines}, less than the frame's own ${frame_lines}`;
  if (raw_bytes < frame_raw_bytes) return `raw_bytes is ${raw_bytes}, less than the frame's own ${frame_raw_bytes}`;
  return null;
});

const trailer = objectOf({
  capture_id: id,
  reason: word,
  frames: count,
  lines: count,
  raw_bytes: count,
  lost: losses,
  duration_s: real(0, 1e9),
  realtime_ns: laterRealtime,
  monotonic_ns: monotonic,
  statistics: optional(objectOf({ start: nullOr(text(8e6)), end: nullOr(text(8e6)) })),
  module_sysctl: optional(settings),
  sockets: optional(socketNotes),
  command: optional(
    objectOf({
      exit_code: optional(whole(-(2 ** 31), 2 ** 32)),
      signal: optional(text(64)),
      ended_monotonic_ns: monotonic,
    }),
  ),
});

/**
 * The first invalid value of a header, in one line such as `filters.port is 0, not a whole number from 1 to 65535`.
 * Null if there is none.
 */
export const headerProblem = (value: unknown): string | null => header(value, "");
export const checkpointProblem = (value: unknown): string | null => checkpoint(value, "");
export const trailerProblem = (value: unknown): string | null => trailer(value, "");

/**
 * The header of a .tpp, or of a converted capture's metadata, if all its values are valid. Otherwise `headerProblem`
 * says which is not.
 */
export const asHeader = (value: unknown): TppHeader | undefined =>
  headerProblem(value) === null ? (value as TppHeader) : undefined;

/** A checkpoint without names that this version does not know. A file may have many checkpoints, so memory matters. */
export const asCheckpoint = (value: unknown): TppCheckpoint | undefined =>
  checkpointProblem(value) === null ? withoutUnknown(value as TppCheckpoint) : undefined;

export const asTrailer = (value: unknown): TppTrailer | undefined =>
  trailerProblem(value) === null ? (value as TppTrailer) : undefined;

const isKnown = (name: string): boolean => Object.hasOwn(checkpointFields, name);

const withoutUnknown = (checkpoint: TppCheckpoint): TppCheckpoint =>
  Object.keys(checkpoint).every(isKnown)
    ? checkpoint
    : (Object.fromEntries(Object.entries(checkpoint).filter(([name]) => isKnown(name))) as unknown as TppCheckpoint);
