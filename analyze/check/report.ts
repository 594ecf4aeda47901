/** Outcomes of assertions as lines of text. */
import { foreignText } from "@tcpprobe-plus/tpp/base";
import { unknown } from "../terminal/table.ts";
import type { Outcome } from "./evaluate.ts";

/** What an outcome rests on: `flow 3: goodput_bps = 8.9e6`. */
export function describeOutcome({ subject, unknown: unknownWhy, values }: Outcome): string {
  const facts = Object.entries(values).map(([name, value]) => `${name} = ${value ?? unknown}`);
  return [subject, [...facts, unknownWhy ?? ""].filter(Boolean).join(", ")].filter(Boolean).join(": ");
}

/** One line an assertion, and below those that fail one for each flow. */
export function report(outcomes: readonly Outcome[]): string {
  const assertions = [...new Set(outcomes.map(({ assertion }) => assertion))];
  return assertions
    .flatMap((assertion) => {
      const mine = outcomes.filter((outcome) => outcome.assertion === assertion);
      const failed = mine.filter(({ holds }) => holds !== true);
      const rows = failed.length > 0 ? failed : mine;
      return [
        `${failed.length > 0 ? "FAIL" : "ok  "}  ${assertion.name}`,
        ...rows.map((outcome) => `        ${describeOutcome(outcome)}`),
      ];
    })
    .map((line) => `${foreignText(line)}\n`)
    .join("");
}
