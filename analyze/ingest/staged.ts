import { readParquet } from "../files.ts";
import { wholeNumeral } from "../literals.ts";

/** The columns that every kind of text is parsed into, one staged row a line; `trace` is made of them. */
const u32 = "UINTEGER";
const u64 = "UBIGINT";

export const stagedColumns = {
  /** Code of the record's type; see the codes below for lines that are no records. */
  type: "UTINYINT",
  /** What the record says of the connection's life: 1 begins, 2 established, 3 ended, 4 perhaps about to be established, else 0. */
  life: "UTINYINT",
  t: "DECIMAL(18, 9)",
  /** Capture, local end, remote end and, where the source numbers its connections, that number; see _connections.sql. */
  ends: "VARCHAR",
  /** CPU that wrote the record; absent unless places of losses are wanted. */
  cpu: "USMALLINT",
  length_bytes: u32,
  tcp_flags: "UTINYINT",
  seq_num: u32,
  ack_num: u32,
  ca_state: "UTINYINT",
  snd_nxt: u32,
  snd_una: u32,
  write_seq: u32,
  wqueue_bytes: u32,
  snd_cwnd: u32,
  ssthresh: u32,
  snd_wnd_bytes: u32,
  srtt_8us: u32,
  mdev_4us: u32,
  rttvar_4us: u32,
  rto_ms: u32,
  packets_out: u32,
  lost_out: u32,
  sacked_out: u32,
  retrans_out: u32,
  retrans: u32,
  frto: "UTINYINT",
  rto_num: u32,
  pacing_rate_bytes: u64,
  record: u64,
  connection: u64,
  netns: u64,
  rcv_wnd_bytes: u32,
  rqueue_bytes: u32,
  mss_bytes: u32,
  delivered: u32,
  bytes_acked: u64,
  app_limited: "BOOLEAN",
  busy_us: u64,
  rwnd_limited_us: u64,
  sndbuf_limited_us: u64,
  timer: "VARCHAR",
  cong: "VARCHAR",
  cong_state: "VARCHAR",
  bytes_sent: u64,
  delivery_rate_bps: "DOUBLE",
  min_rtt_us: "DOUBLE",
  detail: "VARCHAR",
} as const;

export type StagedColumn = keyof typeof stagedColumns;

/** `type` of lines that are no records; they keep their place and are not part of `trace`. */
export const lostLineType = 254;
export const rejectedLineType = 255;

/** A select list of the given SQL, in the order of the columns. Those that are not given are not written: NULLs cost more than numbers. */
export function stagedList(given: Readonly<Partial<Record<StagedColumn, string>>>, careful: boolean): string {
  return Object.entries(stagedColumns)
    .flatMap(([name, type]) => {
      const sql = given[name as StagedColumn];
      return sql === undefined ? [] : [`${careful ? "TRY_" : ""}CAST((${sql}) AS ${type}) AS "${name}"`];
    })
    .join(",\n      ");
}

export interface StagedFile {
  readonly path: string;
  /** Those it has; the others are NULL. */
  readonly columns: readonly string[];
}

/** One staged Parquet file: a stretch of one capture. */
export interface StagedPiece extends StagedFile {
  readonly capture: number;
  /** Rows of the capture's pieces before it. */
  readonly rowsBefore: number;
  readonly rows: number;
}

/** A FROM clause: all rows of these files with every staged column, `file_index` and `file_row_number`. */
export function stagedSql(files: readonly StagedFile[]): string {
  const had = new Set(files.flatMap(({ columns }) => columns));
  const alike = files.every(({ columns }) => columns.length === had.size);
  const list = Object.entries(stagedColumns).map(([name, type]) =>
    had.has(name) ? `"${name}"` : `NULL::${type} AS "${name}"`,
  );
  const paths = files.map(({ path }) => path);
  return `(SELECT file_index, file_row_number, ${list.join(", ")}
    FROM ${readParquet(paths, `, file_row_number = true${alike ? "" : ", union_by_name = true"}`)})`;
}

/** All pieces read as one, which keeps their order; a UNION ALL would let the end of one fall behind the next. */
export function recordsSql(pieces: readonly StagedPiece[]): string {
  const ofPiece = (values: readonly number[]) => `([${values.map(wholeNumeral).join(", ")}])[file_index::BIGINT + 1]`;
  return `
    SELECT ${ofPiece(pieces.map((piece) => piece.capture))}::USMALLINT AS capture,
      (file_row_number + 1 + ${ofPiece(pieces.map((piece) => piece.rowsBefore))})::BIGINT AS ord,
      * EXCLUDE (file_index, file_row_number)
    FROM ${stagedSql(pieces)}`;
}
