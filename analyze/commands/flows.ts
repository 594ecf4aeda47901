/** `analyze flows`: one line a connection. */
import { chooseFlows, type FlowChoice } from "./flow-choice.ts";
import { flowTable } from "./flow-table.ts";
import { type CommandIo, withTrace } from "./open.ts";
import { type FormatOptions, printRows, rowFormat } from "./rows.ts";

export interface FlowsOptions extends FormatOptions, FlowChoice {
  readonly all?: boolean;
}

/** Least width of a terminal in which small pictures have room beside the table. */
const wideColumns = 120;

/** Prints one line a connection: a table to read, or every column of the view `flows` as JSON or CSV. */
export async function flows(paths: readonly string[], options: FlowsOptions, io: CommandIo): Promise<void> {
  const format = rowFormat(options);
  const width = io.screen?.columns;
  // Small pictures need the records again, so these are kept if they may be.
  const shapes = format === "table" && width !== undefined && width >= wideColumns && io.opening?.cache !== false;
  await withTrace(paths, { ...io, opening: { ...io.opening, once: !shapes } }, async (trace) => {
    await trace.need("flows");
    const chosen = await chooseFlows(trace, options);
    if (format === "table") {
      // A flow that is asked for is shown.
      const all = options.all === true || options.flow !== undefined;
      const text = await flowTable(trace, chosen, { all, width, shapes });
      io.page?.();
      await io.stdout.write(text);
    } else {
      const { where, orderBy, limit } = chosen;
      await printRows(trace.database, `SELECT * FROM flows ${where} ${orderBy} ${limit}`, format, io);
    }
  });
}
