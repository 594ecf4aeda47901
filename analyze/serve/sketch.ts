/** A model without metrics, for captures whose metrics take long: enough to draw with. */

import type { Collected } from "../report/collect.ts";
import type { PageFlow } from "../report/model.ts";
import { recordPanelsOf } from "../report/panels.ts";
import { endsSql } from "../trace/select.ts";
import type { Trace } from "../trace/trace.ts";
import { version } from "../version.ts";

type Begun = Pick<PageFlow, "flow" | "capture" | "ends" | "start_s" | "duration_s" | "records">;

/** What is not known of a flow yet. */
const unknown = {
  ...{ cong: null, acked_bytes: null, goodput_bps: null, retransmits: null, kernel_retransmits: null, rtos: null },
  ...{ loss_episodes: null, srtt_mean_us: null, rtt_min_us: null, cwnd_mean: null, cwnd_max: null },
  ...{ seen: "", crosses_gap: false, at_least: "", about: "" },
} as const;

/** Length of windows in seconds: none of its quantities has any. */
const window_s = 0.1;

export async function sketchModel(trace: Trace): Promise<Collected> {
  const begun = await trace.rows<Begun>(`
    SELECT flow, capture, ${endsSql} AS ends, start_s, duration_s, records FROM (
      SELECT flow, any_value(capture) AS capture, any_value(saddr) AS saddr, any_value(sport) AS sport,
        any_value(daddr) AS daddr, any_value(dport) AS dport, min(t) AS start_s, max(t) - min(t) AS duration_s,
        count(*)::DOUBLE AS records
      FROM trace WHERE flow IS NOT NULL GROUP BY flow
    ) ORDER BY flow`);
  const losses = await trace.rows<{ capture: number; from_s: number | null; to_s: number | null }>(
    "SELECT capture, from_s, to_s FROM losses ORDER BY from_s NULLS FIRST LIMIT 2000",
  );
  const { sources, ...panels } = await recordPanelsOf(trace);
  const from_s = begun.reduce((least, { start_s }) => Math.min(least, start_s), begun.length > 0 ? Infinity : 0);
  const to_s = begun.reduce((most, { start_s, duration_s }) => Math.max(most, start_s + duration_s), from_s);
  const captures = trace.captures.map(({ header, path, origin, damage, incomplete }, index) => {
    const own = losses.filter(({ capture }) => capture === index + 1);
    return {
      capture: index + 1,
      path: origin ?? path,
      source: header.source,
      kernel: header.kernel.release,
      lines: [],
      whole: damage.length === 0 && incomplete.length === 0 && own.length === 0,
      warnings: [],
      losses: own.map(({ from_s, to_s }) => ({ from_s, to_s })),
    };
  });
  const model = {
    ...{ version, captures, from_s, to_s, ...panels, limits: null, window_s },
    flows: begun.map((flow) => ({ ...unknown, ...flow })),
    ...{
      without_series: [],
      events: { flow: [], t: [], event: [], duration_s: [], detail: [], at_least: [], about: [], left_out: 0 },
    },
    ...{ diagnoses: [], undiagnosed: 0, comparison: null, growing: false, pending: true },
  };
  return { model, sources };
}
