/** The columns of the table of flows: what they show, and by what they are sorted and filtered. */
import { bounded } from "../../terminal/bounds.ts";
import { unknown } from "../../terminal/table.ts";
import { bitsPerSecond, bytes, count, decimals, microseconds } from "../../terminal/units.ts";
import type { PageFlow, PageModel } from "../model.ts";

export interface FlowColumn {
  readonly id: string;
  readonly header: string;
  readonly help: string;
  readonly isNumber: boolean;
  /** What it is sorted by. Null is not known, and comes last. */
  readonly value: (flow: PageFlow) => number | string | null;
  /** As a table in a terminal shows it: `≥` for the least that it can be, `≈` for approximate. */
  readonly show: (flow: PageFlow) => string;
}

/** A column of `flows`, with its bounds. */
function metric(
  id: string,
  header: string,
  name: keyof PageFlow & string,
  help: string,
  show: (value: number | null) => string,
): FlowColumn {
  const value = (flow: PageFlow) => flow[name] as number | null;
  return { id, header, help, isNumber: true, value, show: (flow) => bounded(flow, name, show(value(flow))) };
}

/** Columns that say something of these captures: a column of which nothing is known of any flow is left out. */
export function columnsOf({ flows, captures }: PageModel): FlowColumn[] {
  const seesRtos = flows.some(({ rtos }) => rtos !== null);
  const all: FlowColumn[] = [
    {
      id: "ends",
      header: "local > remote",
      help: "both ends",
      isNumber: false,
      value: (f) => f.ends,
      show: (f) => f.ends,
    },
    ...(captures.length > 1
      ? [
          {
            id: "file",
            header: "file",
            help: "the capture",
            isNumber: false,
            value: (f: PageFlow) => f.capture,
            show: (f: PageFlow) => captures[f.capture - 1]?.path.split("/").at(-1) ?? "",
          },
        ]
      : []),
    {
      id: "cc",
      header: "control",
      help: "congestion control",
      isNumber: false,
      value: (f) => f.cong,
      show: (f) => f.cong ?? unknown,
    },
    metric("start", "start", "start_s", "first record, since the capture began", (v) => `${decimals(v, 3)} s`),
    metric("duration", "duration", "duration_s", "first record to last", (v) => `${decimals(v, 3)} s`),
    metric("acked", "acked", "acked_bytes", "bytes that the peer acknowledged", bytes),
    metric("goodput", "goodput", "goodput_bps", "acknowledged bytes over the duration", bitsPerSecond),
    {
      id: "retrans",
      header: "retrans",
      help: "segments sent again; from tracepoints, buffers",
      isNumber: true,
      value: (f) => f.kernel_retransmits ?? f.retransmits,
      show: (f) =>
        f.kernel_retransmits === null ? bounded(f, "retransmits", count(f.retransmits)) : count(f.kernel_retransmits),
    },
    seesRtos
      ? metric("rtos", "RTOs", "rtos", "retransmission timeouts", count)
      : metric("loss", "to Loss", "loss_episodes", "times that the state became Loss", count),
    metric("srtt", "srtt", "srtt_mean_us", "smoothed RTT, mean over time", microseconds),
    metric("min_rtt", "min RTT", "rtt_min_us", "smallest round-trip time measured", microseconds),
    metric("cwnd", "cwnd", "cwnd_mean", "congestion window in packets, mean over time", (v) => decimals(v, 1)),
    metric("max", "max", "cwnd_max", "its maximum", count),
    metric("records", "records", "records", "records of it", count),
    {
      id: "seen",
      header: "seen",
      help: "whether its beginning and its end were seen, and whether records were lost during it",
      isNumber: false,
      value: (f) => f.seen,
      show: (f) => (f.crosses_gap ? `${f.seen}, lossy` : f.seen),
    },
  ];
  return all.filter(({ value }) => flows.some((flow) => value(flow) !== null));
}

const comparison = /^([a-z_]+)(<=|>=|<|>|=)(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/i;

/**
 * A filter from words that must all hold: text that the row contains, or a comparison such as `rtos>0` or
 * `goodput>1e6`, in the unit of `analyze flows --json`. Of what is not known, no comparison holds.
 */
export function filterOf(text: string, columns: readonly FlowColumn[]): (flow: PageFlow) => boolean {
  const tests = text
    .toLowerCase()
    .split(/\s+/)
    .filter(Boolean)
    .map((word): ((flow: PageFlow) => boolean) => {
      const [, name, sign, number] = comparison.exec(word) ?? [];
      const column = columns.find(
        ({ id, header, isNumber }) => isNumber && (id === name || header.toLowerCase() === name),
      );
      if (!column || name === undefined)
        return (flow) => columns.some(({ show, isNumber }) => !isNumber && show(flow).toLowerCase().includes(word));
      return (flow) => {
        const value = column.value(flow);
        return value !== null && holds(Number(value), sign!, Number(number));
      };
    });
  return (flow) => tests.every((test) => test(flow));
}

function holds(value: number, sign: string, bound: number): boolean {
  if (sign === "<") return value < bound;
  if (sign === ">") return value > bound;
  if (sign === "<=") return value <= bound;
  if (sign === ">=") return value >= bound;
  return value === bound;
}
