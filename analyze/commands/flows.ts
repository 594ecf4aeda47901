/** `analyze flows`: one line a connection. */
import type { Capture } from "../captures/capture.ts";
import { bounded } from "../terminal/bounds.ts";
import { renderTable } from "../terminal/table.ts";
import { bitsPerSecond, bytes, count, decimals, microseconds } from "../terminal/units.ts";
import { endsSql } from "../trace/select.ts";
import type { Trace } from "../trace/trace.ts";
import { type CommandIo, withTrace } from "./open.ts";
import { type FormatOptions, printRows, rowFormat } from "./rows.ts";

/** Prints one line a connection: a table to read, or every column of the view `flows` as JSON or CSV. */
export async function flows(paths: readonly string[], options: FormatOptions, io: CommandIo): Promise<void> {
  await withTrace(paths, { ...io, opening: { ...io.opening, once: true } }, async (trace) => {
    await trace.need("flows");
    const format = rowFormat(options);
    if (format === "table") io.stdout.write(await flowTable(trace));
    else await printRows(trace.database, "SELECT * FROM flows ORDER BY flow", format, io);
  });
}

/** Whole numbers that a double does not hold come as text. */
type Whole = number | string | null;

interface FlowRow {
  readonly capture: number;
  readonly flow: number;
  readonly ends: string;
  readonly seen: string;
  readonly start_s: number;
  readonly duration_s: number;
  readonly acked_bytes: Whole;
  readonly goodput_bps: number | null;
  readonly retransmits: Whole;
  readonly kernel_retransmits: Whole;
  readonly rtos: Whole;
  readonly loss_episodes: Whole;
  readonly srtt_mean_us: number | null;
  readonly cwnd_mean: number | null;
  readonly cwnd_max: number | null;
  readonly crosses_gap: boolean;
  readonly at_least: string;
  readonly about: string;
}

const fileOf = (capture: Capture | undefined): string => capture?.origin ?? capture?.path ?? "";

async function flowTable(trace: Trace): Promise<string> {
  const rows = await trace.rows<FlowRow>(`SELECT *, ${endsSql} AS ends FROM flows ORDER BY flow`);
  if (rows.length === 0) return "no flows\n";
  const number = (value: Whole) => (value === null ? null : Number(value));
  const column = (header: string, show: (row: FlowRow) => string, alignRight = true) => ({
    header,
    cells: rows.map(show),
    alignRight,
  });
  const columns = [
    column("flow", (row) => String(row.flow)),
    column("local > remote", (row) => row.ends, false),
    column("start", (row) => `${row.start_s.toFixed(3)} s`),
    column("duration", (row) => bounded(row, "duration_s", `${row.duration_s.toFixed(3)} s`)),
    column("acked", (row) => bounded(row, "acked_bytes", bytes(number(row.acked_bytes)))),
    column("goodput", (row) => bounded(row, "goodput_bps", bitsPerSecond(row.goodput_bps))),
    // Tracepoints tell of buffers, each of which can be several segments.
    column("retrans", (row) =>
      row.kernel_retransmits === null
        ? bounded(row, "retransmits", count(number(row.retransmits)))
        : count(number(row.kernel_retransmits)),
    ),
    rows.some((row) => row.rtos !== null)
      ? column("RTOs", (row) => bounded(row, "rtos", count(number(row.rtos))))
      : column("to Loss", (row) => bounded(row, "loss_episodes", count(number(row.loss_episodes)))),
    column("srtt", (row) => bounded(row, "srtt_mean_us", microseconds(row.srtt_mean_us))),
    column("cwnd", (row) => bounded(row, "cwnd_mean", decimals(row.cwnd_mean, 1))),
    column("max", (row) => bounded(row, "cwnd_max", count(row.cwnd_max))),
    column("seen", (row) => (row.crosses_gap ? `${row.seen}, lossy` : row.seen), false),
  ];
  if (trace.captures.length > 1)
    columns.splice(
      1,
      0,
      column("file", ({ capture }) => fileOf(trace.captures[capture - 1]), false),
    );
  return renderTable(columns);
}
