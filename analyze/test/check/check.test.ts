/** `analyze check` on real recordings whose numbers the other tests hold. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { analyze, fixture, headerOf, temporaryDirectory, writeCapture } from "../../../test/support/analyze.ts";

const kmod = fixture("kmod-loss");
const shaped = fixture("shaped-loss");

test("assertions that hold end with 0, for the flows that carry data", async (t) => {
  const { code, out } = await analyze(
    "check",
    kmod,
    "--assert",
    "retransmits = 10",
    "--assert",
    "rto_events = 0 AND gaps = 0",
  );
  t.is(code, 0);
  t.is(
    out,
    "ok    retransmits = 10\n        flow 1: retransmits = 10\nok    rto_events = 0 AND gaps = 0\n        flow 1: rto_events = 0, gaps = 0\nall hold\n",
  );
});

test("one that does not hold ends with 1, and shows what it found", async (t) => {
  const { code, out } = await analyze("check", shaped, "--assert", "goodput_bps > 9e6", "--assert", "rto_events = 2");
  t.is(code, 1);
  t.regex(out, /^FAIL {2}goodput_bps > 9e6\n {8}flow 3: goodput_bps = 89\d+/m);
  t.regex(out, /^ok {4}rto_events = 2$/m);
  t.regex(out, /^1 of 2 checks failed$/m);
});

test("what the source does not tell fails, and says that", async (t) => {
  const { code, out } = await analyze("check", shaped, "--assert", "rtos = 0");
  t.is(code, 1);
  t.regex(out, /flow 3: rtos = -, not known from this source/);
});

test("an aggregate is held against all chosen flows at once", async (t) => {
  const { code, out } = await analyze(
    "check",
    kmod,
    "--flow",
    "1",
    "2",
    "--assert",
    "sum(retransmits) = 10 AND count(*) = 2",
  );
  t.is(code, 0);
  t.regex(out, /all flows: sum\(retransmits\) = 10/);
});

test("assertions come from YAML and from JSON", async (t) => {
  const directory = temporaryDirectory(t);
  const yaml = join(directory, "a.yaml");
  writeFileSync(
    yaml,
    "assertions:\n  - retransmits < 100\n  - name: fast enough\n    assert: goodput_bps > 5e6\n    flow: 1\n",
  );
  t.regex((await analyze("check", kmod, "--assertions", yaml)).out, /^ok {4}fast enough$/m);
  const json = join(directory, "a.json");
  writeFileSync(json, JSON.stringify(["retransmits > 100"]));
  t.is((await analyze("check", kmod, "--assertions", json)).code, 1);
  writeFileSync(json, JSON.stringify([{ assert: "retransmits > 1", flows: 1 }]));
  const refused = await analyze("check", kmod, "--assertions", json);
  t.is(refused.code, 64);
  t.regex(refused.err, /a\.json: assertion 1: must be a text, or \{ name, assert, flow \}/);
});

test("the JUnit report is XML with one case a check, failures among them", async (t) => {
  const path = join(temporaryDirectory(t), "junit.xml");
  await analyze(
    "check",
    kmod,
    "--assert",
    "retransmits < 5",
    "--assert",
    "goodput_bps > 0 AND seen = 'whole'",
    "--junit",
    path,
  );
  const xml = readFileSync(path, "utf8");
  t.regex(xml, /<testsuites tests="2" failures="1">/);
  t.regex(xml, /<failure message="flow 1: retransmits = 10"\/>/);
  t.regex(xml, /name="retransmits &lt; 5 \(flow 1\)"/);
  // Python's parser is a reader that shares nothing with ours.
  const count =
    "import sys, xml.etree.ElementTree as e; print(len(e.parse(sys.argv[1]).findall('.//testcase')), len(e.parse(sys.argv[1]).findall('.//failure')))";
  t.is(execFileSync("python3", ["-c", count, path], { encoding: "utf8" }), "2 1\n");
});

test("what is no assertion, and none at all, are refused", async (t) => {
  const none = await analyze("check", kmod);
  t.is(none.code, 64);
  t.regex(none.err, /^analyze: nothing to check: give --assert/);
  const wrong = await analyze("check", kmod, "--assert", "goodputt > 1");
  t.is(wrong.code, 64);
  t.regex(wrong.err, /goodputt/);
});

test("over a capture without any flow nothing holds, aggregates neither", async (t) => {
  const path = await writeCapture(join(temporaryDirectory(t), "empty.tpp"), "", headerOf("probe"));
  for (const assertion of ["coalesce(sum(rtos), 0) = 0", "count(CASE WHEN rtos > 0 THEN 1 END) = 0", "rtos = 0"]) {
    const { code, out, err } = await analyze("check", path, "--assert", assertion);
    t.is(code, 65, assertion);
    t.is(out, "");
    t.regex(err, /^analyze: .*\n$/);
  }
});
