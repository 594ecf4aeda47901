/** JUnit's XML, as CI systems read it: one test case for each assertion and flow. */
import type { Outcome } from "./evaluate.ts";
import { describeOutcome } from "./report.ts";

export function junit(capture: string, outcomes: readonly Outcome[], seconds: number): string {
  const failures = outcomes.filter(({ holds }) => holds !== true).length;
  const suite = `name=${quoted(capture)} tests="${outcomes.length}" failures="${failures}" errors="0" skipped="0" time="${seconds.toFixed(3)}"`;
  const cases = outcomes.map((outcome) => {
    const { assertion, subject, holds } = outcome;
    const head = `    <testcase classname=${quoted(capture)} name=${quoted(`${assertion.name} (${subject})`)} time="0"`;
    if (holds) return `${head}/>`;
    return `${head}>\n      <failure message=${quoted(describeOutcome(outcome))}/>\n    </testcase>`;
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites tests="${outcomes.length}" failures="${failures}">`,
    `  <testsuite ${suite}>`,
    ...cases,
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\n": "&#10;",
};

const quoted = (text: string): string => `"${text.replaceAll(/[&<>"\n]/g, (character) => entities[character]!)}"`;
