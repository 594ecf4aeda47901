/** Faults in congestion events and in how rules are held: what is not known becomes known, or passes. */
import { type Mutant, suite } from "./mutant.ts";

const golden = suite("analyze/test/sql/golden");
const events = suite("analyze/test/sql/congestion-events", "analyze/test/sql/golden");
const packs = suite("analyze/test/packs/packs");
const hold = "analyze/packs/hold.ts";

export const packMutants: readonly Mutant[] = [
  {
    id: "K01",
    fault: "congestion_events: the window before an event is that of a record before lost ones",
    file: "analyze/sql/congestion_events.sql",
    find: "AND NOT crosses_gap_at_once AND ( CASE WHEN ca_state = 'Loss'",
    replace: "AND ( CASE WHEN ca_state = 'Loss'",
    suites: golden,
  },
  {
    id: "K02",
    fault: "congestion_events: the window at a timeout is that of the last segment received",
    file: "analyze/sql/congestion_events.sql",
    find: "WHEN ca_state = 'Loss' THEN told_type = 'timeout'",
    replace: "WHEN ca_state = 'Loss' THEN true",
    suites: events,
  },
  {
    id: "K03",
    fault: "congestion_events: a threshold that may have been there counts as set",
    file: "analyze/sql/congestion_events.sql",
    find: "ELSE ssthresh_after <> in_force",
    replace: "ELSE true",
    suites: events,
  },
  {
    id: "K04",
    fault: "congestion_events: whether a reaction was taken back is told where none was seen",
    file: "analyze/sql/congestion_events.sql",
    find: "WHEN NOT coalesce(is_set_anew, false) THEN NULL",
    replace: "WHEN NOT is_set_anew THEN NULL",
    suites: events,
  },
  {
    id: "K05",
    fault: "packs: a rule that cannot be told holds",
    file: hold,
    find: 'unknown === null ? "holds" : "cannot tell"',
    replace: '"holds"',
    suites: packs,
  },
  {
    id: "K06",
    fault: "packs: what touches lost records counts",
    file: hold,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: text of the file that the fault is put into
    find: 'WHEN ${columns.has("crosses_gap") ? "crosses_gap" : "false"} OR (NOT holds',
    replace: "WHEN (NOT holds",
    suites: packs,
  },
  {
    id: "K07",
    fault: "packs: a flow of an algorithm that is not told breaks a rule of another",
    file: hold,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: text of the file that the fault is put into
    find: "OR (NOT holds AND flow IN (${list(untold)})) THEN NULL",
    replace: "THEN NULL",
    suites: packs,
  },
  {
    id: "K08",
    fault: "packs: a rule holds though records were lost",
    file: hold,
    find: "flows.find(({ crosses_gap }) => crosses_gap)",
    replace: "flows.find(() => false)",
    suites: packs,
  },
  {
    id: "K09",
    fault: "packs: what cannot be told ends with 0",
    file: "analyze/commands/check.ts",
    find: "exitCodes.cannotTell : exitCodes.ok",
    replace: "exitCodes.ok : exitCodes.ok",
    suites: packs,
  },
  {
    id: "K10",
    fault: "packs: a rule that cannot be told is a passed test",
    file: "analyze/check/junit.ts",
    find: 'if (rule.verdict === "holds") return',
    replace: 'if (rule.verdict !== "broken") return',
    suites: packs,
  },
];
