/** Facts, verdict and periods of each flow, for all that shows a diagnosis. */
import type { Trace } from "../trace/trace.ts";
import { type FlowFacts, type HeldWindows, heldWindowsOf, type Period, periodsOf } from "./facts.ts";
import { tellsMore, type Verdict, verdictOf } from "./verdict.ts";

export interface Finding {
  readonly facts: FlowFacts;
  readonly verdict: Verdict;
  readonly periods: readonly Period[];
  /** What held it when. Null where nothing of that is told. */
  readonly held: HeldWindows | null;
}

/** How many flows are diagnosed at a time. This bounds the memory for their periods. */
const atOnce = 1000;

export async function* findingsOf(trace: Trace, flows: readonly FlowFacts[]): AsyncGenerator<Finding> {
  for (let at = 0; at < flows.length; at += atOnce) {
    const some = flows.slice(at, at + atOnce);
    const windows = await heldWindowsOf(trace, some);
    for (const facts of some) {
      const held = windows.get(facts.flow) ?? null;
      yield { facts, verdict: verdictOf(facts), periods: held === null ? [] : periodsOf(held), held };
    }
  }
}

/** What `analyze diagnose --json` and the library say of a flow. Times are in seconds. */
export interface Diagnosis {
  readonly flow: number;
  /** The main cause, or the group of those that the source cannot tell apart. docs/metrics.md has the rules. */
  readonly cause: Verdict["cause"];
  /** Of `several`: which, longest first. */
  readonly among?: readonly { readonly cause: Verdict["cause"]; readonly cost_s: number }[];
  readonly cost_s: number;
  /** What would tell more than this source did. Null: nothing that is known of. */
  readonly tells_more: string | null;
  /** When the cause held it, longest first. */
  readonly periods: readonly Period[];
  readonly facts: FlowFacts;
}

export function diagnosisOf({ facts, verdict, periods }: Finding): Diagnosis {
  const { cause, among, cost_s, heldBy } = verdict;
  return {
    flow: facts.flow,
    cause,
    ...(among ? { among: among.map((one) => ({ cause: one.cause, cost_s: one.cost_s })) } : {}),
    cost_s,
    tells_more: tellsMore(verdict, facts),
    periods: periods.filter(({ held_by }) => heldBy.includes(held_by)),
    facts,
  };
}
