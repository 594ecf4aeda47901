/** `--dump-on`: parses rules. */
import { BadRuleError } from "../errors.ts";

export interface Rule {
  /** The rule as given. */
  readonly text: string;
  readonly name: string;
  readonly compare: (value: number) => boolean;
}

/** Names whose values are times in seconds. */
const times = ["rto", "srtt"] as const;
const counts = ["cwnd", "ssthresh", "inflight", "lost", "sacked"] as const;
/** Names whose values are counts a second, over all connections. */
const rates = ["retransmits/s", "timeouts/s", "resets/s", "records/s"] as const;
export const ruleNames: readonly string[] = [...times, ...counts, ...rates];

const unitsOf: Readonly<Record<string, number>> = { us: 1e-6, ms: 1e-3, s: 1 };
const comparisons: Readonly<Record<string, (value: number, limit: number) => boolean>> = {
  ">=": (value, limit) => value >= limit,
  "<=": (value, limit) => value <= limit,
  ">": (value, limit) => value > limit,
  "<": (value, limit) => value < limit,
};

/** Parses `rto >= 2`, `srtt > 100ms`, `retransmits/s > 100`. Throws a BadRuleError. */
export function parseRule(text: string): Rule {
  const [, name = "", sign = "", number = "", unit = ""] =
    /^\s*([a-z]+(?:\/s)?)\s*(>=|<=|>|<)\s*(\d{1,15}(?:\.\d{1,9})?)(us|ms|s)?\s*$/.exec(text) ?? [];
  const isTime = (times as readonly string[]).includes(name);
  const isRate = (rates as readonly string[]).includes(name);
  if (!ruleNames.includes(name)) throw new BadRuleError(text, ruleNames);
  // A rate below a limit makes no sense as a rule: it would hold at the beginning of every second.
  if ((unit !== "" && !isTime) || (isRate && sign.startsWith("<"))) throw new BadRuleError(text, ruleNames);
  const limit = Number(number) * (unit === "" ? 1 : unitsOf[unit]!);
  const holds = comparisons[sign]!;
  return { text: text.trim(), name, compare: (value) => holds(value, limit) };
}
