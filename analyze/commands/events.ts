/** `analyze events`: what happened, in order of time. */
import { bounded } from "../terminal/bounds.ts";
import { renderTable } from "../terminal/table.ts";
import { flowFilter } from "../trace/select.ts";
import { type CommandIo, withTrace } from "./open.ts";
import { type FormatOptions, printRows, rowFormat } from "./rows.ts";

interface EventRow {
  readonly capture: number;
  readonly flow: number;
  readonly t: number;
  readonly event: string;
  readonly duration_s: number | null;
  readonly detail: string | null;
  readonly crosses_gap: boolean | null;
  readonly at_least: string;
  readonly about: string;
}

/** Prints timeouts, episodes, ends of slow starts, resets, beginnings and ends of connections in order of time. */
export async function events(
  paths: readonly string[],
  options: FormatOptions & { readonly flow?: readonly number[] },
  io: CommandIo,
): Promise<void> {
  await withTrace(paths, io, async (trace) => {
    const query = `SELECT * FROM events ${await flowFilter(trace, options.flow)} ORDER BY capture, t, flow, event, duration_s, detail`;
    const format = rowFormat(options);
    await trace.need("events");
    if (format !== "table") return printRows(trace.database, query, format, io);
    const rows = await trace.rows<EventRow>(query);
    if (rows.length === 0) return void io.stdout.write("no events\n");
    const column = (header: string, show: (row: EventRow) => string, alignRight = false) => ({
      header,
      cells: rows.map(show),
      alignRight,
    });
    const columns = [
      column("time", (row) => bounded(row, "t", `${row.t.toFixed(6)} s`), true),
      column("flow", ({ flow }) => String(flow), true),
      column("event", ({ event }) => event),
      column(
        "took",
        (row) => (row.duration_s === null ? "" : bounded(row, "duration_s", `${row.duration_s.toFixed(3)} s`)),
        true,
      ),
      column("", ({ detail, crosses_gap }) =>
        [detail ?? "", crosses_gap ? "records lost here" : ""].filter(Boolean).join("; "),
      ),
    ];
    if (trace.captures.length > 1)
      columns.unshift(column("file", ({ capture }) => trace.captures[capture - 1]?.path ?? ""));
    io.page?.();
    io.stdout.write(renderTable(columns));
  });
}
