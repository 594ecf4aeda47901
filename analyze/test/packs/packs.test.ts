/** `analyze check --pack`: what it says, its exit codes, and packs that people write themselves. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { analyze, fixture, headerOf, temporaryDirectory, writeCapture } from "../../../test/support/analyze.ts";
import { goldenCase } from "../../../test/support/golden.ts";

const kmod = fixture("kmod-loss-extended");

test("a rule that holds says on how many events of which flow, and one that cannot be told says why", async (t) => {
  const { code, out } = await analyze("check", kmod, "--pack", "cubic");
  t.is(code, 3);
  t.regex(out, /^ok {4}cubic 4\.6 beta: .*\n {8}holds: 7 events of flow 1$/m);
  t.regex(out, /^\? {5}cubic 4\.8 beta-at-timeouts: .*\n {8}cannot tell: no timeout was seen outside of a recovery$/m);
  t.regex(out, /^6 rules: 5 hold, 0 broken, 1 cannot be told$/m);
});

test("one that is broken names the event: flow, time, values", async (t) => {
  const path = join(temporaryDirectory(t), "synthetic-halves.tpp");
  // A real recording whose thresholds are made 0.5 of the window instead of 0.7.
  const golden = goldenCase("a-loss-and-what-the-window-came-to");
  const text = golden.read("trace.txt").replaceAll(" 63 44 ", " 63 32 ").replaceAll(" 44 44 ", " 32 32 ");
  await writeCapture(path, text, headerOf("probe"));
  const own = packIn(
    t,
    `
    pack: seven-tenths
    about: what CUBIC leaves
    rules:
      - rule: beta
        section: 4.6
        says: 0.7 is left
        evidence: >-
          SELECT flow, t, beta BETWEEN 0.65 AND 0.71 AS holds, cwnd_before, ssthresh_after FROM congestion_events
    `,
  );
  const { code, out } = await analyze("check", path, "--flow", "1", "--pack", own);
  t.is(code, 1);
  t.regex(
    out,
    /^FAIL {2}seven-tenths 4\.6 beta: 0\.7 is left\n {8}broken: 1 of 1 event, flow 1\n {8}flow 1 at 1\.290497 s: cwnd_before = 64, ssthresh_after = 32$/m,
  );
  t.regex(out, /^1 rule: 0 hold, 1 broken, 0 cannot be told$/m);
  // The source does not tell the algorithm, so CUBIC's own rule cannot say that it is CUBIC that breaks it.
  const named = await analyze("check", path, "--flow", "1", "--pack", "cubic");
  t.is(named.code, 3);
  t.regex(named.out, /beta: .*\n.*cannot tell: 1 of flow 1 not known: the source does not tell which algorithm/);
});

test("the JUnit report has the rules: one that cannot be told is a skipped test", async (t) => {
  const path = join(temporaryDirectory(t), "report.xml");
  await analyze("check", kmod, "--pack", "cubic", "--assert", "retransmits > 0", "--junit", path);
  const xml = readFileSync(path, "utf8");
  t.regex(xml, /<testsuites tests="7" failures="0">/);
  t.regex(xml, /errors="0" skipped="1">/);
  t.regex(xml, /name="cubic 4\.6 beta" time="0"\/>/);
  t.regex(xml, /name="cubic 4\.8 beta-at-timeouts" time="0">\n +<skipped message="cannot tell: no timeout was seen/);
});

test("without a name, the packs are listed", async (t) => {
  const { code, out } = await analyze("check", "--pack");
  t.is(code, 0);
  t.deepEqual(
    out
      .trim()
      .split("\n")
      .map((line) => line.split(" ")[0]),
    ["rfc6298", "rfc5681", "cubic", "bbr"],
  );
});

for (const [args, why] of [
  [["check", kmod, "--pack", "cubik"], /there is no pack "cubik"\. Did you mean cubic\?/],
  [["check", kmod, "--pack", "rfc5961"], /there is no pack "rfc5961"\. Did you mean rfc5681\?/],
  [["check", kmod, "--pack", "westwood"], /there is no pack "westwood"\. Packs are rfc6298, rfc5681, cubic, bbr;/],
  [["check", kmod, "--pack"], /--pack needs a name/],
  [["check"], /no capture is given/],
] as const)
  test(`a usage error in one line: ${args.slice(1).join(" ").replace(kmod, "FILE") || "no capture"}`, async (t) => {
    const { code, err } = await analyze(...args);
    t.is(code, 64);
    t.regex(err, why);
    t.is(err.trimEnd().split("\n").length, 1);
  });

test("a file that is not there is told as such", async (t) => {
  const { code, err } = await analyze("check", kmod, "--pack", "./not-there.yaml");
  t.is(code, 66);
  t.regex(err, /not-there\.yaml: no such file/);
});

const rule = (lines: string): string => `
pack: mine
about: a pack of my own
rules:
  - rule: first
    section: 1
    says: something
${lines}`;
const evidence = (sql: string): string => rule(`    evidence: ${sql}`);

for (const [title, text, why] of [
  ["no YAML", "pack: [", /mine\.yaml:\d+: is no YAML: /],
  ["no map", "- 1", /mine\.yaml:1: must be a map with pack, about and rules/],
  ["no rules", "pack: mine\nabout: x\n", /mine\.yaml:1: must have rules: a list of at least one/],
  [
    "a key that there is not",
    rule("    evidense: SELECT 1"),
    /mine\.yaml:8: "evidense" is nothing that a rule has; did you mean evidence\?/,
  ],
  ["no evidence", rule(""), /mine\.yaml:5: evidence is missing/],
  [
    "a need that there is not",
    rule("    needs: [sees_timer]\n    evidence: SELECT 1"),
    /mine\.yaml:8: nothing that a source can is called "sees_timer"; did you mean sees_timers\?/,
  ],
  [
    "a name of other letters",
    rule("    evidence: SELECT 1").replace("first", "A B"),
    /mine\.yaml:5: the rule's name "A B" must be/,
  ],
  [
    "two rules of a name",
    `${evidence("SELECT 1")}\n  - rule: first\n    section: 2\n    says: x\n    evidence: SELECT 2`,
    /mine\.yaml:9: has two rules of the name first/,
  ],
  ["no SQL", evidence("SELEKT 1"), /mine\.yaml:8: rule first: its evidence is no query: /],
  ["two queries", evidence("SELECT 1; SELECT 2"), /mine\.yaml:8: rule first: its evidence must be one query/],
  [
    "a column that there is not",
    evidence("SELECT flow, t, beta > 0.6 AS holds FROM episodes"),
    /mine\.yaml:8: rule first: its evidence fails: .*"t"/,
  ],
  [
    "no verdict",
    evidence("SELECT flow, t FROM trace"),
    /mine\.yaml:8: rule first: its evidence has no column holds; it needs flow, t and holds/,
  ],
  [
    "a verdict that is a number",
    evidence("SELECT flow, t, snd_cwnd AS holds FROM trace"),
    /mine\.yaml:8: rule first: the column holds of its evidence is UINTEGER/,
  ],
  [
    "reading a file",
    evidence("SELECT 1 AS flow, 1 AS t, content = '' AS holds FROM read_text('/etc/passwd')"),
    /mine\.yaml:8: rule first: its evidence reads read_text\(\)/,
  ],
  ["writing", evidence("CREATE TABLE x AS SELECT 1"), /mine\.yaml:8: rule first: its evidence is no query: /],
] as const)
  test(`what is wrong in a pack is one line with its place: ${title}`, async (t) => {
    const { code, out, err } = await analyze("check", kmod, "--pack", packIn(t, text));
    t.is(code, 64);
    t.is(out, "");
    t.regex(err, why);
    t.is(err.trimEnd().split("\n").length, 1, err);
  });

test("evidence cannot read a file as a table either", async (t) => {
  const pack = packIn(
    t,
    evidence(`SELECT 1 AS flow, 1 AS t, true AS holds FROM '${fixture("x").replace("x.tpp", "README.md")}'`),
  );
  const { code, err } = await analyze("check", kmod, "--pack", pack);
  t.is(code, 64);
  t.regex(err, /rule first: its evidence fails: /);
});

test("what touches lost records is not known, and a rule that is not sure to see all cannot hold", async (t) => {
  const path = join(temporaryDirectory(t), "lost.tpp");
  const golden = goldenCase("synthetic-a-loss-of-records-hides-what-the-window-was");
  await writeCapture(path, golden.read("trace.txt"), headerOf("trace_pipe"));
  const one = (condition: string) =>
    packIn(
      t,
      evidence(`SELECT flow, t, crosses_gap, ${condition} AS holds FROM congestion_events WHERE cwnd_before = 12`),
    );
  const holds = await analyze("check", path, "--flow", "1", "--pack", one("beta > 0.6"));
  t.is(holds.code, 3);
  t.regex(
    holds.out,
    /cannot tell: records were lost during flow 1, and with them what may break it; 1 event of flow 1 agree/,
  );
  const broken = await analyze("check", path, "--flow", "1", "--pack", one("beta > 0.7"));
  t.is(broken.code, 1);
  const touching = "SELECT flow, t, crosses_gap, false AS holds FROM congestion_events WHERE crosses_gap";
  const bound = await analyze("check", path, "--flow", "1", "--pack", packIn(t, evidence(touching)));
  t.is(bound.code, 3);
  t.regex(bound.out, /cannot tell: 1 of flow 1 not known: records were lost meanwhile/);
});

/** Takes away what all lines are set in. */
function packIn(t: ExecutionContext, text: string): string {
  const lines = text.split("\n");
  const margin = Math.min(...lines.filter((line) => line.trim()).map((line) => line.search(/\S/)));
  const path = join(temporaryDirectory(t), "mine.yaml");
  writeFileSync(path, lines.map((line) => line.slice(margin)).join("\n"));
  return path;
}
