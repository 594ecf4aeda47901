/**
 * Compares records of the module with those of BPF, for the same traffic at the same time: which records have a
 * counterpart, and in which fields the two differ.
 */
import { readFrames, type TppHeader, verifyTpp } from "@tcpprobe-plus/tpp";
import { BinaryText } from "../../analyze/records/binary-text.ts";

type Row = Readonly<Record<string, string>>;

export interface Comparison {
  readonly header: TppHeader;
  /** Losses of BPF, by cause. */
  readonly lost: Readonly<Record<string, number>>;
  readonly pairs: number;
  /** Records without a counterpart, a line each. */
  readonly onlyModule: readonly string[];
  readonly onlyBpf: readonly string[];
  /** By field: the first pair that differs, and how many pairs differ. */
  readonly differing: Readonly<Record<string, { readonly count: number; readonly first: string }>>;
}

/** Sequence numbers. BPF has those in the segments, the module counts from the connection's first one. */
const ownNumbers = ["snd_nxt", "snd_una", "write_seq"];
/** Durations, which grow in the time between the two records of a pair. */
const clocked = ["busy_us", "rwnd_limited_us", "sndbuf_limited_us"];
/** Fields that each source reports in its own way. */
const own = new Set(["sec.nsec", "record", "connection", "netns", "seq_num", "ack_num", ...ownNumbers]);

const rowsOf = (text: string, columns: readonly string[]): Row[] =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => Object.fromEntries(line.split(" ").map((value, index) => [columns[index]!, value])));

const endsOf = (row: Row): string => `${row.netns} ${row.saddr} ${row.sport} ${row.daddr} ${row.dport}`;
const shown = (row: Row): string =>
  `type ${row.type} at ${row["sec.nsec"]} ${endsOf(row)} length ${row.length} flags ${row.tcp_flags}`;

function byEnds(rows: readonly Row[]): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const group = groups.get(endsOf(row));
    if (group) group.push(row);
    else groups.set(endsOf(row), [row]);
  }
  return groups;
}

/** The module derives BBR's mode from its gains, which change a little later than the mode that BPF reads. */
const withoutMode = (state = ""): string => state.replace(/^mode=\w+,/, "");

const seconds = (row: Row): number => Number(row["sec.nsec"]);

/** The lines of a capture of binary records, and the names of their fields. */
export async function linesOf(
  path: string,
): Promise<{ header: TppHeader; lost: Comparison["lost"]; text: string; columns: readonly string[] }> {
  const walk = await verifyTpp(path);
  const header = walk.header!;
  const binary = new BinaryText(header);
  let text = "";
  for await (const { raw } of readFrames(path, walk)) text += binary.lines(raw).toString("latin1");
  return { header, lost: walk.trailer?.lost ?? {}, text, columns: binary.columns };
}

/**
 * `text` is the module's text with these `fields`; its times count from `zeroNs` of CLOCK_MONOTONIC. Both sources
 * record a connection under its socket's lock, so their records are in the same order.
 */
export async function sideBySide(
  bpfPath: string,
  { text, fields, zeroNs }: { text: string; fields: readonly string[]; zeroNs: bigint },
): Promise<Comparison> {
  const { header, lost, text: printed, columns } = await linesOf(bpfPath);
  const bpf = byEnds(rowsOf(printed, columns).sort((a, b) => seconds(a) - seconds(b)));
  const later = Number(BigInt(header.clock.monotonic_ns) - zeroNs) / 1e9;
  const onlyModule: string[] = [];
  const onlyBpf: string[] = [];
  const differing: Record<string, { count: number; first: string }> = {};
  let pairs = 0;
  for (const [ends, records] of byEnds(rowsOf(text, fields))) {
    const others = bpf.get(ends) ?? [];
    bpf.delete(ends);
    let next = 0;
    const bases = new Map<string, number>();
    for (const row of records) {
      const twin = others[next];
      if (!twin || !isTwin(row, twin, bases)) {
        onlyModule.push(shown(row));
        continue;
      }
      next += 1;
      pairs += 1;
      for (const name of differences(row, twin, seconds(twin) + later - seconds(row), header.records!.hz, bases)) {
        const known = differing[name];
        if (known) known.count += 1;
        else differing[name] = { count: 1, first: `${shown(row)}: ${name} ${row[name]}, ${twin[name]}` };
      }
    }
    onlyBpf.push(...others.slice(next).map(shown));
  }
  for (const rest of bpf.values()) onlyBpf.push(...rest.map(shown));
  return { header, lost, pairs, onlyModule, onlyBpf, differing };
}

/** The sequence numbers of a record, each with the end whose first number it counts from. */
function sidesOf(row: Row): (readonly [name: string, side: "own" | "peer"])[] {
  const isReceived = row.type === "0";
  return [
    ["seq_num", isReceived ? "peer" : "own"],
    ["ack_num", isReceived ? "own" : "peer"],
    ...ownNumbers.map((name) => [name, "own"] as const),
  ];
}

/** The number from which one end counts, from a record of each; null where the field has no value. */
function baseOf(row: Row, twin: Row, name: string): number | null {
  const [relative, absolute] = [Number(row[name]), Number(twin[name])];
  return relative === 0 && absolute === 0 ? null : (absolute - relative) >>> 0;
}

/**
 * Whether two records can be of the same event: of the same kind and length, and of the same place in the connection as
 * far as its pairs have told from where each end counts. So one that is missing shifts no others.
 */
function isTwin(row: Row, twin: Row, bases: ReadonlyMap<string, number>): boolean {
  if (["type", "tcp_flags", "length"].some((name) => twin[name] !== row[name])) return false;
  return sidesOf(row).every(([name, side]) => {
    const known = bases.get(`${row.connection} ${side}`);
    const base = baseOf(row, twin, name);
    return ownNumbers.includes(name) || known === undefined || base === null || base === known;
  });
}

/**
 * The fields in which two records of the same event differ. `apart`: seconds between the two records.
 */
function differences(row: Row, twin: Row, apart: number, hz: number, bases: Map<string, number>): string[] {
  const found: string[] = [];
  for (const [name, side] of sidesOf(row)) {
    const base = baseOf(row, twin, name);
    if (base === null) continue;
    const key = `${row.connection} ${side}`;
    if (!bases.has(key)) bases.set(key, base);
    if (bases.get(key) !== base) found.push(name);
  }
  for (const name of Object.keys(row)) {
    if (own.has(name) || !(name in twin) || row[name] === twin[name]) continue;
    if (name === "cong_state" && withoutMode(row[name]) === withoutMode(twin[name])) continue;
    const gap = Math.abs(Number(row[name]) - Number(twin[name]));
    if (clocked.includes(name) && gap <= (Math.abs(apart) + 1 / hz) * 1e6 + 1) continue;
    found.push(name);
  }
  return found;
}
