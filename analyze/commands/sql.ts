/** `analyze sql`: a query of the user's. */
import { createReadStream } from "node:fs";
import { foreignText } from "@tcpprobe-plus/tpp/base";
import { asUserQuery as asQuery } from "../database/database.ts";
import { NoSuchViewError, SqlError, UsageError } from "../errors.ts";
import { Answer } from "../export/answer.ts";
import { queryFormat, writeAnswer } from "../export/query.ts";
import { didYouMean } from "../nearest.ts";
import { viewNames, windowedViews } from "../trace/views.ts";
import { type CommandIo, openOutput, withTrace } from "./open.ts";
import { type FormatOptions, printRows, rowFormat } from "./rows.ts";

export interface SqlOptions extends FormatOptions {
  readonly parquet?: boolean;
  readonly output?: string;
  readonly force?: boolean;
  readonly window?: number;
  /** Lets the query do all that DuckDB can. */
  readonly allowFiles?: boolean;
}

/**
 * Runs a query of the user's, with the views that it names loaded. It reads the captures and nothing else, unless files
 * are allowed.
 */
export async function sql(paths: readonly string[], query: string, options: SqlOptions, io: CommandIo): Promise<void> {
  const { output, force = false, parquet = false, window, allowFiles = false } = options;
  if (parquet && Number.isFinite(io.columns))
    throw new UsageError("Parquet is not for a terminal: send it to a file with `> x.parquet`, or give -o x.parquet");
  if (
    window !== undefined &&
    ![...windowedViews, "settings"].some((view) => new RegExp(`\\b${view}\\b`, "i").test(query))
  )
    throw new UsageError(`--window is for ${windowedViews.join(", ")}, none of which is in the query: leave it out`);
  const suffix = output === undefined ? "" : queryFormat(output);
  await using file = output === undefined ? null : await openOutput(output, force, paths);
  await withTrace(
    paths,
    { ...io, opening: { ...io.opening, allowFiles } },
    async (trace) => {
      const { database } = trace;
      const asUserQuery = <Result>(work: () => Promise<Result>) => asQuery(work).catch(nameView);
      if (window !== undefined) await trace.setWindow(window);
      await trace.needOf(query);
      if (!file && !parquet) return asUserQuery(() => printRows(database, query, rowFormat(options), io));
      const answer = await asUserQuery(() => Answer.to(database, query));
      if (file) {
        await asUserQuery(() => file.write((path) => writeAnswer(database, answer, suffix, path)));
        await io.stdout.write(`${foreignText(file.path)}\n`);
      } else {
        const path = trace.temporaryPath("answer.parquet");
        await asUserQuery(() => writeAnswer(database, answer, ".parquet", path));
        for await (const chunk of createReadStream(path)) await io.stdout.write(chunk);
      }
    },
    file ? [file] : [],
  );
}

/** DuckDB knows only the views that are loaded. Here a table that there is not is named by the nearest of all. */
function nameView(error: unknown): never {
  if (!(error instanceof SqlError)) throw error;
  const [, name] = /Table with name (\S+) does not exist/.exec(error.message) ?? [];
  if (name === undefined) throw error;
  throw new NoSuchViewError(name, `${didYouMean(name, viewNames)} There are ${viewNames.join(", ")}`, error);
}
