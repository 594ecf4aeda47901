/** `analyze diagnose`: what limited each flow. */
import { foreignText } from "@tcpprobe-plus/tpp/base";
import { jsonText } from "../database/values.ts";
import { account } from "../diagnose/account.ts";
import { diagnosisOf, findingsOf } from "../diagnose/diagnoses.ts";
import { type FlowFacts, gatherFacts } from "../diagnose/facts.ts";
import { plural } from "../terminal/units.ts";
import type { Trace } from "../trace/trace.ts";
import { notice } from "./notices.ts";
import { type CommandIo, withTrace } from "./open.ts";

/** Prints, for each flow that carries data, what limited it, how much time that cost, when, and what shows it. */
export async function diagnose(
  paths: readonly string[],
  options: { readonly flow?: readonly number[]; readonly json?: boolean },
  io: CommandIo,
): Promise<void> {
  await withTrace(paths, io, async (trace) => {
    const flows = await gatherFacts(trace, options.flow);
    const untold = options.flow ? { closed: 0, others: 0 } : await untoldFlows(trace);
    if (untold.closed > 0)
      notice(
        io,
        `${plural(untold.closed, "flow")} closed before anything showed how much they carried: --source bpf shows it`,
      );
    const isMore = untold.closed + untold.others > 0;
    const texts = options.json ? jsonTexts(trace, flows) : accounts(trace, flows, isMore);
    io.page?.();
    for await (const text of texts) await io.stdout.write(text);
  });
}

/** How many flows may carry data, of which no record tells: those that closed, and others. */
async function untoldFlows(trace: Trace): Promise<{ readonly closed: number; readonly others: number }> {
  const [row] = await trace.rows<{ closed: number; others: number }>(
    `SELECT count(CASE WHEN tail_unseen THEN 1 END)::DOUBLE AS closed, count(CASE WHEN NOT tail_unseen THEN 1 END)::DOUBLE AS others
    FROM _data_flows WHERE carries_data IS NULL`,
  );
  return row!;
}

async function* accounts(trace: Trace, flows: readonly FlowFacts[], more: boolean): AsyncGenerator<string> {
  if (flows.length === 0 && !more)
    yield "no flow carries data; `analyze flows` lists what there is, --flow picks any\n";
  let between = "";
  for await (const { facts, verdict, periods } of findingsOf(trace, flows)) {
    const lines = account(facts, verdict, periods, trace.captures[facts.capture - 1]?.path ?? "");
    yield `${between}${lines.map((line) => `${foreignText(line)}\n`).join("")}`;
    between = "\n";
  }
}

async function* jsonTexts(trace: Trace, flows: readonly FlowFacts[]): AsyncGenerator<string> {
  let between = "[\n";
  for await (const finding of findingsOf(trace, flows)) {
    yield `${between}${jsonText(diagnosisOf(finding), 2).replaceAll(/^/gm, "  ")}`;
    between = ",\n";
  }
  yield between === "[\n" ? "[]\n" : "\n]\n";
}
