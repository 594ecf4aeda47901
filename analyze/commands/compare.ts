/** `analyze compare`: runs side by side. */
import { compareGroups, groupsSql } from "../compare/groups.ts";
import { compareRuns, comparisonSql } from "../compare/runs.ts";
import { UsageError } from "../errors.ts";
import { renderTable } from "../terminal/table.ts";
import { plural } from "../terminal/units.ts";
import { type CommandIo, withTrace } from "./open.ts";
import { type FormatOptions, printRows, rowFormat } from "./rows.ts";

export interface CompareOptions extends FormatOptions {
  readonly group?: string[];
  readonly label?: string[];
}

/**
 * Prints runs side by side: all their flows together, then flow by flow, with the difference to the first run. With
 * groups, means over the runs of each, and how they differ.
 */
export async function compare(paths: readonly string[], options: CompareOptions, io: CommandIo): Promise<void> {
  if (paths.length < 2)
    throw new UsageError("compare needs two captures or more: the first is what the others are compared with");
  await withTrace(paths, io, async (trace) => {
    if (trace.captures.length < 2)
      throw new UsageError("these files are one capture (a rotated set), so there is nothing to compare");
    const format = rowFormat(options);
    if (options.group) {
      const chosen = { groups: options.group, labels: options.label ?? [] };
      if (format !== "table") return printRows(trace.database, await groupsSql(trace, chosen), format, io);
      const { columns, notes } = await compareGroups(trace, chosen);
      io.page?.();
      await io.stdout.write(`${renderTable(columns)}\n${notes.map((note) => `${note}\n`).join("")}`);
      return;
    }
    if (options.label) throw new UsageError("--label names the groups of --group: give both, or neither");
    if (format !== "table") return printRows(trace.database, await comparisonSql(trace), format, io);
    const { tables, leftOut } = await compareRuns(trace);
    const texts = tables.map(
      ({ ends, columns }) => `${ends.map((line) => `${line}\n`).join("")}${renderTable(columns)}`,
    );
    if (leftOut > 0)
      texts.push(`${plural(leftOut, "further flow")} with fewer bytes acknowledged: --json and --csv have all\n`);
    io.page?.();
    await io.stdout.write(texts.join("\n"));
  });
}
