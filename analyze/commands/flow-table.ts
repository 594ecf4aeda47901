/** The table of `analyze flows`. */
import type { Capture } from "../captures/capture.ts";
import { bounded } from "../terminal/bounds.ts";
import { sparkline } from "../terminal/sparkline.ts";
import { renderTable, type TableColumn, unknown, widthOfTable } from "../terminal/table.ts";
import { bitsPerSecond, bytes, count, decimals, microseconds, plural } from "../terminal/units.ts";
import { endsSql } from "../trace/select.ts";
import type { Trace } from "../trace/trace.ts";
import type { ChosenFlows } from "./flow-choice.ts";
import { type FlowShape, flowShapes } from "./flow-shapes.ts";

export interface FlowTableOptions {
  /** Whether other ends without data are shown, too. */
  readonly all: boolean;
  /** Width of the terminal in columns, or undefined where the table may have any width. */
  readonly width: number | undefined;
  /** Whether small pictures are shown where there is room for them. */
  readonly shapes: boolean;
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
  /** The other end of a flow with data, on which nothing of its own was acknowledged, sent again or timed out. */
  readonly is_other_end: boolean;
}

/** A column, and how gladly it is left out where the table is too wide: 0 never, else the largest first. */
interface FlowColumn extends TableColumn {
  readonly leaves: number;
}

/** A table of these flows, a line with what is left out, and one with their sum. */
export async function flowTable(trace: Trace, chosen: ChosenFlows, options: FlowTableOptions): Promise<string> {
  const rows = await trace.rows<FlowRow>(rowsSql(chosen));
  if (rows.length === 0) return "no flows\n";
  const total = await totalOf(trace, chosen);
  const withData = rows.filter((row) => !row.is_other_end);
  const shown = options.all || withData.length === 0 ? rows : withData;
  const { columns, leftOut } = fitted(columnsOf(trace, shown), options.width);
  const shapes = await shapeColumns(trace, shown, columns, options);
  const lines = [renderTable([...columns, ...shapes])];
  if (total.flows > 1) lines.push(`${totalText(total)}\n`);
  if (shown.length < rows.length) lines.push(foldedText(rows.length - shown.length));
  if (rows.length < total.flows) lines.push(`${plural(total.flows - rows.length, "further flow")} left out by --top\n`);
  if (leftOut.length > 0)
    lines.push(`left out for want of width: ${leftOut.join(", ")} (a wider terminal or --json shows them)\n`);
  return lines.join("");
}

const foldedText = (flows: number): string =>
  flows === 1
    ? "1 flow is the other end of one with data, and has none itself: --all shows it\n"
    : `${count(flows)} flows are the other ends of flows with data, and have none themselves: --all shows them\n`;

const rowsSql = ({ where, orderBy, limit }: ChosenFlows): string => `
  SELECT *, ${endsSql} AS ends,
    coalesce(acked_bytes, 0) <= 0 AND coalesce(sent_bytes, 0) = 0 AND coalesce(retransmits, 0) = 0
      AND coalesce(kernel_retransmits, 0) = 0 AND coalesce(rtos, 0) = 0 AND coalesce(loss_episodes, 0) = 0
      AND EXISTS (
        SELECT 1 FROM flows AS other
        WHERE other.capture = flows.capture AND other.saddr = flows.daddr AND other.sport = flows.dport
          AND other.daddr = flows.saddr AND other.dport = flows.sport AND other.acked_bytes > 0
          AND other.start_s <= flows.start_s + flows.duration_s AND flows.start_s <= other.start_s + other.duration_s
      ) AS is_other_end
  FROM flows ${where} ${orderBy} ${limit}`;

const number = (value: Whole) => (value === null ? null : Number(value));
const fileOf = (capture: Capture | undefined): string => capture?.origin ?? capture?.path ?? "";

function columnsOf(trace: Trace, rows: readonly FlowRow[]): FlowColumn[] {
  const column = (header: string, leaves: number, show: (row: FlowRow) => string, alignRight = true): FlowColumn => ({
    header,
    cells: rows.map(show),
    alignRight,
    leaves,
  });
  return [
    column("flow", 0, (row) => String(row.flow)),
    ...(trace.captures.length > 1
      ? [column("file", 0, ({ capture }) => fileOf(trace.captures[capture - 1]), false)]
      : []),
    column("local > remote", 0, (row) => row.ends, false),
    column("start", 5, (row) => `${row.start_s.toFixed(3)} s`),
    column("duration", 3, (row) => bounded(row, "duration_s", `${row.duration_s.toFixed(3)} s`)),
    column("acked", 0, (row) => bounded(row, "acked_bytes", bytes(number(row.acked_bytes)))),
    column("goodput", 0, (row) => bounded(row, "goodput_bps", bitsPerSecond(row.goodput_bps))),
    // Tracepoints tell of buffers, each of which can be several segments.
    column("retrans", 0, (row) =>
      row.kernel_retransmits === null
        ? bounded(row, "retransmits", count(number(row.retransmits)))
        : count(number(row.kernel_retransmits)),
    ),
    rows.some((row) => row.rtos !== null)
      ? column("RTOs", 0, (row) => bounded(row, "rtos", count(number(row.rtos))))
      : column("to Loss", 0, (row) => bounded(row, "loss_episodes", count(number(row.loss_episodes)))),
    column("srtt", 1, (row) => bounded(row, "srtt_mean_us", microseconds(row.srtt_mean_us))),
    column("cwnd", 2, (row) => bounded(row, "cwnd_mean", decimals(row.cwnd_mean, 1))),
    column("max", 4, (row) => bounded(row, "cwnd_max", count(row.cwnd_max))),
    column("seen", 6, (row) => (row.crosses_gap ? `${row.seen}, lossy` : row.seen), false),
  ];
}

/** Leaves columns out until the table fits the width, if it can. */
function fitted(
  columns: readonly FlowColumn[],
  width = Number.POSITIVE_INFINITY,
): { columns: readonly FlowColumn[]; leftOut: string[] } {
  let left = columns;
  const leftOut: string[] = [];
  while (widthOfTable(left) > width) {
    const next = left.reduce((most, one) => (one.leaves > most.leaves ? one : most));
    if (next.leaves === 0) break;
    left = left.filter((one) => one !== next);
    leftOut.push(next.header);
  }
  return { columns: left, leftOut };
}

/** Least and most characters of a small picture. */
const [fewest, most] = [12, 32];
/** Columns between two cells. */
const gap = 2;
/** A picture of more flows than this is not looked at, and takes time. */
const mostShapes = 200;

async function shapeColumns(
  trace: Trace,
  rows: readonly FlowRow[],
  columns: readonly TableColumn[],
  { width, shapes }: FlowTableOptions,
): Promise<TableColumn[]> {
  if (!shapes || width === undefined || rows.length > mostShapes) return [];
  const parts = Math.min(Math.floor((width - widthOfTable(columns) - 2 * gap) / 2), most);
  if (parts < Math.max(fewest, "goodput over time".length)) return [];
  const found = await flowShapes(trace, `WHERE flow IN (${rows.map(({ flow }) => flow).join(", ")})`, parts);
  const column = (header: string, of: (shape: FlowShape) => readonly (number | null)[]): TableColumn => ({
    header,
    cells: rows.map(({ flow }) => {
      const shape = found.get(flow);
      return shape === undefined ? "" : sparkline(of(shape));
    }),
  });
  return [column("cwnd over time", ({ cwnd }) => cwnd), column("goodput over time", ({ acked }) => acked)];
}

/** A sum over flows, and of how many it is. */
interface Sum {
  readonly value: Whole;
  readonly flows: number;
}

interface Total {
  readonly flows: number;
  readonly acked: Sum;
  readonly retransmits: Sum;
  readonly timeouts: Sum;
  readonly at_least: string;
}

async function totalOf(trace: Trace, { where }: ChosenFlows): Promise<Total> {
  const [row] = await trace.rows<Record<string, Whole>>(`
    SELECT count(*) AS flows, sum(acked_bytes) AS acked, count(acked_bytes) AS acked_flows,
      sum(coalesce(kernel_retransmits, retransmits)) AS again, count(coalesce(kernel_retransmits, retransmits)) AS again_flows,
      sum(rtos) AS rtos, count(rtos) AS rtos_flows,
      concat_ws(', ', string_agg(DISTINCT nullif(at_least, ''), ', ')) AS at_least,
      count(*) FILTER (kernel_retransmits IS NULL AND list_contains(string_split(at_least, ', '), 'retransmits')) AS bounds
    FROM flows ${where}`);
  const sum = (name: string): Sum => ({ value: row?.[name] ?? null, flows: Number(row?.[`${name}_flows`] ?? 0) });
  const names = String(row?.at_least ?? "").split(", ");
  return {
    flows: Number(row?.flows ?? 0),
    acked: sum("acked"),
    retransmits: sum("again"),
    timeouts: sum("rtos"),
    at_least: names.filter((name) => name !== "retransmits" || Number(row?.bounds) > 0).join(", "),
  };
}

/** What all these flows are together. What some of them do not tell is said to be of the others. */
function totalText(total: Total): string {
  const told = (name: string, { value, flows }: Sum, show: (value: Whole) => string, what: string): string => {
    const text = flows === 0 ? `${unknown} ${what}` : `${bounded(total, name, show(value))} ${what}`;
    return flows === total.flows || flows === 0 ? text : `${text} (of ${count(flows)} of them)`;
  };
  const parts = [
    told("acked_bytes", total.acked, (value) => bytes(number(value)), "acknowledged"),
    told("retransmits", total.retransmits, (value) => count(number(value)), "retransmitted"),
  ];
  if (total.timeouts.flows > 0) parts.push(told("rtos", total.timeouts, (value) => count(number(value)), "timeouts"));
  return `${plural(total.flows, "flow")}: ${parts.join(", ")}`;
}
