import type { TppHeader } from "@tcpprobe-plus/tpp";
import { type Database, literal } from "../database.ts";
import { readParquet } from "../files.ts";
import { probeStage } from "./probe.ts";
import { pollsSql, ssStage } from "./ss.ts";
import { lostLineType, rejectedLineType, type StagedFile, stagedSql } from "./staged.ts";
import { tracePipeStage } from "./trace-pipe.ts";

/**
 * Given a read_csv option list's tail, yields a query for the staged columns, in wire order. A `careful` one takes longer, and has no
 * error for a number that does not fit: the line is no record, or, where there is no way to say that, the number is NULL.
 */
export type StageSelect = (readOptions: string, careful: boolean) => string;

export interface RejectedLine {
  readonly line: string;
  readonly why: string;
  readonly count: number;
}

/** What a piece of text is of, and what is known before it is read. */
export interface StageContext {
  readonly path: string;
  readonly header: TppHeader;
  /** Number of the capture. */
  readonly number: number;
  /** Whether the CPU of each record is wanted, to place losses. */
  readonly cpus: boolean;
  /** ss: time of the poll that the piece's first lines belong to; null where that is not known. */
  readonly afterPoll: string | null;
}

/** One piece of raw text, parsed into a Parquet file. */
export interface Stage {
  readonly file: StagedFile;
  readonly rows: number;
  /** Lines that are no records, by distinct text, commonest first. */
  readonly rejected: readonly RejectedLine[];
  /** Places where the text itself says that records were lost. */
  readonly lost: readonly LostLine[];
  /** ss: polls that failed. */
  readonly failedPolls: readonly { readonly poll: string; readonly failure: string }[];
  /** ss: time of the last poll; goes on to the next piece. */
  readonly lastPoll: string | null;
}

export interface LostLine {
  readonly afterRows: number;
  readonly lost: number | null;
  readonly cpu: number | null;
}

/**
 * Parses raw text into a Parquet file, which is written for speed of writing (no compression, small dictionaries): it
 * lives as long as the command does. DuckDB numbers the rows of a Parquet file for nothing and in parallel, which it
 * cannot do for CSV; that number is where `ord` comes from.
 */
export async function stageText(
  database: Database,
  textPath: string,
  parquetPath: string,
  context: StageContext,
): Promise<Stage> {
  const select = selectOf(textPath, context);
  const copy = async (readOptions: string, careful: boolean): Promise<number> =>
    Number(await database.value(copyStaged(select(readOptions, careful), parquetPath)));
  let rows: number;
  const rejected: RejectedLine[] = [];
  try {
    rows = await copy("", false);
  } catch (error) {
    if (!(error instanceof Error) || !/CSV Error|Conversion Error|Invalid Input|Out of Range/.test(error.message))
      throw error;
    // Only text with bad lines pays for finding them: with rejects stored the reader is a third slower.
    rows = await copy(", store_rejects = true", true);
    rejected.push(...(await database.rows<RejectedLine>(unreadableLines)));
    await database.run("DROP TABLE reject_errors; DROP TABLE reject_scans");
  }
  const columns = await database.columnNames(`SELECT * FROM ${readParquet(parquetPath)}`);
  const file = { path: parquetPath, columns };
  const staged = stagedSql([file]);
  rejected.push(
    ...(await database.rows<RejectedLine>(
      `SELECT detail AS line, ${literal(whyRejected[context.header.text])} AS why, count(*)::INTEGER AS count
       FROM ${staged} WHERE type = ${rejectedLineType} GROUP BY detail ORDER BY 3 DESC, min(file_row_number)`,
    )),
  );
  const lost = await database.rows<LostLine>(
    `SELECT file_row_number::INTEGER AS "afterRows", TRY_CAST(regexp_extract(detail, '(\\d+) EVENTS', 1) AS INTEGER) AS lost, cpu
     FROM ${staged} WHERE type = ${lostLineType} ORDER BY 1`,
  );
  const polls =
    context.header.text === "ss"
      ? await database.rows<{ poll: string; failure: string }>(
          `WITH polls AS (${pollsSql(textPath)}) SELECT * FROM polls WHERE failure <> '' OR poll = (SELECT max(poll) FROM polls) ORDER BY poll`,
        )
      : [];
  return {
    file,
    rows,
    rejected,
    lost,
    failedPolls: polls.filter(({ failure }) => failure !== ""),
    lastPoll: polls.at(-1)?.poll ?? context.afterPoll,
  };
}

/** A statement that writes staged rows. */
export const copyStaged = (select: string, path: string): string =>
  `COPY (${select}) TO ${literal(path)} (FORMAT parquet, COMPRESSION uncompressed, DICTIONARY_SIZE_LIMIT 1000)`;

function selectOf(textPath: string, context: StageContext): StageSelect {
  const { header, number, path } = context;
  if (header.text === "probe") return probeStage(header, textPath, path, number);
  if (header.text === "ss") return ssStage(header, textPath, number, context.afterPoll);
  return tracePipeStage(header, textPath, number, context);
}

const whyRejected = {
  probe: "not the documented fields",
  trace_pipe: "no event of this capture",
  ss: "no line of ss, or one whose poll is not known",
} as const;

const unreadableLines = `
  SELECT csv_line AS line, min(error_message) AS why, count(DISTINCT "line")::INTEGER AS count
  FROM reject_errors GROUP BY csv_line ORDER BY 3 DESC, min("line")`;
