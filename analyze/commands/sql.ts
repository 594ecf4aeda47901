import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asUserQuery } from "../database.ts";
import { UsageError } from "../errors.ts";
import type { Io } from "../io.ts";
import type { FormatOptions } from "../options.ts";
import { partialOf, refuseExisting } from "../output/file.ts";
import { queryFormat, writeQuery } from "../output/query.ts";
import { printRows, rowFormat } from "../output/rows.ts";
import { withTrace } from "./open.ts";

export interface SqlOptions extends FormatOptions {
  readonly parquet?: boolean;
  readonly output?: string;
  readonly force?: boolean;
  readonly window?: number;
  /** Lets the query do all that DuckDB can. */
  readonly allowFiles?: boolean;
}

/** Runs a query of the user's, with the views that it names loaded. It reads the captures and nothing else, unless files are allowed. */
export async function sql(paths: readonly string[], query: string, options: SqlOptions, io: Io): Promise<void> {
  const { output, force = false, parquet = false, window, allowFiles = false } = options;
  if (parquet && Number.isFinite(io.columns))
    throw new UsageError("Parquet is not for a terminal: send it to a file with `> x.parquet`, or give -o x.parquet");
  if (output !== undefined) {
    queryFormat(output);
    await refuseExisting(output, force);
  }
  const temporary = join(tmpdir(), `analyze-sql-${process.pid}.parquet`);
  const outputs = output === undefined ? [temporary, partialOf(temporary)] : [output, partialOf(output)];
  await withTrace(paths, { ...io, opening: { ...io.opening, outputs, allowFiles } }, async (trace) => {
    if (window !== undefined) await trace.setWindow(window);
    await trace.needOf(query);
    await asUserQuery(() => trace.database.statement(query));
    if (output !== undefined) {
      await asUserQuery(() => writeQuery(trace.database, query, output, force));
      io.stdout.write(`${output}\n`);
    } else if (parquet) {
      try {
        await asUserQuery(() => writeQuery(trace.database, query, temporary, true));
        io.stdout.write(await readFile(temporary));
      } finally {
        await rm(temporary, { force: true });
      }
    } else {
      printRows(await asUserQuery(() => trace.columns(query)), rowFormat(options), io);
    }
  });
}
