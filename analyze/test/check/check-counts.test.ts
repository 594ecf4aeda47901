/**
 * The counts that `analyze check` adds to a row of `flows`, each against a recording in which it is not 0, and what is
 * not known.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import {
  analyze,
  fixture,
  headerOf,
  linesOf,
  temporaryDirectory,
  writeCapture,
} from "../../../test/support/analyze.ts";
import { goldenCase } from "../../../test/support/golden.ts";

const holds = async (path: string, assertion: string, ...options: string[]) => {
  const { code, out, err } = await analyze("check", path, "--json", "--assert", assertion, ...options);
  const outcomes =
    err === "" || code <= 1 ? (JSON.parse(out) as { subject: string; holds: boolean | null; values: object }[]) : [];
  return { code, outcomes, err };
};

test("gaps are the losses of the whole capture", async (t) => {
  const overflow = await holds(fixture("kmod-overflow-extended"), "gaps = 1");
  t.is(overflow.code, 0);
  t.deepEqual(overflow.outcomes[0]!.values, { gaps: 1 });
  t.is((await holds(fixture("kmod-loss"), "gaps = 0")).code, 0);
});

test("timeouts, window probes and spurious ones are counted apart", async (t) => {
  const lines = await linesOf(fixture("kmod-zero-window-extended"));
  // No recording of the closed window has anything in flight as the timer fires.
  const timers = lines.map((line) => line.split(" ")).filter((fields) => fields[0] === "2");
  t.true(timers.length > 0 && timers.every((fields) => fields[22] === "0"));
  const closed = await holds(
    fixture("kmod-zero-window-extended"),
    `rto_events = 0 AND window_probes = ${timers.length}`,
  );
  t.is(closed.code, 0, JSON.stringify(closed.outcomes));

  // Two timeouts, both for data that was lost.
  const lost = await holds(fixture("shaped-loss"), "rto_events = 2 AND spurious_rtos = 0");
  t.is(lost.code, 0, JSON.stringify(lost.outcomes));

  // Two timeouts, both undone.
  const golden = goldenCase("spurious-timeouts-from-tracepoints");
  const path = join(temporaryDirectory(t), "spurious.tpp");
  await writeCapture(path, golden.read("trace.txt"), headerOf("trace_pipe"));
  const spurious = await holds(path, "rto_events = 2 AND spurious_rtos = 2");
  t.is(spurious.code, 0, JSON.stringify(spurious.outcomes));
});

test("a flow without any timeout has none, which is known", async (t) => {
  const { code, outcomes } = await holds(
    fixture("kmod-loss"),
    "rto_events = 0 AND spurious_rtos = 0 AND window_probes = 0",
  );
  t.is(code, 0, JSON.stringify(outcomes));
});

test("what is not known is a failure of the JUnit report, counted as one and saying why", async (t) => {
  const path = join(temporaryDirectory(t), "junit.xml");
  const { code } = await analyze("check", fixture("shaped-loss"), "--assert", "rtos = 0", "--junit", path);
  t.is(code, 1);
  const xml = readFileSync(path, "utf8");
  t.regex(xml, /<testsuites tests="1" failures="1">/);
  t.is(xml.match(/<failure /g)?.length, 1);
  t.regex(xml, /<failure message="flow 3: rtos = -, not known from this source"\/>/);
});
