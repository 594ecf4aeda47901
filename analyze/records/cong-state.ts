/** The state of a congestion control algorithm in binary records, in the words that the module's text has for it. */
import type { NumberAt, RecordValues, TextAt } from "@tcpprobe-plus/tpp";

const kinds = { bbr: 1, cubic: 2 } as const;
const bbrModes = ["startup", "drain", "probe_bw", "probe_rtt"];
const cubicNames = [
  ...["cnt", "last_max_cwnd", "origin_point", "k", "delay_min_us", "epoch_start", "tcp_cwnd", "hystart_found"],
];

/** The state as `key=value` separated by commas; "" where a record has none. Null: none of the records can have one. */
export function congState(values: RecordValues): TextAt | null {
  const kind = values.number("cong_kind");
  if (kind === null) return null;
  const texts = new Map<number, TextAt | null>([
    [kinds.cubic, cubic(values)],
    [kinds.bbr, bbr(values)],
  ]);
  return (view, at) => texts.get(kind(view, at))?.(view, at) ?? "";
}

/** All of these fields; null where one is missing. */
function fields(values: RecordValues, names: readonly string[]): NumberAt[] | null {
  const found = names.map((name) => values.number(name));
  return found.every((field) => field !== null) ? found : null;
}

function cubic(values: RecordValues): TextAt | null {
  const found = fields(
    values,
    cubicNames.map((name) => `cubic_${name}`),
  );
  return found && ((view, at) => cubicNames.map((name, index) => `${name}=${found[index]!(view, at)}`).join(","));
}

function bbr(values: RecordValues): TextAt | null {
  const names = ["bbr_mode", "bbr_bw", "bbr_min_rtt_us", "bbr_pacing_gain", "bbr_cwnd_gain", "mss"];
  const found = fields(values, names);
  return (
    found &&
    ((view, at) => {
      const [mode, bw, minRtt, pacing, cwnd, mss] = found.map((field) => field(view, at)) as [
        number,
        number,
        number,
        number,
        number,
        number,
      ];
      // bbr_get_info(): packets/us << 24 to bytes/s
      const rate = (BigInt(bw) * BigInt(mss) * 1_000_000n) >> 24n;
      // Without gains it has not begun yet.
      const begun = pacing > 0 && bbrModes[mode] ? `mode=${bbrModes[mode]},` : "";
      return `${begun}bw=${rate},min_rtt_us=${minRtt},pacing_gain_256=${pacing},cwnd_gain_256=${cwnd}`;
    })
  );
}
