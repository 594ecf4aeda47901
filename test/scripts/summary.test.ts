/** What `npm test` makes of AVA's output, and of a machine that lacks something. */
import test from "ava";
import { TapSummary } from "../../scripts/tap-summary.ts";
import { missingOf } from "../support/requires.ts";

function summaryOf(lines: readonly string[], status: number | null): { shown: string[]; last: string; ok: boolean } {
  const summary = new TapSummary();
  const shown = lines.map((line) => summary.read(line)).filter((line) => line !== null);
  return { shown, last: summary.text(status).split("\n").at(-1)!, ok: summary.ok(status) };
}

test("passed tests are counted and shown, TAP's own lines are not", (t) => {
  const lines = [
    "TAP version 13",
    "ok 1 - a",
    "#   said by the test",
    "ok 2 - b - c",
    "",
    "1..2",
    "# tests 2",
    "# pass 2",
    "# fail 0",
  ];
  const { shown, last, ok } = summaryOf(lines, 0);
  t.deepEqual(shown, ["✔ a", "#   said by the test", "✔ b - c"]);
  t.is(last, "2 passed, 0 failed");
  t.true(ok);
});

test("a failed test is named again at the end", (t) => {
  const { last, ok } = summaryOf(["ok 1 - a", "not ok 2 - b", "  ---", "  name: AssertionError"], 1);
  t.is(last, "1 passed, 1 failed");
  t.false(ok);
});

test("skipped tests are counted by what they need", (t) => {
  const summary = new TapSummary();
  for (const n of [1, 2])
    t.is(summary.read(`ok ${n} - x${n} (needs root, iperf3) # SKIP`), `- x${n} (needs root, iperf3)`);
  summary.read("ok 3 - y");
  t.is(summary.text(0), "\nskipped: 2 for root, iperf3\n1 passed, 0 failed, 2 skipped");
});

test("a test runner that failed without a failed test, or that ran none, is a failure", (t) => {
  t.is(summaryOf(["ok 1 - a"], 1).last, "1 passed, 1 failed");
  t.is(summaryOf(["ok 1 - a"], null).last, "1 passed, 1 failed");
  t.is(summaryOf(["not ok 1 - a", "# 3 tests remaining in a.test.ts", "# fail 4"], 1).last, "0 passed, 4 failed");
  t.false(summaryOf([], 0).ok);
});

test("a missing program is named", (t) => {
  t.deepEqual(missingOf({ tools: ["sh", "no-such-program"], also: { "a blue moon": false, "a kernel": true } }), [
    "no-such-program",
    "a blue moon",
  ]);
});
