/** The key by which flows are grouped in plots in which each flow is a point. */

import { basename } from "node:path";
import { literal, wholeNumeral } from "../database/literals.ts";
import type { DrawContext } from "./context.ts";

/** Names of the captures where flows go by these: of its group, its label, or its file where there are several. */
function captureNames({ trace, runs }: DrawContext): { number: number; name: string }[] {
  return trace.captures.flatMap(({ path }, index) => {
    const number = index + 1;
    const group = runs.groups.find(({ captures }) => captures.includes(number));
    const name = group?.name ?? runs.labels.get(number) ?? (trace.captures.length > 1 ? basename(path) : null);
    return name === null ? [] : [{ number, name }];
  });
}

/** SQL over `flows`: what a flow goes by, its capture's name, else its congestion control. */
export function keySql(context: DrawContext): string {
  const names = captureNames(context);
  if (names.length === 0) return "coalesce(cong, 'flows')";
  return `CASE capture ${names.map(({ number, name }) => `WHEN ${wholeNumeral(number)} THEN ${literal(name)}`).join(" ")} END`;
}

/** Puts what goes by a key into the order of the groups or captures, so that each has the same style in every plot. */
export function inKeyOrder<Kind extends { readonly name: string }>(all: readonly Kind[], context: DrawContext): Kind[] {
  const known = [...context.runs.groups.map(({ name }) => name), ...captureNames(context).map(({ name }) => name)];
  const place = ({ name }: Kind) => (known.includes(name) ? known.indexOf(name) : known.length);
  return [...all].sort((a, b) => place(a) - place(b));
}
