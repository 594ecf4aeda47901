/** The state of a congestion control algorithm in binary records, written as in the module's text. */
import type { NumberAt, RecordValues, TextAt } from "@tcpprobe-plus/tpp";

/** By `cong_kind`: states whose fields are shown unchanged, named without the prefix. */
const plainStates: Readonly<Record<number, { readonly prefix: string; readonly names: readonly string[] }>> = {
  2: {
    prefix: "cubic_",
    names: [
      ...["cnt", "last_max_cwnd", "origin_point", "k", "delay_min_us", "epoch_start", "tcp_cwnd", "hystart_found"],
    ],
  },
  3: { prefix: "dctcp_", names: ["enabled", "ce_state", "alpha_1024", "ab_ecn", "ab_tot"] },
  4: { prefix: "vegas_", names: ["enabled", "rttcnt", "rtt_us", "minrtt_us"] },
};
const kindBbr = 1;
const bbrModes = ["startup", "drain", "probe_bw", "probe_rtt"];

/** The state as `key=value` pairs, separated by commas; "" where a record has none. Null: no record can have one. */
export function congState(values: RecordValues): TextAt | null {
  const kind = values.number("cong_kind");
  if (kind === null) return null;
  const texts = new Map<number, TextAt | null>([[kindBbr, bbr(values)]]);
  for (const [code, { prefix, names }] of Object.entries(plainStates))
    texts.set(Number(code), plain(values, prefix, names));
  return (view, at) => texts.get(kind(view, at))?.(view, at) ?? "";
}

/** All of these fields, or null where one is missing. */
function fields(values: RecordValues, names: readonly string[]): NumberAt[] | null {
  const found = names.map((name) => values.number(name));
  return found.every((field) => field !== null) ? found : null;
}

function plain(values: RecordValues, prefix: string, names: readonly string[]): TextAt | null {
  const found = fields(
    values,
    names.map((name) => prefix + name),
  );
  return found && ((view, at) => names.map((name, index) => `${name}=${found[index]!(view, at)}`).join(","));
}

/** BBR's mode, from its gains in 1/256 as tcp_bbr.c sets them; "" for gains that tcp_bbr.c does not use. */
function modeOfGains(pacing: number, cwnd: number): string {
  if (cwnd === 739) return pacing === 739 ? "startup" : "drain";
  if (cwnd === 512) return "probe_bw";
  return cwnd === 256 && pacing === 256 ? "probe_rtt" : "";
}

function bbr(values: RecordValues): TextAt | null {
  const shared = fields(values, ["bbr_min_rtt_us", "bbr_pacing_gain", "bbr_cwnd_gain"]);
  const rate = bbrRate(values);
  const mode = values.number("bbr_mode");
  if (!shared || !rate) return null;
  const [minRtt, pacingOf, cwndOf] = shared as [NumberAt, NumberAt, NumberAt];
  return (view, at) => {
    const [pacing, cwnd] = [pacingOf(view, at), cwndOf(view, at)];
    // Before BBR starts, its gains are 0.
    const told = mode ? (pacing > 0 ? bbrModes[mode(view, at)] : "") : modeOfGains(pacing, cwnd);
    const gains = `pacing_gain_256=${pacing},cwnd_gain_256=${cwnd}`;
    return `${told ? `mode=${told},` : ""}bw=${rate(view, at)},min_rtt_us=${minRtt(view, at)},${gains}`;
  };
}

/** BBR's bandwidth estimate in bytes/s: from two halves, or from its own unit, packets/us << 24 (bbr_get_info()). */
function bbrRate(values: RecordValues): ((view: DataView, at: number) => bigint) | null {
  const halves = fields(values, ["bbr_bw_lo", "bbr_bw_hi"]);
  if (halves) return (view, at) => (BigInt(halves[1]!(view, at)) << 32n) | BigInt(halves[0]!(view, at));
  const own = fields(values, ["bbr_bw", "mss"]);
  return own && ((view, at) => (BigInt(own[0]!(view, at)) * BigInt(own[1]!(view, at)) * 1_000_000n) >> 24n);
}
