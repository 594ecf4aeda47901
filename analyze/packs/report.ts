/** Outcomes of rules as lines of text. */
import { foreignText } from "@tcpprobe-plus/tpp/base";
import { unknown } from "../terminal/table.ts";
import { plural } from "../terminal/units.ts";
import type { Counted, RuleOutcome, Verdict } from "./hold.ts";

const mark: Readonly<Record<Verdict, string>> = { holds: "ok  ", broken: "FAIL", "cannot tell": "?   " };

export const titleOf = ({ pack, section, rule }: RuleOutcome): string => `${pack} ${section} ${rule}`;

/** The verdict with what it rests on, in one line. */
export function describeRule({ verdict, why, evidence }: RuleOutcome): string {
  const sum = (key: "holds" | "broken" | "untold"): number => evidence.reduce((total, one) => total + one[key], 0);
  const all = sum("holds") + sum("broken") + sum("untold");
  if (verdict === "broken")
    return `broken: ${sum("broken")} of ${plural(all, "event")}, ${flowsOf(evidence, "broken")}`;
  if (verdict === "holds") return `holds: ${plural(all, "event")} of ${flowsOf(evidence, "holds")}`;
  const held = sum("holds") > 0 ? `; ${plural(sum("holds"), "event")} of ${flowsOf(evidence, "holds")} agree` : "";
  return `cannot tell: ${why}${held}`;
}

function flowsOf(evidence: readonly Counted[], key: "holds" | "broken"): string {
  const flows = evidence.filter((one) => one[key] > 0).map(({ flow }) => flow);
  const shown = flows.length > 6 ? [...flows.slice(0, 5), `${flows.length - 5} more`] : flows;
  return `${flows.length === 1 ? "flow" : "flows"} ${shown.join(", ")}`;
}

/** The events that break it, a line each. */
export const breachLines = ({ breaches }: RuleOutcome): string[] =>
  breaches.map(({ flow, t, values }) => {
    const facts = Object.entries(values).map(([name, value]) => `${name} = ${value ?? unknown}`);
    return `flow ${flow} at ${t.toFixed(6)} s: ${facts.join(", ")}`;
  });

/** A few lines a rule, in their order. */
export const rulesReport = (outcomes: readonly RuleOutcome[]): string =>
  outcomes
    .flatMap((outcome) => [
      `${mark[outcome.verdict]}  ${titleOf(outcome)}: ${outcome.says}`,
      ...[describeRule(outcome), ...breachLines(outcome)].map((line) => `        ${line}`),
    ])
    .map((line) => `${foreignText(line)}\n`)
    .join("");

/** "5 rules hold, 1 broken, 2 cannot be told" */
export function rulesVerdict(outcomes: readonly RuleOutcome[]): string {
  const count = (verdict: Verdict): number => outcomes.filter((one) => one.verdict === verdict).length;
  const [holds, broken, untold] = [count("holds"), count("broken"), count("cannot tell")];
  return `${plural(outcomes.length, "rule")}: ${holds} ${holds === 1 ? "holds" : "hold"}, ${broken} broken, ${untold} cannot be told`;
}
