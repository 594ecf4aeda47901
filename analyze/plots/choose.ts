/** Which flows a picture shows. */
import { NoSuchFlowError, NothingToDrawError } from "../errors.ts";
import { endSql } from "../trace/select.ts";
import type { Trace } from "../trace/trace.ts";

export interface DrawnFlow {
  readonly flow: number;
  readonly label: string;
  readonly path: string;
  readonly start_s: number;
  readonly end_s: number;
}

/** The most flows in one picture. Nobody can tell more colours apart. */
export const mostFlows = 8;

interface FlowFacts extends DrawnFlow {
  readonly weight: number;
}

/**
 * The flows to draw. By default these are the flows that moved at least a hundredth of the bytes of the largest, up to
 * `mostFlows`: the idle end of a one-way transfer is not among them. `leftOut` counts the others.
 */
export async function chooseFlows(
  trace: Trace,
  asked: readonly number[] | undefined,
  plot: string,
): Promise<{ readonly drawn: readonly DrawnFlow[]; readonly leftOut: number }> {
  const all = await trace.rows<FlowFacts>(`
    SELECT flow, path, ${endSql("any_value(saddr)", "any_value(sport)")} || ' \u2192 ' || ${endSql("any_value(daddr)", "any_value(dport)")} AS label,
      min(t) AS start_s, max(t) AS end_s,
      coalesce(max(snd_una) - min(snd_una), count(*))::DOUBLE AS weight
    FROM trace JOIN captures USING (capture) WHERE flow IS NOT NULL GROUP BY flow, capture, path ORDER BY flow`);
  if (asked) {
    const missing = asked.find((flow) => !all.some((one) => one.flow === flow));
    if (missing !== undefined) throw new NoSuchFlowError(missing, all.length);
    const drawn = all.filter((one) => asked.includes(one.flow));
    return { drawn, leftOut: 0 };
  }
  if (all.length === 0) throw new NothingToDrawError(plot, "in the capture");
  const most = Math.max(...all.map((one) => one.weight));
  const chosen = new Set(
    all
      .filter((one) => one.weight >= most / 100)
      .sort((a, b) => b.weight - a.weight)
      .slice(0, mostFlows)
      .map((one) => one.flow),
  );
  return { drawn: all.filter((one) => chosen.has(one.flow)), leftOut: all.length - chosen.size };
}
