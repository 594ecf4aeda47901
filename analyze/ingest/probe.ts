import { documentedColumns, extendedColumns, type TppHeader } from "@tcpprobe-plus/tpp";
import { NotACaptureError } from "../errors.ts";
import { readCsv } from "../files.ts";
import { identifier, literal, wholeNumeral } from "../literals.ts";
import type { StageSelect } from "./stage.ts";
import { type StagedColumn, stagedList } from "./staged.ts";

const wireTypes = new Map(
  [...documentedColumns, ...extendedColumns].flatMap(({ wire, wireType }) => (wire === null ? [] : [[wire, wireType]])),
);

/** Fields that a segment has and that are NULL in records of something else. */
const ofSegment = ["length", "tcp_flags", "seq_num", "ack_num"];

/** Staged columns that are not just the field of their name in `trace`. */
const differing: Readonly<Record<string, StagedColumn>> = {
  srtt: "srtt_8us",
  mdev: "mdev_4us",
  rttvar: "rttvar_4us",
  sk_pacing_rate: "pacing_rate_bytes",
};

/**
 * The documented text, one record a line. Fields are found by the names in the header, so a source that appends
 * fields needs nothing here; those with names unknown to us are read as text and left out.
 *
 * A SYN sent begins a handshake. Where the lines tell each connection's number, that alone tells connections apart.
 */
export function probeStage(header: TppHeader, textPath: string, capture: string, number: number): StageSelect {
  const wire = header.columns ?? documentedColumns.map((column) => column.wire as string);
  const older = header.source === "import" && wire.includes("rto_jiffies");
  const missing = documentedColumns.find(
    ({ wire: name }) => !wire.includes(older && name === "rto" ? "rto_jiffies" : name!),
  );
  if (missing) {
    throw new NotACaptureError(
      capture,
      `its header names no field ${missing.wire}, so this is not the documented record text`,
    );
  }
  const typeOf = (name: string) => wireTypes.get(name) ?? (older ? "UBIGINT" : "VARCHAR");
  const columns = wire.map((name) => `${literal(name)}: ${literal(typeOf(name))}`).join(", ");
  const given: Partial<Record<StagedColumn, string>> = {};
  for (const { wire: field, name } of [...documentedColumns, ...extendedColumns]) {
    if (field === null || !wire.includes(field) || notStaged.has(name)) continue;
    const sql = ofSegment.includes(field) ? `CASE WHEN "type" <= 1 THEN ${identifier(field)} END` : identifier(field);
    given[differing[field] ?? (name as StagedColumn)] =
      field === "timer" || field === "cong_state" ? `nullif(${sql}, '-')` : sql;
  }
  const numbered = wire.includes("connection");
  const staged = {
    ...given,
    ...(older ? olderColumns(given, header.kernel.hz) : {}),
    life: numbered
      ? "0"
      : `CASE "type" WHEN 3 THEN 2 WHEN 4 THEN 3 WHEN 5 THEN 3 WHEN 1 THEN (tcp_flags >> 1) & 1 ELSE 0 END`,
    t: `"sec.nsec"`,
    ends: `'${wholeNumeral(number)} ' || saddr || ' ' || sport || ' ' || daddr || ' ' || dport${numbered ? " || ' ' || connection" : ""}`,
    ...(wire.includes("cpu") ? { cpu: "TRY_CAST(cpu AS USMALLINT)" } : {}),
  };
  return (readOptions, careful) => `
    SELECT ${stagedList(staged, careful)}
    FROM ${readCsv(textPath, "' '")}, columns = {${columns}}${older ? ", null_padding = true" : ""}${readOptions})`;
}

/**
 * What differs in the text of the older tcp_probe_plus: a setup has zeros for snd_nxt and snd_una, a purge for everything;
 * rates are cut to 32 bits; only records of BBR connections have its fields.
 */
function olderColumns(
  given: Partial<Record<StagedColumn, string>>,
  hz: number | null,
): Partial<Record<StagedColumn, string>> {
  const purged = Object.entries(given).filter(([name]) => !["type", "tcp_flags", "seq_num", "ack_num"].includes(name));
  return {
    ...Object.fromEntries(purged.map(([name, sql]) => [name, `CASE WHEN "type" <> 5 THEN ${sql} END`])),
    snd_nxt: `CASE WHEN "type" NOT IN (3, 5) THEN snd_nxt END`,
    snd_una: `CASE WHEN "type" NOT IN (3, 5) THEN snd_una END`,
    pacing_rate_bytes: `CASE WHEN "type" <> 5 AND sk_pacing_rate < 4294967295 THEN sk_pacing_rate END`,
    ...(hz === null
      ? {}
      : { rto_ms: `CASE WHEN "type" <> 5 THEN round(rto_jiffies * 1000.0 / ${wholeNumeral(hz)}) END` }),
    cong: "CASE WHEN bbr_mode IS NOT NULL THEN 'bbr' END",
    cong_state: "'min_rtt_us=' || bbr_min_rtt_us || ',pacing_gain=' || bbr_pacing_gain || ',mode=' || bbr_mode",
  };
}

/** The ends are staged as one text. */
const notStaged: ReadonlySet<string> = new Set(["t", "saddr", "sport", "daddr", "dport"]);
