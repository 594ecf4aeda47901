// What the settings, the filters and the data file's rules did, from the evidence that the guest left.
import type { Evidence } from "../harness/boot.ts";
import { counter, groupBy, pairOf, parseRecords, parseStat, type Rec } from "../harness/records.ts";

export const table = (text: string, separator = " ") =>
  text
    .trim()
    .split("\n")
    .map((l) => l.split(separator));

export const recordsOf = (evidence: Evidence, name: string): Rec[] => parseRecords(evidence.text(`${name}/probe.txt`));
export const statOf = (evidence: Evidence, name: string, when = "after") =>
  parseStat(evidence.text(`${name}/stat.${when}`));

/** How much each documented counter grew over a log. */
export function growth(evidence: Evidence, name: string): Record<keyof typeof counter, number> {
  const before = statOf(evidence, name, "before").total;
  const after = statOf(evidence, name, "after").total;
  return Object.fromEntries(
    Object.entries(counter).map(([key, i]) => [key, (after[i] as number) - (before[i] as number)]),
  ) as Record<keyof typeof counter, number>;
}

export type Hole = { after: Rec; before: Rec; lost: number };

/** Record numbers that are missing; throws where they do not increase. */
export function holes(records: Rec[]): Hole[] {
  const found: Hole[] = [];
  records.forEach((r, i) => {
    const previous = records[i - 1];
    const number = Number(r.more.record);
    const step = number - (previous ? Number(previous.more.record) : 0);
    if (step < 1) throw new Error(`record ${number} after ${previous?.more.record}`);
    if (step > 1) found.push({ after: previous ?? r, before: r, lost: step - 1 });
  });
  return found;
}

/** Smallest time in ns between two samples of one flow in one direction (recv or send), over all flows. */
export function smallestSpacing(records: Rec[]): bigint {
  let smallest = 1n << 62n;
  for (const flow of groupBy(
    records.filter((r) => r.type < 2),
    (r) => `${r.type} ${pairOf(r)}`,
  ).values()) {
    flow.forEach((r, i) => {
      const previous = flow[i - 1];
      if (previous && r.t - previous.t < smallest) smallest = r.t - previous.t;
    });
  }
  return smallest;
}

/** Times never go back, whichever CPU wrote a record. */
export function disorder(records: Rec[]): number {
  return records.filter((r, i) => i > 0 && r.t < (records[i - 1] as Rec).t).length;
}
