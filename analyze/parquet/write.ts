/** Writes the records of a pass as Parquet, straight from the capture's files. */

import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { traceColumns } from "@tcpprobe-plus/tpp";
import type { Capture, Loss } from "../captures/capture.ts";
import { identifier, literal, wholeNumeral } from "../database/literals.ts";
import { Pass, type PassInput } from "../records/pass.ts";
import { scanThreads } from "../records/scan.ts";
import { PassTable, passColumns, suppliedColumns } from "../records/table.ts";
import { capturesKey, lossesKey, plainType, rejectedKey } from "./converted.ts";
import { finishFooter, placeholder } from "./footer.ts";

/** Metadata keys that hold the meaning of each column: `column.srtt_us` and so on. */
const columnKey = (name: string): string => `column.${name}`;

export const columnMeanings: readonly (readonly [string, string])[] = traceColumns.map(({ name, unit, meaning }) => [
  columnKey(name),
  unit ? `[${unit}] ${meaning}` : meaning,
]);

/**
 * For files that are kept. Version 2 encodes rising numbers (ord, time) as differences. Dictionaries of more than 1000
 * values and zstd level 3 would make the file a fifth smaller, but writing it would take 1.5 times as long (npm run
 * bench).
 */
export const keptFormat = "PARQUET_VERSION v2, COMPRESSION zstd, COMPRESSION_LEVEL 1, DICTIONARY_SIZE_LIMIT 1000";
/** For files that exist only while the command runs. */
export const passingFormat = "PARQUET_VERSION v1, COMPRESSION uncompressed, DICTIONARY_SIZE_LIMIT 1000";

export interface WrittenPass {
  readonly capture: Capture;
  readonly losses: readonly Loss[];
  readonly flows: number;
}

export interface WriteOptions {
  readonly format: string;
  /** Whether to write columns that the capture does not supply, filled with NULL. */
  readonly every: boolean;
  /** For files that are there while this runs only. */
  readonly directory: string;
  /** Further keys of the file's metadata. */
  readonly more?: Readonly<Record<string, string>>;
}

/** Enough, because DuckDB holds only the row groups being written. */
const memoryLimit = "512MiB";
/** DuckDB's default: its readers take a row group at a time. */
const rowGroupRows = 122_880;

/** Lines of the capture's text: about as many as records. */
const linesIn = ({ files }: PassInput): number => files.reduce((sum, { walk }) => sum + (walk.trailer?.lines ?? 0), 0);

/** Writes the records of one capture to a Parquet file that can be opened like the capture. Its number there is 1. */
export async function writePass(
  input: PassInput,
  path: string,
  { format, every, directory, more = {} }: WriteOptions,
): Promise<WrittenPass> {
  const pass = new Pass(input);
  const name = "pass";
  const table = new PassTable(pass, {
    name,
    capture: 1,
    start: () => pass,
    threads: scanThreads,
    rangeRows: rowGroupRows,
  });
  // A separate DuckDB. Each of its threads reads all rows of a row group from the table function and encodes them.
  // These are in order then; the row groups are not, but the footer lists them so.
  const instance = await DuckDBInstance.create(":memory:", {
    threads: String(scanThreads),
    memory_limit: memoryLimit,
    preserve_insertion_order: "false",
  });
  let fullAbsent: Promise<string> | undefined;
  try {
    const connection = await instance.connect();
    connection.registerTableFunction(table.function);
    const supplied = new Set(suppliedColumns(pass));
    const own = passColumns.filter(({ name }) => supplied.has(name));
    const absent = every ? passColumns.filter(({ name }) => !supplied.has(name)) : [];
    const nulls = absent.map(({ name, type }) => `NULL::${plainType(type)} AS ${identifier(name)}`).join(", ");
    const options = `FORMAT parquet, ${format}, ROW_GROUP_SIZE ${rowGroupRows}, USE_TMP_FILE false`;
    const absentFile = async (rows: number): Promise<string> => {
      const file = join(directory, `absent-${wholeNumeral(rows)}.parquet`);
      const own = await instance.connect();
      try {
        await own.run(`COPY (SELECT ${nulls} FROM range(${wholeNumeral(rows)})) TO ${literal(file)} (${options})`);
        return file;
      } finally {
        own.closeSync();
      }
    };
    // The file for full row groups: DuckDB has nothing else to do until the first records have been read.
    if (absent.length > 0 && linesIn(input) > rowGroupRows) fullAbsent = absentFile(rowGroupRows);
    fullAbsent?.catch(() => {}); // reported where it is used
    const [captures, losses, rejected] = [placeholder(), placeholder(), placeholder()];
    const metadata = [
      [capturesKey, captures],
      [lossesKey, losses],
      [rejectedKey, rejected],
      ...Object.entries(more),
      ...columnMeanings,
    ];
    await connection
      .run(
        `COPY (SELECT ${own.map(({ name }) => identifier(name)).join(", ")} FROM ${name}()) TO ${literal(path)} (${options},
          KV_METADATA {${metadata.map(([key, value]) => `${literal(key!)}: ${literal(value!)}`).join(", ")}})`,
      )
      .catch((error) => {
        throw table.error ?? error;
      });
    const written = pass.end();
    const { header, records, socketsAtEnd } = written.capture;
    const values = new Map([
      [captures, JSON.stringify([{ path: input.path, header, records, socketsAtEnd }])],
      [losses, JSON.stringify(written.losses.map((loss) => ({ ...loss, capture: 1 })))],
      [rejected, JSON.stringify(written.capture.rejected)],
    ]);
    await finishFooter(path, {
      values,
      orderedBy: "ord",
      columns: (every ? passColumns : own).map(({ name }) => name),
      absent: (rows) => (rows === rowGroupRows ? fullAbsent : undefined) ?? absentFile(rows),
    });
    return written;
  } finally {
    table.close();
    await pass.close();
    await fullAbsent?.catch(() => {});
    instance.closeSync();
  }
}
