/** docs/accuracy.md: the table of results of the last run of the oracle suite. */
import { type Case, cases, controls, type Run } from "./cases.ts";
import { type Comparison, type Metric, metrics } from "./comparison.ts";
import { explanations } from "./explanations.ts";

export interface Result {
  readonly run: Run;
  readonly comparisons: readonly Comparison[];
}

export interface Setting {
  readonly place: Run["place"];
  readonly what: string;
}

const metricNames = Object.keys(metrics) as Metric[];
const caseNames = Object.keys(cases) as Case[];

export function report(results: readonly Result[], settings: readonly Setting[]): string {
  const places = settings.filter((setting) => results.some((result) => result.run.place === setting.place));
  return [
    "<!-- Made by `npm run test:oracles` from real runs: run that again instead of changing it. -->",
    "",
    "# Accuracy",
    "",
    "What `analyze` says of a connection, beside what programs that share no code with it saw of the same connection in the same",
    "run: **tcpdump** at the sender's device, read with tshark; **nstat**, the kernel's counters; **ss**, with the kernel's last look at the",
    "socket as it is destroyed; **iperf3**'s own report. `test/oracles` makes the traffic and compares; `npm run test:oracles` repeats",
    "all of it (as root), and the tests of `npm test` compare a part on the machine that they run on.",
    "",
    ...places.map((setting) => `- **${setting.place}**: ${setting.what}`),
    "",
    "| case | what happens |",
    "|---|---|",
    ...caseNames.map((name) => `| ${name} | ${cases[name]} |`),
    "",
    "## In short",
    "",
    "*Equal*: to the last digit, or within the claim where it has a width. *Explained*: not so, and the reason is one that can be checked (a note below says",
    "which). *Differs*: neither.",
    "",
    "| what | claim | place | compared | equal | explained | differs |",
    "|---|---|---|--:|--:|--:|--:|",
    ...metricNames.flatMap((metric) =>
      places.map(({ place }) => summary(results, metric, place)).filter((line) => line !== null),
    ),
    "",
    ...metricNames.flatMap((metric) => section(results, metric, places)),
  ].join("\n");
}

const of = (results: readonly Result[], metric: Metric, place: Run["place"]): Comparison[] =>
  results
    .filter((result) => result.run.place === place)
    .flatMap((result) => result.comparisons.filter((row) => row.metric === metric));

function summary(results: readonly Result[], metric: Metric, place: Run["place"]): string | null {
  const rows = of(results, metric, place);
  if (rows.length === 0) return null;
  const count = (...verdicts: string[]): number => rows.filter((row) => verdicts.includes(row.verdict)).length;
  const anchor = metric
    .toLowerCase()
    .replaceAll(/[^a-z0-9 ]/g, "")
    .replaceAll(" ", "-");
  const cells = [`[${metric}](#${anchor})`, metrics[metric], place, rows.length];
  return `| ${[...cells, count("exact", "within"), count("explained"), count("differs")].join(" | ")} |`;
}

function section(results: readonly Result[], metric: Metric, places: readonly Setting[]): string[] {
  const notes: string[] = [];
  const lines = [`## ${metric}`, "", ...explanations[metric], ""];
  for (const { place } of places) {
    if (of(results, metric, place).length === 0) continue;
    lines.push(`| ${place} | ${controls.join(" | ")} |`, `|---|${controls.map(() => "---|").join("")}`);
    for (const name of caseNames) {
      const cells = controls.map((control) => {
        const result = results.find(({ run }) => run.place === place && run.case === name && run.control === control);
        const rows = result?.comparisons.filter((row) => row.metric === metric) ?? [];
        return rows.map((row) => cell(row, notes)).join("<br>");
      });
      if (cells.some((text) => text !== "")) lines.push(`| ${name} | ${cells.join(" | ")} |`);
    }
    lines.push("");
  }
  if (notes.length > 0) lines.push(...notes.map((note, index) => `${index + 1}. ${note}`), "");
  return lines;
}

/** One number where both say the same, else `ours / witness (difference)`. */
function cell(row: Comparison, notes: string[]): string {
  const equal = row.witness === "" || (row.ours === row.witness && row.verdict === "exact");
  const numbers = equal ? row.ours : `${row.ours} / ${row.witness} (${row.difference})`;
  const verdict = row.verdict === "differs" ? " **differs**" : row.verdict === "explained" ? " explained" : "";
  if (row.note === undefined) return `${numbers}${verdict}`;
  if (!notes.includes(row.note)) notes.push(row.note);
  return `${numbers}${verdict} [${notes.indexOf(row.note) + 1}]`;
}
