/**
 * Checks a Parquet file that is opened as a capture. Anybody can write such a file, so its metadata, columns and values
 * are checked here, once. Callers can rely on the types and ranges of what these functions return.
 */
import { asHeader, caStates, recordTypes, type SocketNotes, type TppHeader, traceColumns } from "@tcpprobe-plus/tpp";
import { type Loss, lossEvidence, type RejectedLine } from "../captures/capture.ts";
import type { Database } from "../database/database.ts";
import { readParquet, readParquetMetadata } from "../database/files.ts";
import { identifier, literal, wholeNumeral } from "../database/literals.ts";
import { AnalyzeError, NotACaptureError } from "../errors.ts";

/** Keys of a converted capture's Parquet metadata; column meanings are under `column.NAME`. */
export const capturesKey = "tcpprobe_plus.captures";
export const lossesKey = "tcpprobe_plus.losses";
/** Lines that were not records. Only entries of the cache have this key. */
export const rejectedKey = "tcpprobe_plus.rejected";
/** Name of the cache entry. Only entries of the cache have this key. */
export const entryKey = "tcpprobe_plus.entry";

/** An element of the JSON array under `capturesKey`. */
export interface ConvertedCapture {
  readonly path: string;
  readonly header: TppHeader;
  readonly records: number;
  readonly socketsAtEnd?: SocketNotes | null;
}

export interface Converted {
  readonly captures: readonly ConvertedCapture[];
  readonly losses: readonly Loss[];
  readonly rejected: readonly RejectedLine[];
  /** Name of the cache entry that it was written as; null for a file that is not a cache entry. */
  readonly entry: string | null;
}

/** A Parquet file: its name in SQL, and the name to show. */
export interface ParquetFile {
  readonly file: string;
  readonly shown: string;
}

class NotConvertedError extends NotACaptureError {
  constructor(path: string, why: string) {
    super(path, `is Parquet, but not as \`analyze convert\` writes it: ${why}; convert the capture again`);
  }
}

/** The values of those of these keys that a Parquet file's metadata has. */
export async function metadataOf(
  database: Database,
  file: string,
  keys: readonly string[],
): Promise<Map<string, string>> {
  const rows = await database.rows<{ key: string; value: string | null }>(
    `SELECT decode(key) AS key, TRY(decode(value)) AS value FROM ${readParquetMetadata(file)}
     WHERE key IN (${keys.map((key) => `encode(${literal(key)})`).join(", ")})`,
  );
  return new Map(rows.flatMap(({ key, value }) => (value === null ? [] : [[key, value]])));
}

/** Reads and checks a capture's metadata. Throws a NotACaptureError where it is invalid. */
export async function readConverted(database: Database, { file, shown }: ParquetFile): Promise<Converted> {
  const keys = [capturesKey, lossesKey, rejectedKey, entryKey];
  const metadata = await metadataOf(database, file, keys).catch((error) => {
    throw error instanceof AnalyzeError
      ? error
      : new NotACaptureError(shown, `its Parquet cannot be read: ${error.message.split("\n")[0]}`);
  });
  if (!metadata.has(capturesKey)) {
    throw new NotACaptureError(
      shown,
      "is Parquet, but not written by `analyze convert` (its metadata holds no capture header); read it with DuckDB or pandas directly",
    );
  }
  const list = (key: string): unknown[] => {
    const value = parsed(metadata.get(key) ?? "[]");
    if (!Array.isArray(value)) throw new NotConvertedError(shown, `its metadata ${key} is not a JSON list`);
    return value;
  };
  const checked = <Kind>(key: string, check: (value: Record<string, unknown>) => Kind | undefined): Kind[] =>
    list(key).map((value, index) => {
      const found = typeof value === "object" && value !== null ? check(value as Record<string, unknown>) : undefined;
      if (found === undefined)
        throw new NotConvertedError(shown, `entry ${index + 1} of its metadata ${key} has a value that cannot be`);
      return found;
    });
  const captures = checked(capturesKey, asCapture);
  if (captures.length === 0) throw new NotConvertedError(shown, `its metadata ${capturesKey} names no capture`);
  return {
    captures,
    losses: checked(lossesKey, (value) => asLoss(value, captures.length)),
    rejected: checked(rejectedKey, asRejected),
    entry: metadata.get(entryKey) ?? null,
  };
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

const isText = (value: unknown): value is string => typeof value === "string";
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isSeconds = (value: unknown): value is number => typeof value === "number" && Math.abs(value) <= mostSeconds;
const nullOr = (holds: (value: unknown) => boolean, value: unknown): boolean => value === null || holds(value);

function asCapture(value: Record<string, unknown>): ConvertedCapture | undefined {
  const { path, records, socketsAtEnd = null } = value;
  const header = asHeader(value.header);
  if (!isText(path) || !header || !isCount(records)) return undefined;
  // They have the form of the header's sockets, so the header's check is used.
  const end = socketsAtEnd === null ? null : asHeader({ ...header, sockets: socketsAtEnd })?.sockets;
  return end === undefined ? undefined : { path, header, records, socketsAtEnd: end };
}

function asLoss(value: Record<string, unknown>, captures: number): Loss | undefined {
  const { capture, after_ord, lost, cause, from_s, to_s, known_by } = value;
  const holds =
    isCount(capture) &&
    capture >= 1 &&
    capture <= captures &&
    nullOr(isCount, after_ord) &&
    nullOr(isCount, lost) &&
    isText(cause) &&
    /^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$/.test(cause) &&
    nullOr(isSeconds, from_s) &&
    nullOr(isSeconds, to_s) &&
    (lossEvidence as readonly unknown[]).includes(known_by);
  return holds ? ({ capture, after_ord, lost, cause, from_s, to_s, known_by } as Loss) : undefined;
}

function asRejected({ line, why, count }: Record<string, unknown>): RejectedLine | undefined {
  return isText(line) && isText(why) && isCount(count) ? { line, why, count } : undefined;
}

/** Types of `trace` that are plain text in `_trace` and in files. */
export const words: ReadonlySet<string> = new Set(["record_type", "ca_state"]);

/** The type that a column of `trace` has in `_trace`. */
export const plainType = (type: string): string => (words.has(type) ? "VARCHAR" : type);

const smallUnsigned = ["UTINYINT", "USMALLINT", "UINTEGER"] as const;
const smallSigned = ["TINYINT", "SMALLINT", "INTEGER"] as const;

/** Types accepted in place of a column's own: each of their values fits the column. */
const narrower: Readonly<Record<string, readonly string[]>> = {
  USMALLINT: smallUnsigned.slice(0, 1),
  UINTEGER: smallUnsigned.slice(0, 2),
  UBIGINT: smallUnsigned,
  BIGINT: [...smallUnsigned, ...smallSigned],
  DOUBLE: [...smallUnsigned, ...smallSigned, "FLOAT"],
  TIMESTAMP_NS: ["TIMESTAMP", "TIMESTAMP_MS", "TIMESTAMP_S", "TIMESTAMP WITH TIME ZONE"],
};

/** Columns that must be present. Any other column that is missing is NULL. */
const required = ["capture", "ord", "time", "flow", "type", "t", "saddr", "sport", "daddr", "dport"] as const;

/** Checks the types of the columns of `trace` and returns the names of those present. Other columns are not read. */
export async function checkColumns(database: Database, { file, shown }: ParquetFile): Promise<ReadonlySet<string>> {
  const found = new Map(
    (await database.describe(`SELECT * FROM ${readParquet(file)}`)).map(({ name, type }) => [name, type]),
  );
  for (const name of required) {
    if (!found.has(name)) throw new NotConvertedError(shown, `it has no column ${name}`);
  }
  for (const { name, type } of traceColumns) {
    const [is, wanted] = [found.get(name), plainType(type)];
    const fits = is === undefined || is === wanted || is === '"NULL"' || narrower[wanted]?.includes(is);
    if (!fits) throw new NotConvertedError(shown, `its column ${name} is ${is}, not ${wanted}`);
  }
  return new Set(traceColumns.flatMap(({ name }) => (found.has(name) ? [name] : [])));
}

/** A record's time has at most nine digits before the point. */
const mostSeconds = 1e9;
/** Most bytes of one connection. Eight times the difference of two such numbers still fits in 64 bits. */
const mostBytes = 2n ** 58n;

/** Checks every row. `select` has the columns of `_trace`. `captures`: number of captures in the metadata. */
export async function checkRows(
  database: Database,
  { shown }: ParquetFile,
  select: string,
  captures: number,
): Promise<void> {
  const rules = rulesFor(captures);
  const [row = {}] = await database.rows<Record<string, boolean | null>>(
    `SELECT ${rules.map(({ column, sql }) => `bool_and(coalesce(${sql}, false)) AS ${identifier(column)}`).join(", ")} FROM (${select})`,
  );
  const broken = rules.find(({ column }) => row[column] === false);
  if (broken) throw new NotConvertedError(shown, `its column ${broken.column} has ${broken.what}`);
  const twice = `SELECT count(*) > 0 FROM (SELECT ord, capture, lag(ord) OVER () AS before, lag(capture) OVER () AS place FROM (${select}))
    WHERE capture = place AND ord <= before`;
  // If numbers rise in file order, comparing neighbours is enough.
  if (!(await database.value<boolean>(twice))) return;
  const each = `SELECT count(*) > 0 FROM (SELECT 1 FROM (${select}) GROUP BY capture, ord HAVING count(*) > 1)`;
  if (await database.value<boolean>(each))
    throw new NotConvertedError(shown, "its column ord has one number for several records");
}

interface Rule {
  readonly column: string;
  /** True for each good row. */
  readonly sql: string;
  readonly what: string;
}

function rulesFor(captures: number): Rule[] {
  const oneOf = (column: string, names: readonly string[]): string =>
    `${column} IN (${names.map((name) => literal(name)).join(", ")})`;
  const within = (column: string, least: string, most: string) => `${column} BETWEEN ${least} AND ${most}`;
  const orNull = (column: string, sql: string) => `${column} IS NULL OR ${sql}`;
  const bytes = mostBytes.toString();
  const rule = (column: string, sql: string, what: string): Rule => ({ column, sql, what });
  return [
    rule("capture", within("capture", "1", wholeNumeral(captures)), "a number for which its metadata has no capture"),
    rule("ord", within("ord", "0", bytes), "a place that no record can have"),
    rule("t", within("t", `-${mostSeconds}`, `${mostSeconds}`), "a time that no record can have"),
    rule("flow", orNull("flow", within("flow", "1", "4294967295")), "a number that no flow can have"),
    rule(
      "type",
      oneOf(
        "type",
        recordTypes.map(({ name }) => name),
      ),
      "a word that is no record's type",
    ),
    rule("ca_state", orNull("ca_state", oneOf("ca_state", caStates)), "a word that is no congestion state"),
    ...["seq_num", "ack_num", "snd_nxt", "snd_una", "write_seq"].map((column) =>
      rule(column, orNull(column, within(column, `-${bytes}`, bytes)), "a sequence number that no connection gets to"),
    ),
    ...["bytes_acked", "bytes_sent", "busy_us", "rwnd_limited_us", "sndbuf_limited_us"].map((column) =>
      rule(column, orNull(column, within(column, "0", bytes)), "a number that no connection gets to"),
    ),
    ...["srtt_us", "mdev_us", "rttvar_us", "min_rtt_us"].map((column) =>
      rule(column, orNull(column, within(column, "0", "4294967296")), "a time that no connection can have"),
    ),
    ...["pacing_rate_bps", "delivery_rate_bps"].map((column) =>
      rule(column, orNull(column, within(column, "0", "1e30")), "a rate that no connection can have"),
    ),
  ];
}
