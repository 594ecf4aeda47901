import { type TppHeader, traceColumns } from "@tcpprobe-plus/tpp";
import { type Database, identifier, literal } from "../database.ts";
import { NotACaptureError } from "../errors.ts";
import { type Capture, causesOfNotFollowing, type Loss } from "./capture.ts";
import type { RejectedLine } from "./stage.ts";

/** Keys of a converted capture's Parquet metadata; column meanings are under `column.NAME`. */
export const capturesKey = "tcpprobe_plus.captures";
export const lossesKey = "tcpprobe_plus.losses";
/** Lines that were no records; only in what the cache keeps. */
export const rejectedKey = "tcpprobe_plus.rejected";

/** What `capturesKey` holds, as a JSON array. */
export interface ConvertedCapture {
  readonly path: string;
  readonly header: TppHeader;
  readonly records: number;
}

/** The keys and values that are in a Parquet file's metadata. */
export async function metadataOf(database: Database, path: string): Promise<Map<string, string>> {
  const rows = await database.rows<{ key: string; value: string }>(
    `SELECT decode(key) AS key, decode(value) AS value FROM parquet_kv_metadata(${literal(path)})`,
  );
  return new Map(rows.map(({ key, value }) => [key, value]));
}

/** Opens what `analyze convert` wrote, as captures counted from `first`: reads its metadata, fills `captures`, `losses` and `not_followed`. */
export async function openParquet(
  database: Database,
  path: string,
  first: number,
  shownPath: string = path,
): Promise<Capture[]> {
  const metadata = await metadataOf(database, path);
  const text = metadata.get(capturesKey);
  if (!text) {
    throw new NotACaptureError(
      path,
      "is Parquet, but not written by `analyze convert` (its metadata holds no capture header); read it with DuckDB or pandas directly",
    );
  }
  const captures = JSON.parse(text) as ConvertedCapture[];
  const losses = JSON.parse(metadata.get(lossesKey) ?? "[]") as Loss[];
  for (const [index, { header }] of captures.entries()) {
    await registerCapture(database, { capture: first + index, path: shownPath, header });
  }
  await registerLosses(
    database,
    losses.map((loss) => ({ ...loss, capture: loss.capture + first - 1 })),
  );
  return captures.map(({ header, records }) => ({
    path: shownPath,
    header,
    files: [],
    records,
    rejected: JSON.parse(metadata.get(rejectedKey) ?? "[]") as RejectedLine[],
    damage: [],
    incomplete: [],
  }));
}

export async function registerCapture(
  database: Database,
  { capture, path, header }: { capture: number; path: string; header: TppHeader },
): Promise<void> {
  const isProbe = header.text === "probe";
  const seesState = isProbe || header.text === "records" || header.events?.tcp_cong_state_set !== undefined;
  // Wall clock at t = 0: the module's records count from when its log was opened, others from when the clocks were read.
  const { realtime_ns, monotonic_ns, zero_monotonic_ns } = header.clock;
  const zero = isProbe ? BigInt(realtime_ns) - BigInt(monotonic_ns) + BigInt(zero_monotonic_ns) : BigInt(realtime_ns);
  await database.run(
    `INSERT INTO captures VALUES (${capture}, ${literal(path)}, ${literal(kindOf(header))}, ${zero}, ${isProbe && header.source !== "import"}, ${seesState})`,
  );
}

/** The source whose text it is: what was imported is read like that. */
const kindOf = ({ source, text, bpf }: TppHeader): string =>
  bpf?.hooks.includes("fentry/__tcp_transmit_skb")
    ? "kmod"
    : source !== "import"
      ? source
      : text === "trace_pipe"
        ? "tracefs"
        : "kmod";

/** Fills `losses` and `not_followed`. */
export async function registerLosses(database: Database, losses: readonly Loss[]): Promise<void> {
  const isOfConnections = ({ cause }: Loss) => causesOfNotFollowing.includes(cause);
  const insert = async (table: string, rows: readonly Loss[], before: (loss: Loss) => string) => {
    const values = rows.map((loss) => {
      const { lost, cause, from_s, to_s, known_by } = loss;
      return `(${before(loss)}, ${lost}, ${literal(cause)}, ${from_s ?? null}, ${to_s ?? null}, ${literal(known_by)})`;
    });
    if (values.length > 0) await database.run(`INSERT INTO ${table} VALUES ${values.join(", ")}`);
  };
  await insert("not_followed", losses.filter(isOfConnections), ({ capture }) => `${capture}`);
  await insert(
    "losses",
    losses.filter((loss) => !isOfConnections(loss)),
    ({ capture, after_ord }) => `${capture}, ${after_ord}`,
  );
}

/** What fills both tables again. */
export const lossesSql = "SELECT * FROM losses UNION ALL BY NAME SELECT * RENAME (segments AS lost) FROM not_followed";

/** Types of `trace` that are plain text in `_trace`. */
const words: ReadonlySet<string> = new Set(["record_type", "ca_state"]);

/** The columns of `_trace` from a converted capture; what the cache keeps lacks those that its source does not supply. */
export async function parquetTraceSql(database: Database, path: string, first: number): Promise<string> {
  const rows = `read_parquet(${literal(path)})`;
  const had = new Set(await database.columnNames(`SELECT * FROM ${rows}`));
  const columns = traceColumns.map(({ name, type }) => {
    const value = name === "capture" ? `(capture + ${first - 1})` : had.has(name) ? identifier(name) : "NULL";
    return `${value}::${words.has(type) ? "VARCHAR" : type} AS ${identifier(name)}`;
  });
  return `SELECT ${columns.join(", ")} FROM ${rows}`;
}
