/** Verdicts of `analyze check` on a capture, and what each may become where less is known. */
import { assertionOfText } from "../../analyze/check/assertions.ts";
import { evaluate } from "../../analyze/check/evaluate.ts";
import type { Trace } from "../../analyze/index.ts";
import { holdPack } from "../../analyze/packs/hold.ts";
import { packNames } from "../../analyze/packs/names.ts";
import { type Pack, packOf, readPack } from "../../analyze/packs/pack.ts";

/** Each is false of one recording or another. */
const assertions = [
  ...["retransmits = 0", "rto_events = 0", "loss_episodes = 0", "recovery_episodes = 0", "resets = 0"],
  ...["window_probes = 0", "spurious_rtos = 0", "gaps < 0", "sent_bytes < 1000", "records < 10"],
  ...["sum(retransmits) = 0", "max(rto_events) = 0", "rtos = 0"],
];

/** Rules that no kernel keeps, of what the packs of the standards stand on. */
const wrong = packOf(
  `
pack: wrong
about: what is not so
rules:
  - {rule: no-loss, section: 1, says: nothing is lost, none: nothing was lost, needs: [sees_ca_state],
     evidence: "SELECT flow, t, false AS holds FROM congestion_events"}
  - {rule: beta, section: 2, says: half is left, evidence: "SELECT flow, t, beta < 0.6 AS holds FROM congestion_events"}
  - {rule: backoff, section: 3, says: nothing backs off, needs: [sees_timers],
     evidence: "SELECT flow, t, rto_ms < 300 AS holds FROM rto_events"}
  - {rule: quick, section: 4, says: recovery is quick, evidence: "SELECT flow, t, crosses_gap, recovery_s < 0.001 AS holds FROM congestion_events"}
  - {rule: rto, section: 5, says: the RTO is small, evidence: "SELECT flow, t, rto_ms < 210 AS holds FROM trace WHERE rto_ms IS NOT NULL"}
`,
  "wrong.yaml",
);

const packs: Promise<readonly Pack[]> = Promise.all(packNames.map(readPack)).then((own) => [...own, wrong]);

/** By name: true: holds; false: does not; null: not known. */
export async function verdictsOf(trace: Trace): Promise<Map<string, boolean | null>> {
  const found = new Map<string, boolean | null>();
  for (const text of assertions) {
    const outcomes = await evaluate(trace, assertionOfText(text), undefined).catch(() => []);
    const holds = outcomes.map((one) => one.holds);
    found.set(text, holds.includes(false) ? false : holds.length === 0 || holds.includes(null) ? null : true);
  }
  for (const pack of await packs)
    for (const { rule, verdict } of await holdPack(trace, pack, "SELECT flow FROM flows"))
      found.set(`${pack.name} ${rule}`, verdict === "cannot tell" ? null : verdict === "holds");
  return found;
}

/** What did not hold and now does: a line each. */
export const passes = (
  before: ReadonlyMap<string, boolean | null>,
  after: ReadonlyMap<string, boolean | null>,
): string[] =>
  [...after].flatMap(([name, holds]) =>
    holds === true && before.get(name) === false ? [`${name} did not hold, then holds`] : [],
  );
