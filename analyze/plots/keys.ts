/** The key by which flows are grouped in plots in which each flow is a point. */

import { basename } from "node:path";
import { literal, wholeNumeral } from "../database/literals.ts";
import type { DrawContext } from "./context.ts";

/**
 * SQL over `flows`: the group of the flow's capture, else its label, else its file if there are several, else the
 * flow's congestion control.
 */
export function keySql({ trace, runs }: DrawContext): string {
  const cases = trace.captures.map(({ path }, index) => {
    const number = index + 1;
    const group = runs.groups.find(({ captures }) => captures.includes(number));
    const name = group?.name ?? runs.labels.get(number) ?? (trace.captures.length > 1 ? basename(path) : null);
    return { number, name };
  });
  const named = cases.filter(({ name }) => name !== null);
  if (named.length === 0) return "coalesce(cong, 'flows')";
  return `CASE capture ${named.map(({ number, name }) => `WHEN ${wholeNumeral(number)} THEN ${literal(name!)}`).join(" ")} END`;
}
