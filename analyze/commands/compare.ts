/** `analyze compare`: runs side by side. */
import { compareRuns, comparisonSql } from "../compare/runs.ts";
import { UsageError } from "../errors.ts";
import { renderTable } from "../terminal/table.ts";
import { plural } from "../terminal/units.ts";
import { type CommandIo, withTrace } from "./open.ts";
import { type FormatOptions, printRows, rowFormat } from "./rows.ts";

/** Prints runs side by side: all their flows together, then flow by flow, with the difference to the first run. */
export async function compare(paths: readonly string[], options: FormatOptions, io: CommandIo): Promise<void> {
  if (paths.length < 2)
    throw new UsageError("compare needs two captures or more: the first is what the others are compared with");
  await withTrace(paths, io, async (trace) => {
    if (trace.captures.length < 2)
      throw new UsageError("these files are one capture (a rotated set), so there is nothing to compare");
    const format = rowFormat(options);
    if (format !== "table") return printRows(trace.database, await comparisonSql(trace), format, io);
    const { tables, leftOut } = await compareRuns(trace);
    const texts = tables.map(
      ({ ends, columns }) => `${ends.map((line) => `${line}\n`).join("")}${renderTable(columns)}`,
    );
    if (leftOut > 0)
      texts.push(`${plural(leftOut, "further flow")} with fewer bytes acknowledged: --json and --csv have all\n`);
    await io.stdout.write(texts.join("\n"));
  });
}
