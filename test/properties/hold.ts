/** A mutation of a recording: what of its figures and verdicts is not as it may be. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { walkTpp } from "@tcpprobe-plus/tpp";
import { openTrace, type Trace } from "../../analyze/index.ts";
import { fixture, linesOf, writeCapture } from "../support/captures.ts";
import { otherNumbers, type Row, rowsOf, views } from "./figures.ts";
import { type Mutation, mutationsOf, type Recording } from "./mutations.ts";
import { passes, verdictsOf } from "./verdicts.ts";

interface Known {
  readonly rows: ReadonlyMap<string, ReadonlyMap<string, Row>>;
  readonly verdicts: ReadonlyMap<string, boolean | null>;
}

/** A figure of a connection's life is of what was captured of it, so a later begin makes it another one. */
const ofLife = ["flows", "limits", "slow_start", "goodput", "rtt", "rounds", "limits_by_window"];

async function knownOf(trace: Trace): Promise<Known> {
  const rows = new Map<string, ReadonlyMap<string, Row>>();
  for (const view of views) rows.set(view.view, await rowsOf(trace, view));
  return { rows, verdicts: await verdictsOf(trace) };
}

export interface Finding {
  readonly mutation: Mutation;
  readonly wrong: readonly string[];
}

/** Tries all mutations of a recording. */
export async function tryMutations(name: string, seeds: readonly number[], directory: string): Promise<Finding[]> {
  const { header } = await walkTpp(fixture(name));
  const recording: Recording = { header: header!, lines: await linesOf(fixture(name)) };
  const path = join(directory, "mutated.tpp");
  const learn = async ({ header, lines }: Recording): Promise<Known> => {
    rmSync(path, { force: true });
    await writeCapture(path, Buffer.from(lines.join(""), "latin1"), header);
    const trace = await openTrace([path], { cache: false });
    try {
      return await knownOf(trace);
    } finally {
      await trace[Symbol.asyncDispose]();
    }
  };
  const before = await learn(recording);
  const findings: Finding[] = [];
  for (const mutation of mutationsOf(recording, seeds)) {
    const after = await learn(mutation.apply(recording));
    const wrong = views
      .filter(({ view }) => mutation.kind !== "beginning" || !ofLife.includes(view))
      .flatMap((view) => otherNumbers(view, before.rows.get(view.view)!, after.rows.get(view.view)!));
    // What did not hold may have been before the capture began.
    if (mutation.kind !== "beginning") wrong.push(...passes(before.verdicts, after.verdicts));
    findings.push({ mutation, wrong });
  }
  return findings;
}
