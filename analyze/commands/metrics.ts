/** `analyze metrics`: every row of one metric. */
import { foreignText } from "@tcpprobe-plus/tpp/base";
import { UsageError } from "../errors.ts";
import { Answer } from "../export/answer.ts";
import { queryFormat, writeAnswer } from "../export/query.ts";
import { didYouMean } from "../nearest.ts";
import { flowFilter } from "../trace/select.ts";
import { metricNames, windowedViews } from "../trace/views.ts";
import { type CommandIo, openOutput, withTrace } from "./open.ts";
import { type FormatOptions, printRows, rowFormat } from "./rows.ts";

export interface MetricsOptions extends FormatOptions {
  readonly output?: string;
  readonly force?: boolean;
  readonly flow?: readonly number[];
  readonly window?: number;
}

/** Views whose rows are of no single flow. */
const ofNoFlow: readonly string[] = ["fairness", "gaps"];

/** Prints every row of a metric, or writes it to a file. */
export async function metrics(
  paths: readonly string[],
  name: string,
  options: MetricsOptions,
  io: CommandIo,
): Promise<void> {
  if (!metricNames.includes(name))
    throw new UsageError(
      `${name}: no such metric.${didYouMean(name, metricNames)} There are ${metricNames.join(", ")}`,
    );
  if (options.flow && ofNoFlow.includes(name))
    throw new UsageError(`${name} is of all flows together: leave --flow out`);
  const { output, force = false, window } = options;
  if (window !== undefined && !windowedViews.includes(name))
    throw new UsageError(`--window is for ${windowedViews.join(", ")}; ${name} has no windows: leave it out`);
  const suffix = output === undefined ? "" : queryFormat(output);
  await using file = output === undefined ? null : await openOutput(output, force, paths);
  await withTrace(
    paths,
    io,
    async (trace) => {
      if (window !== undefined) await trace.setWindow(window);
      const filter = await flowFilter(trace, options.flow);
      await trace.needOf(`SELECT * FROM ${name} ${filter}`);
      const columns = await trace.database.columnNames(`SELECT * FROM ${name}`);
      const query = `SELECT * FROM ${name} ${filter} ORDER BY ${totalOrder(columns).join(", ")}`;
      if (!file) return printRows(trace.database, query, rowFormat(options), io, { marks: true });
      const answer = await Answer.to(trace.database, query);
      await file.write((path) => writeAnswer(trace.database, answer, suffix, path));
      await io.stdout.write(`${foreignText(file.path)}\n`);
    },
    file ? [file] : [],
  );
}

/**
 * First by what people look for; then by all else, so that rows which are alike there come in one order. `ord` is of
 * one row.
 */
function totalOrder(columns: readonly string[]): string[] {
  const first = ["capture", "flow", "window_start_s", "ord", "t", "start_s", "from_s"].filter((one) =>
    columns.includes(one),
  );
  return columns.includes("ord") ? first : [...first, ...columns.filter((one) => !first.includes(one))];
}
