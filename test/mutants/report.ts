// biome-ignore-all lint/suspicious/noTemplateCurlyInString: text of the code, as it stands there.
/** Faults in the series of the page and in what it says. */
import { type Mutant, suite } from "./mutant.ts";

const series = suite("analyze/test/report/series");
const page = suite("analyze/test/report/report");

export const reportMutants: readonly Mutant[] = [
  {
    id: "R01",
    fault: "report: of a bin, the last value is taken for the lowest",
    file: "analyze/report/series.ts",
    find: "${known(`min(l${at})`)}, ${known(`max(h${at})`)}",
    replace: "${known(`arg_max(l${at}, ord)`)}, ${known(`max(h${at})`)}",
    suites: series,
  },
  {
    id: "R02",
    fault: "report: a coarser bin forgets the highest of its parts",
    file: "analyze/report/pyramid.ts",
    find: "if (!(high >= max[at]!) && !Number.isNaN(max[at]!)) high = max[at]!;",
    replace: "if (Number.isNaN(high)) high = max[at]!;",
    suites: series,
  },
  {
    id: "R03",
    fault: "report: bins are wider than a pixel",
    file: "analyze/report/pyramid.ts",
    find: "if (width > width_us || best.at_us.length < fewEntries) return best;",
    replace: "if (best.width_us >= width_us || best.at_us.length < fewEntries) return best;",
    suites: series,
  },
  {
    id: "R04",
    fault: "report: a range has no entry on either side, so that lines do not reach its ends",
    file: "analyze/report/pyramid.ts",
    find: "Math.max(0, firstFrom(series.at_us, from_us) - 1)",
    replace: "Math.max(0, firstFrom(series.at_us, from_us))",
    suites: series,
  },
  {
    id: "R05",
    fault: "report: a value that is not known is written as the one before it",
    file: "analyze/report/encode.ts",
    find: "    for (const at of unknownLast) last[at] = Number.NaN;\n    return { width_us",
    replace: "    return { width_us",
    suites: series,
  },
  {
    id: "R06",
    fault: "report: rows without a point of a series count as points",
    file: "analyze/report/series.ts",
    find: "flows[end] === flow; end++) if (count[end]! > 0) entries++;",
    replace: "flows[end] === flow; end++) entries++;",
    suites: series,
  },
  {
    id: "R07",
    fault: "report: a capture that lost records is said to be whole",
    file: "analyze/report/collect.ts",
    find: " && losses.length === 0,",
    replace: ",",
    suites: page,
  },
];
