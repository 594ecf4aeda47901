/** Holds the rules of a pack against the flows of a capture. */
import type { Capabilities } from "../captures/capabilities.ts";
import { identifier, literal } from "../database/literals.ts";
import { parseTree, readingFunction } from "../database/parse-tree.ts";
import type { SqlValue } from "../database/values.ts";
import { PackError } from "../errors.ts";
import type { Trace } from "../trace/trace.ts";
import type { Pack, Rule } from "./pack.ts";

export type Verdict = "holds" | "broken" | "cannot tell";

/** Pieces of evidence: how many, of one flow. */
export interface Counted {
  readonly flow: number;
  readonly holds: number;
  readonly broken: number;
  readonly untold: number;
}

/** An event that breaks a rule. */
export interface Breach {
  readonly flow: number;
  /** Seconds since the capture began. */
  readonly t: number;
  readonly values: Readonly<Record<string, SqlValue>>;
}

export interface RuleOutcome {
  readonly pack: string;
  readonly rule: string;
  readonly section: string;
  readonly says: string;
  readonly verdict: Verdict;
  /** Why it cannot be told; null: it can. */
  readonly why: string | null;
  readonly evidence: readonly Counted[];
  /** The first ones, in order. */
  readonly breaches: readonly Breach[];
}

/** Breaches that are told of a rule. */
const mostBreaches = 5;
/** Columns of evidence that have a meaning; all others are values to show. */
const own = ["capture", "flow", "ord", "t", "holds", "why", "events", "crosses_gap"];

/** A flow that a rule is about. */
interface Judged {
  readonly flow: number;
  readonly cong: string | null;
  readonly source: string;
  readonly crosses_gap: boolean;
  /** What its source lacks of what the rule needs; null: nothing. */
  readonly lacks: keyof Capabilities | null;
}

/** `wanted`: SQL of the flows. Throws a PackError for evidence that is no query, or has not the columns it needs. */
export async function holdPack(trace: Trace, pack: Pack, wanted: string): Promise<RuleOutcome[]> {
  const outcomes: RuleOutcome[] = [];
  for (const rule of pack.rules) outcomes.push(await holdRule(trace, pack, rule, wanted));
  return outcomes;
}

async function holdRule(trace: Trace, pack: Pack, rule: Rule, wanted: string): Promise<RuleOutcome> {
  const extra = await columnsOf(trace, rule);
  const flows = await flowsOf(trace, rule, wanted);
  const { evidence, why, breaches } = await judged(trace, rule, extra, flows);
  const outcome = (verdict: Verdict, reason: string | null): RuleOutcome => ({
    pack: pack.name,
    rule: rule.name,
    section: rule.section,
    says: rule.says,
    verdict,
    why: reason,
    evidence,
    breaches,
  });
  if (breaches.length > 0) return outcome("broken", null);
  const unknown = why ?? unknownOf(rule, flows, evidence);
  return outcome(unknown === null ? "holds" : "cannot tell", unknown);
}

/** Why nothing that was found tells that the rule holds; null: it does. */
function unknownOf(rule: Rule, flows: readonly Judged[], evidence: readonly Counted[]): string | null {
  if (flows.length === 0) return `no flow uses ${rule.algorithm}`;
  const blind = flows.find(({ lacks }) => lacks !== null);
  if (blind) return `flow ${blind.flow}: ${blind.source} ${lacking[blind.lacks!]}`;
  if (evidence.every(({ holds }) => holds === 0)) return rule.none;
  const gap = flows.find(({ crosses_gap }) => crosses_gap);
  return gap ? `records were lost during flow ${gap.flow}, and with them what may break it` : null;
}

const lacking: Readonly<Record<keyof Capabilities, string>> = {
  sees_sends: "does not see each segment that is sent",
  sees_timers: "does not see the retransmission timer",
  sees_ca_state: "does not tell the congestion state",
  sees_retransmits: "does not tell retransmissions",
  sees_resets: "does not see resets",
  sees_closes: "does not see closes",
  counts_packets: "does not count packets in flight",
  tells_samples: "leaves records out",
  exact_srtt: "rounds the smoothed RTT",
  sampled: "records each segment",
  polled: "sees more than polls",
};

/** Names of its columns. Nothing is run before it is known to be one query over tables. */
async function columnsOf(trace: Trace, rule: Rule): Promise<ReadonlyMap<string, string>> {
  const fail = (why: string, cause?: unknown): never => {
    const [, path = "", line = "", place = ""] = /^(.*?):(\d+): (.*)$/.exec(rule.where) ?? [];
    throw new PackError(path, Number(line), `${place}: ${why}`, cause === undefined ? {} : { cause });
  };
  const tree = await parseTree(trace.database, rule.evidence);
  if (tree.error) fail(`its evidence is no query: ${(tree.error_message ?? "it does not parse").split("\n")[0]}`);
  if (tree.statements?.length !== 1) fail("its evidence must be one query");
  const reading = readingFunction(tree);
  if (reading !== undefined) fail(`its evidence reads ${reading}()`);
  await trace.needOf(rule.evidence);
  const described = await trace.database
    .describe(`SELECT * FROM (\n${rule.evidence.replace(/;\s*$/, "")}\n) AS evidence`)
    .catch((error) => fail(`its evidence fails: ${error.message.split("\n")[0]}`, error));
  const columns = new Map(described.map(({ name, type }) => [name, type]));
  for (const [name, wanted] of [
    ["flow", /INT/],
    ["t", /DOUBLE|FLOAT|DECIMAL|INT/],
    ["holds", /^(BOOLEAN|"NULL")$/],
  ] as const) {
    const type = columns.get(name);
    if (type === undefined) fail(`its evidence has no column ${name}; it needs flow, t and holds`);
    if (!wanted.test(type!)) fail(`the column ${name} of its evidence is ${type}`);
  }
  return columns;
}

async function flowsOf(trace: Trace, rule: Rule, wanted: string): Promise<Judged[]> {
  await trace.need("flows", "captures");
  const needs = rule.needs.map(
    (name) => `WHEN ${name === "polled" ? "" : "NOT "}${identifier(name)} THEN ${literal(name)}`,
  );
  const rows = await trace.rows<Judged & { cong: string | null }>(`
    SELECT flow, cong, source, crosses_gap, ${needs.length > 0 ? `CASE ${needs.join(" ")} END` : "NULL"} AS lacks
    FROM flows JOIN captures ON captures.capture = flows.capture WHERE flow IN (${wanted}) ORDER BY flow`);
  return rows.filter(({ cong }) => rule.algorithm === null || cong === null || cong === rule.algorithm);
}

async function judged(trace: Trace, rule: Rule, columns: ReadonlyMap<string, string>, flows: readonly Judged[]) {
  const able = flows.filter(({ lacks }) => lacks === null);
  if (able.length === 0) return { evidence: [], why: null, breaches: [] };
  const untold = able.filter(({ cong }) => rule.algorithm !== null && cong === null).map(({ flow }) => flow);
  const list = (numbers: readonly number[]): string => (numbers.length > 0 ? numbers.join(", ") : "NULL");
  const whyUntold = literal(
    `the source does not tell which algorithm the flow uses, so ${rule.algorithm} may not apply`,
  );
  // What touches lost records is a bound, and another algorithm may break the rule.
  const truth = `CASE
      WHEN ${columns.has("crosses_gap") ? "crosses_gap" : "false"} OR (NOT holds AND flow IN (${list(untold)})) THEN NULL
      ELSE holds
    END`;
  const reason = `CASE
      WHEN ${columns.has("crosses_gap") ? "crosses_gap" : "false"} THEN 'records were lost meanwhile'
      WHEN NOT holds AND flow IN (${list(untold)}) THEN ${whyUntold}
      ELSE ${columns.has("why") ? "why" : "NULL"}
    END`;
  const shown = [...columns.keys()].filter((name) => !own.includes(name));
  const found = `(
    SELECT flow::BIGINT AS _flow, t::DOUBLE AS _t, ${truth} AS _holds, ${reason} AS _why,
      ${columns.has("events") ? "events" : "1"}::BIGINT AS _events${shown.map((name) => `, ${identifier(name)}`).join("")}
    FROM (\n${rule.evidence.replace(/;\s*$/, "")}\n) AS evidence
    WHERE flow IN (${list(able.map(({ flow }) => flow))})
  ) AS found`;
  const counts = await trace.rows<Counted & { why: string | null }>(`
    SELECT _flow AS flow,
      coalesce(sum(CASE WHEN _holds THEN _events END), 0)::BIGINT AS holds,
      coalesce(sum(CASE WHEN NOT _holds THEN _events END), 0)::BIGINT AS broken,
      coalesce(sum(CASE WHEN _holds IS NULL THEN _events END), 0)::BIGINT AS untold,
      min(CASE WHEN _holds IS NULL THEN coalesce(_why, 'not known from this source') END) AS why
    FROM ${found} GROUP BY _flow ORDER BY _flow`);
  const isBroken = counts.some(({ broken }) => broken > 0);
  const rows = isBroken
    ? await trace.rows<Record<string, SqlValue>>(
        `SELECT * FROM ${found} WHERE NOT _holds ORDER BY _flow, _t LIMIT ${mostBreaches}`,
      )
    : [];
  const first = counts.find(({ untold }) => untold > 0);
  return {
    evidence: counts.map(({ why: _, ...counted }) => counted),
    why: first ? `${first.untold} of flow ${first.flow} not known: ${first.why}` : null,
    breaches: rows.map(({ _flow, _t, _holds, _why, _events, ...values }) => ({
      flow: Number(_flow),
      t: Number(_t),
      values,
    })),
  };
}
