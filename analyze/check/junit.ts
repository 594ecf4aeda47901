/**
 * JUnit's XML, as CI systems read it: one test case for each assertion and flow. It has no times, so the same check
 * gives the same bytes.
 */
import { foreignText } from "@tcpprobe-plus/tpp/base";
import type { RuleOutcome } from "../packs/hold.ts";
import { breachLines, describeRule, titleOf } from "../packs/report.ts";
import type { Outcome } from "./evaluate.ts";
import { describeOutcome } from "./report.ts";

/** What could not be checked: one assertion, or all of them if none is named. */
export interface CheckError {
  readonly assertion: string | null;
  readonly error: Error;
}

/** A rule that cannot be told is a skipped test: it is not passed, and it is seen. */
export function junit(
  capture: string,
  outcomes: readonly Outcome[],
  rules: readonly RuleOutcome[],
  errors: readonly CheckError[],
): string {
  const failures =
    outcomes.filter(({ holds }) => holds !== true).length + rules.filter(({ verdict }) => verdict === "broken").length;
  const skipped = rules.filter(({ verdict }) => verdict === "cannot tell").length;
  const tests = outcomes.length + rules.length + errors.length;
  const counts = `tests="${tests}" failures="${failures}"`;
  const head = (name: string) => `    <testcase classname=${quoted(capture)} name=${quoted(name)} time="0"`;
  const cases = outcomes.map((outcome) => {
    const { assertion, subject, holds } = outcome;
    const begin = head(`${assertion.name} (${subject})`);
    if (holds) return `${begin}/>`;
    return `${begin}>\n      <failure message=${quoted(describeOutcome(outcome))}/>\n    </testcase>`;
  });
  const ruled = rules.map((rule) => {
    const begin = head(titleOf(rule));
    if (rule.verdict === "holds") return `${begin}/>`;
    const message = quoted([describeRule(rule), ...breachLines(rule)].join("; "));
    return `${begin}>\n      <${rule.verdict === "broken" ? "failure" : "skipped"} message=${message}/>\n    </testcase>`;
  });
  const broken = errors.map(
    ({ assertion, error }) =>
      `${head(assertion ?? "all assertions")}>\n      <error type=${quoted(error.name)} message=${quoted(error.message)}/>\n    </testcase>`,
  );
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name=${quoted(capture)} ${counts} errors="${errors.length}" skipped="${skipped}">`,
    ...cases,
    ...ruled,
    ...broken,
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

/** Whether the text is a report of this kind, which a new one may replace. */
export const isJunit = (text: string): boolean =>
  text === "" || /^\uFEFF?\s*<\?xml[^>]*>\s*<testsuites?[\s>]/.test(text);

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Foreign text may hold what XML 1.0 cannot, so that is shown by its number first. */
const quoted = (text: string): string =>
  `"${foreignText(text).replaceAll(/[&<>"]/g, (character) => entities[character]!)}"`;
