/** Checks for the columns that a plot needs. */
import { traceColumns } from "@tcpprobe-plus/tpp";
import { MissingColumnError, NothingToDrawError } from "../errors.ts";
import type { Trace } from "../trace/trace.ts";
import type { PanelDefinition } from "./definition.ts";

const hasColumn = async (trace: Trace, column: string): Promise<boolean> =>
  (await trace.rows(`SELECT 1 AS found FROM trace WHERE ${column} IS NOT NULL LIMIT 1`)).length > 0;

/** Notes on series drawn from a less exact column. Throws a MissingColumnError if there is no such column either. */
export async function proxiesOf(trace: Trace, plot: string, definition: PanelDefinition): Promise<string[]> {
  if (plot === "limits") await refuseUntold(trace);
  const proxies: string[] = [];
  for (const { needs } of definition.series) {
    if (!needs || (await hasColumn(trace, needs.column))) continue;
    if (needs.proxy && (await hasColumn(trace, needs.proxy.column))) proxies.push(needs.proxy.note);
    else await refuse(trace, plot, needs.column);
  }
  return proxies;
}

/** Throws a NothingToDrawError if no capture tells what held its senders. */
async function refuseUntold(trace: Trace): Promise<void> {
  await trace.need("captures");
  const told = await trace.rows("SELECT 1 FROM captures WHERE tells_holder(sampled, counts_packets, sees_ca_state)");
  if (told.length > 0) return;
  throw new NothingToDrawError("limits", "where records were left out or congestion states are not told");
}

/** Throws if all columns of a list are missing. */
export async function needOne(trace: Trace, plot: string, columns: readonly string[]): Promise<void> {
  for (const column of columns) if (await hasColumn(trace, column)) return;
  await refuse(trace, plot, columns[0]!);
}

async function refuse(trace: Trace, plot: string, column: string): Promise<never> {
  if (trace.captures.every((capture) => capture.records === 0)) throw new NothingToDrawError(plot, "in the capture");
  const sources = [...new Set(trace.captures.map((capture) => capture.header.source))].join(" and ");
  throw new MissingColumnError(`plot ${plot}`, column, sources, suppliersOf(column));
}

/** Sources that supply a column, from the column table. */
const suppliersOf = (column: string): string[] =>
  Object.keys(traceColumns.find(({ name }) => name === column)?.sources ?? {});
