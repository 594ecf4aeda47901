import type { TppHeader } from "@tcpprobe-plus/tpp";
import { type Database, literal } from "../database.ts";
import { probeStage } from "./probe.ts";
import { tracePipeStage } from "./trace-pipe.ts";

/** Given a read_csv option list's tail, yields a query for the columns of `records` but capture and ord, in wire order. */
export type StageSelect = (readOptions: string) => string;

/** `type` of lines that are no records; they keep their place and are not part of `trace`. */
export const lostLineType = 254;
export const rejectedLineType = 255;

export interface RejectedLine {
  readonly line: string;
  readonly why: string;
  readonly count: number;
}

/** The beginning of a read_csv call that takes the text as it is: no quotes, no guessing. */
export const readCsv = (path: string, delimiter: string): string =>
  `read_csv(${literal(path)}, auto_detect = false, header = false, delim = ${delimiter}, quote = '', escape = ''`;

/** Parses one piece of raw text into a Parquet file. */
export interface Stage {
  readonly parquetPath: string;
  readonly rows: number;
  /** Lines that are no records, by distinct text, commonest first. */
  readonly rejected: readonly RejectedLine[];
  /** Places where the source itself says that records were lost. */
  readonly lost: readonly { readonly afterRows: number; readonly lost: number }[];
}

/**
 * Parses raw text into a Parquet file, which is written for speed of writing (no compression, small dictionaries): it
 * lives as long as the command does. DuckDB numbers the rows of a Parquet file for nothing and in parallel, which it
 * cannot do for CSV; that number is where `ord` comes from.
 */
export async function stageText(
  database: Database,
  header: TppHeader,
  textPath: string,
  parquetPath: string,
  capture: { readonly path: string; readonly number: number },
): Promise<Stage> {
  const select =
    header.text === "probe"
      ? probeStage(header, textPath, capture.path, capture.number)
      : tracePipeStage(header, textPath, capture.number);
  const copy = async (readOptions: string): Promise<number> =>
    Number(
      await database.value(
        `COPY (${select(readOptions)}) TO ${literal(parquetPath)} (FORMAT parquet, COMPRESSION uncompressed, DICTIONARY_SIZE_LIMIT 1000)`,
      ),
    );
  let rows: number;
  const rejected: RejectedLine[] = [];
  try {
    rows = await copy("");
  } catch (error) {
    if (!(error instanceof Error) || !/CSV Error|Conversion Error|Invalid Input/.test(error.message)) throw error;
    // Only text with bad lines pays for finding them: with rejects stored the reader is a third slower.
    rows = await copy(", store_rejects = true");
    rejected.push(...(await database.rows<RejectedLine>(unreadableLines)));
    await database.run("DROP TABLE reject_errors; DROP TABLE reject_scans");
  }
  const staged = `read_parquet(${literal(parquetPath)}, file_row_number = true)`;
  rejected.push(
    ...(await database.rows<RejectedLine>(
      `SELECT detail AS line, 'no event of this capture' AS why, count(*)::INTEGER AS count
       FROM ${staged} WHERE type = ${rejectedLineType} GROUP BY detail ORDER BY 3 DESC`,
    )),
  );
  const lost = await database.rows<{ afterRows: number; lost: number }>(
    `SELECT file_row_number::INTEGER AS "afterRows", regexp_extract(detail, 'LOST (\\d+) EVENTS', 1)::INTEGER AS lost
     FROM ${staged} WHERE type = ${lostLineType} ORDER BY 1`,
  );
  return { parquetPath, rows, rejected, lost };
}

const unreadableLines = `
  SELECT csv_line AS line, min(error_message) AS why, count(DISTINCT "line")::INTEGER AS count
  FROM reject_errors GROUP BY csv_line ORDER BY 3 DESC, min("line")`;
