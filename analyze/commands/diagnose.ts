import { account } from "../diagnose/account.ts";
import { gatherFacts, periodsOf } from "../diagnose/facts.ts";
import { verdictOf } from "../diagnose/verdict.ts";
import type { Io } from "../io.ts";
import { withTrace } from "./open.ts";

/** Prints, for each flow that carries data, what limited it, how much time that cost, when, and what shows it. */
export async function diagnose(
  paths: readonly string[],
  options: { readonly flow?: readonly number[]; readonly json?: boolean },
  io: Io,
): Promise<void> {
  await withTrace(paths, io, async (trace) => {
    const flows = await gatherFacts(trace, options.flow);
    const reports = [];
    for (const facts of flows) {
      const verdict = verdictOf(facts);
      const periods = await periodsOf(trace, facts);
      reports.push({ facts, verdict, periods });
    }
    if (options.json) {
      const objects = reports.map(({ facts, verdict: { cause, cost_s, heldBy }, periods }) => ({
        flow: facts.flow,
        cause,
        cost_s,
        periods: periods.filter(({ held_by }) => heldBy.includes(held_by)),
        facts,
      }));
      io.stdout.write(`${JSON.stringify(objects, null, 2)}\n`);
    } else if (reports.length === 0) {
      io.stdout.write("no flow carries data; `analyze flows` lists what there is, --flow picks any\n");
    } else {
      const texts = reports.map(({ facts, verdict, periods }) =>
        account(facts, verdict, periods, trace.captures[facts.capture - 1]?.path ?? ""),
      );
      io.stdout.write(texts.join("\n"));
    }
  });
}
