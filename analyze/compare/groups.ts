/** Groups of runs side by side: means over their runs, and how they differ from the first group. */
import { literal, numeral, wholeNumeral } from "../database/literals.ts";
import { UsageError } from "../errors.ts";
import { bounded, lists } from "../terminal/bounds.ts";
import { type TableColumn, unknown } from "../terminal/table.ts";
import { count, decimals, plural } from "../terminal/units.ts";
import { checkLabels, type Group, groupsOf } from "../trace/groups.ts";
import type { Trace } from "../trace/trace.ts";
import { changeText, comparisonSql, type Measure, measures, type Row } from "./runs.ts";
import { confidence, type Difference, differenceOf, type Sample, sampleOf } from "./statistics.ts";

export interface GroupOptions {
  readonly groups: readonly string[];
  readonly labels: readonly string[];
}

/** A measure of a group: of each run, all its flows together. */
interface Cell {
  readonly measure: Measure;
  readonly group: Group;
  /** Of the runs of which it is known; null where it is known of none. */
  readonly sample: Sample | null;
  /** Runs of the group in which there are flows with data. */
  readonly runs: number;
  /** Whether the number of some run is a lower bound, or approximate. */
  readonly bounds: { readonly at_least: string; readonly about: string };
  /** To the first group; null for that group itself, and where either is not known of all its runs. */
  readonly difference: Difference | null;
}

/** A mean of whole numbers is none. */
const shown = ({ show }: Measure, value: number): string => (show === count ? decimals(value, 1) : show(value));

/** Throws a UsageError where a pattern of --group or the number of labels does not fit. */
async function cellsOf(
  trace: Trace,
  { groups, labels }: GroupOptions,
): Promise<{ groups: Group[]; cells: Cell[][]; isMixed: boolean }> {
  checkLabels(labels, groups.length, "groups");
  const found = groupsOf(
    trace.captures.map(({ path }) => path),
    groups,
    labels,
  );
  const rows = (await trace.rows(`FROM (${await comparisonSql(trace)}) WHERE place = 0`)) as unknown as Row[];
  const compared = found.flatMap(({ captures }) => captures);
  // What tracepoints count as retransmitted is another thing than what the other sources do.
  const isMixed = await trace.database.value<boolean>(
    `SELECT count(DISTINCT counts_packets) > 1 FROM captures WHERE capture IN (${compared.map(wholeNumeral).join(", ")})`,
  );
  const cells = measures
    .filter(({ name }) => !isMixed || name !== "retransmits")
    .map((measure) => {
      const { name } = measure;
      const made: Cell[] = [];
      for (const group of found) {
        const runs = rows.filter(({ capture }) => group.captures.includes(capture));
        const values = runs.flatMap((run) => (typeof run[name] === "number" ? [run[name]] : []));
        const sample = sampleOf(values);
        const [first] = made;
        const areKnown =
          first?.sample &&
          sample &&
          first.sample.runs === first.group.captures.length &&
          values.length === group.captures.length;
        const of = (which: "at_least" | "about") => (runs.some((run) => lists(run[which], name)) ? name : "");
        made.push({
          measure,
          group,
          sample,
          runs: group.captures.length,
          bounds: { at_least: of("at_least"), about: of("about") },
          difference: areKnown ? differenceOf(first.sample, sample) : null,
        });
      }
      return made;
    });
  return { groups: found, isMixed, cells: cells.filter((row) => row.some(({ sample }) => sample !== null)) };
}

/** A table of the measures by group, and lines that say how the numbers are made. */
export async function compareGroups(
  trace: Trace,
  options: GroupOptions,
): Promise<{ columns: TableColumn[]; notes: string[] }> {
  const { groups, cells, isMixed } = await cellsOf(trace, options);
  const columns: TableColumn[] = [{ header: "all flows of a run", cells: cells.map(([cell]) => cell!.measure.title) }];
  for (const [index, group] of groups.entries()) {
    const of = cells.map((row) => row[index]!);
    columns.push({
      header: `${group.name} (${plural(group.captures.length, "run")})`,
      cells: of.map(sampleText),
      alignRight: true,
    });
    if (index === 0) continue;
    columns.push(
      { header: "change", cells: of.map((cell, row) => differenceText(cell, cells[row]![0]!)), alignRight: true },
      { header: "p", cells: of.map(({ difference }) => probabilityText(difference)), alignRight: true },
    );
  }
  const tests = cells.flat().filter(({ difference }) => difference !== null && difference.p !== null).length;
  return { columns, notes: [...notesOf(groups, tests), ...(isMixed ? [mixedNote] : [])] };
}

const mixedNote =
  "retransmissions are left out: tracepoints tell of buffers, the other sources of segments, and a buffer can be several";

function notesOf(groups: readonly Group[], tests: number): string[] {
  const percent = `${100 * confidence} %`;
  const single = groups.filter(({ captures }) => captures.length === 1).map(({ name }) => name);
  return [
    `means over runs ± half of their ${percent} confidence interval (Student's t)`,
    ...(tests > 0
      ? [
          `change: to the first group, ± half of its ${percent} interval; p: Welch's t-test, two-sided, of runs taken to be independent`,
          `${plural(tests, "test")}: about one in twenty of a number that does not differ has p below 0.05 by chance`,
        ]
      : []),
    ...single.map((name) => `${name}: one run tells nothing of how runs vary`),
  ];
}

function sampleText({ measure, sample, runs, bounds }: Cell): string {
  if (sample === null) return unknown;
  const mean = bounded(bounds, measure.name, shown(measure, sample.mean));
  const text = sample.half === null ? mean : `${mean} ± ${shown(measure, sample.half)}`;
  return sample.runs === runs ? text : `${text} of ${count(sample.runs)} of ${count(runs)} runs`;
}

function differenceText({ measure, difference, sample }: Cell, first: Cell): string {
  if (difference === null || sample === null || first.sample === null) return unknown;
  const change = changeText(first.sample.mean, sample.mean, measure.name);
  const base = measure.name.endsWith("_share") ? 0.01 : Math.abs(first.sample.mean) / 100;
  return difference.half === null || base === 0
    ? change
    : `${change.replace(/ (%|points)$/, "")} ± ${(difference.half / base).toFixed(1)} ${measure.name.endsWith("_share") ? "points" : "%"}`;
}

function probabilityText(difference: Difference | null): string {
  if (difference?.p === null || difference?.p === undefined) return unknown;
  return difference.p < 0.0001 ? "< 0.0001" : difference.p.toPrecision(2);
}

/** SQL of the numbers of `compareGroups`: a row for each measure and group. */
export async function groupsSql(trace: Trace, options: GroupOptions): Promise<string> {
  const { cells } = await cellsOf(trace, options);
  const number = (value: number | null | undefined) =>
    value === null || value === undefined ? "NULL::DOUBLE" : `${numeral(value)}::DOUBLE`;
  const rows = cells.flat().map(({ measure, group, sample, runs, bounds, difference }) => {
    const ends = (middle: number | undefined, half: number | null | undefined) =>
      middle === undefined || half === null || half === undefined ? [null, null] : [middle - half, middle + half];
    return `(${[
      literal(measure.name),
      literal(group.name),
      wholeNumeral(runs),
      wholeNumeral(sample?.runs ?? 0),
      ...[sample?.mean, sample?.deviation, ...ends(sample?.mean, sample?.half)].map(number),
      ...[difference?.value, ...ends(difference?.value, difference?.half), difference?.p].map(number),
      bounds.at_least !== "",
      bounds.about !== "",
    ].join(", ")})`;
  });
  if (rows.length === 0) throw new UsageError("these captures have no flow with data, so there is nothing to compare");
  return `SELECT * FROM (VALUES ${rows.join(", ")}) AS compared(measure, "group", runs, known_runs, mean, standard_deviation,
    mean_low, mean_high, difference, difference_low, difference_high, p, at_least, about)`;
}
