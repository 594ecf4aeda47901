import type { FormatOptions } from "../cli.ts";
import { asUserQuery } from "../database.ts";
import type { Io } from "../io.ts";
import { printRows, rowFormat } from "../output/rows.ts";
import { viewNames } from "../views.ts";
import { withTrace } from "./open.ts";

/** Runs a query of the user's with all views loaded. */
export async function sql(
  paths: readonly string[],
  query: string,
  options: FormatOptions & { readonly window?: number },
  io: Io,
): Promise<void> {
  await withTrace(paths, io, async (trace) => {
    await trace.need(...viewNames);
    if (options.window !== undefined) await trace.setWindow(options.window);
    const result = await asUserQuery(() => trace.columns(query));
    printRows(result, rowFormat(options), io);
  });
}
