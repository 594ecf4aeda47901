/** Texts of TCP state that other programs leave behind, told by how their records look. */
import { documentedWireNames } from "@tcpprobe-plus/tpp";

export interface TextFormat {
  /** As the header's `imported.format` names it. */
  readonly name: string;
  readonly text: "trace_pipe" | "probe";
  /** Whether a line is a record of it. */
  readonly record: RegExp;
  /** Time of a record, seconds. */
  readonly time: RegExp;
}

const traceTime = / (\d+\.\d+): /;

/** In the order in which they are tried. */
export const textFormats: readonly TextFormat[] = [
  // iperf3 25224 [000] 14041.566236:          tcp:tcp_probe: family=…
  { name: "perf script", text: "trace_pipe", record: /\s\[\d+\].* \d+\.\d+: +(?:tcp|sock):\w+: /, time: traceTime },
  // iperf3-180   [000]    41.072538: tcp_probe:            family=…
  {
    name: "trace-cmd report",
    text: "trace_pipe",
    record: /-\d+ +\[\d+\] +(?:\S{4,5} +)?\d+\.\d+: \w+: {2,}\S/,
    time: traceTime,
  },
  // iperf3-26641   [000] .....  4704.843532: tcp_probe: family=…
  {
    name: "trace_pipe",
    text: "trace_pipe",
    record: /-\d+ +(?:\(.*\) +)?\[\d+\] +\S{4,5} +\d+\.\d+: \w+: \S/,
    time: traceTime,
  },
  // 1 1.664566680 10.0.1.1 37954 10.0.2.1 5001 0 0x2 …
  {
    name: "tcp_probe_plus",
    text: "probe",
    record: /^[0-5] \d+\.\d{9} \S+ \d+ \S+ \d+ \d+ 0x[0-9a-f]+(?: \S+){22,}$/,
    time: /^\d (\d+\.\d+) /,
  },
];

/** What the module behind read_data.py appends to a record of a BBR connection. */
const bbrFields = [
  ...["bbr_bw", "bbr_pacing_gain", "bbr_min_rtt_us", "bbr_round_start", "bbr_rtt_cnt", "bbr_mode", "bbr_cycle_idx"],
  ...["bbr_lt_is_sampling", "bbr_lt_rtt_cnt", "bbr_lt_use_bw", "bbr_lt_bw"],
];

/** Field names of the older tcp_probe_plus: the documented ones with rto in jiffies, then what BBR appends. */
export const olderFields: readonly string[] = [
  ...documentedWireNames.map((name) => (name === "rto" ? "rto_jiffies" : name)),
  ...bbrFields,
];

/** `"family=%s src=%s …"`: the keys of an event's record in order, in the form of the kernel's own `print fmt`. */
export function printFormatOf(record: string): [event: string, format: string] | null {
  const found = /: +(?:\w+:)?(\w+): +(\w+=.*)$/.exec(record.trimEnd());
  if (!found) return null;
  const keys = [...found[2]!.matchAll(/(?:^| )(\w+)=/g)].map(([, key]) => `${key}=%s`);
  return [found[1]!, `"${keys.join(" ")}"`];
}
