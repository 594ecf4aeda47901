/** Files that `capture run --rotate` wrote, taken as one capture. */
import { copyFileSync, mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import test from "ava";
import { analyze, fixture, linesOf, opened, temporaryDirectory } from "../../../test/support/analyze.ts";

const numbers = ["0001", "0002", "0003", "0004"];
const files = numbers.map((number) => fixture(`rotated.${number}`));
const [first, second, third, last] = files as [string, string, string, string];

test("files of a set are one capture, whatever their order: flows and times go on", async (t) => {
  const trace = await opened(t, third, first, last, second);
  t.is(trace.captures.length, 1);
  const lines = (await Promise.all(files.map(linesOf))).flat();
  t.is(trace.captures[0]!.records, lines.length);
  t.deepEqual(trace.captures[0]!.incomplete, []);
  const flows = await trace.flows();
  t.is(flows.length, 4);
  t.deepEqual([...new Set(flows.map((flow) => flow.seen))], ["until its close", "whole"]);
  const times = (await trace.rows<{ t: number }>("SELECT t FROM trace ORDER BY ord")).map((row) => row.t);
  const wire = lines.flatMap((line) => (/ (\d+\.\d+): /.exec(line) ? [Number(/ (\d+\.\d+): /.exec(line)![1])] : []));
  const zero = Number(BigInt(trace.captures[0]!.header.clock.monotonic_ns) / 1000n) / 1e6;
  for (const [index, time] of times.entries()) t.true(Math.abs(time - (wire[index]! - zero)) < 2e-6);
});

test("a directory and a pattern stand for the files in them", async (t) => {
  const directory = temporaryDirectory(t);
  for (const file of files) copyFileSync(file, join(directory, basename(file)));
  const whole = await analyze("flows", ...files);
  t.is((await analyze("flows", directory)).out, whole.out);
  t.is((await analyze("flows", join(directory, "rotated.*.tpp"))).out, whole.out);
  t.is((await analyze("verify", directory)).out.trim().split("\n").length, 4);
});

test("two captures beside each other stay two", async (t) => {
  const trace = await opened(t, first, fixture("kmod-loss"), second, third, last);
  t.deepEqual(
    trace.captures.map(({ files }) => files.length),
    [4, 1],
  );
});

test("a missing file is a gap with its place, and is said; a missing end too", async (t) => {
  const trace = await opened(t, first, third);
  t.deepEqual(trace.captures[0]!.incomplete, [
    "file 2 of the set is not there",
    "file 4 of the set and any after it are missing",
  ]);
  const [gap, ...others] = await trace.rows<Record<string, number | string | null>>("SELECT * FROM losses");
  t.deepEqual(others, []);
  t.is(gap!.cause, "file");
  t.is(gap!.lost, null);
  const [ends] = await trace.rows<{ before: number; after: number }>(
    `SELECT max(t) FILTER (WHERE ord <= ${gap!.after_ord}) AS before, min(t) FILTER (WHERE ord > ${gap!.after_ord}) AS after FROM trace`,
  );
  t.deepEqual([gap!.from_s, gap!.to_s], [ends!.before, ends!.after]);
  const flows = await trace.flows();
  t.deepEqual(
    flows.map((flow) => flow.crosses_gap),
    // Nothing shows an end of the first two, so they may have had records in the missing file.
    [true, true, true, true],
  );
  const { err } = await analyze("flows", first, third);
  t.regex(err, /file 2 of the set is not there/);
});

test("files that --keep took away at the beginning are no gap", async (t) => {
  const trace = await opened(t, third, last);
  t.deepEqual(trace.captures[0]!.incomplete, ["files 1 to 2 of the set are not there"]);
  t.deepEqual(await trace.rows("SELECT * FROM losses"), []);
});

test("the same file twice is refused (65)", async (t) => {
  const directory = temporaryDirectory(t);
  const copy = join(directory, "copy.tpp");
  copyFileSync(second, copy);
  const { code, err } = await analyze("flows", second, copy);
  t.is(code, 65);
  t.regex(err, /copy\.tpp: is number 2 of the same set as .*rotated\.0002\.tpp\. Give one of the two/);
});

test("a directory without captures, and a pattern that fits nothing, are named (66)", async (t) => {
  const empty = join(temporaryDirectory(t), "empty");
  mkdirSync(empty);
  for (const [path, message] of [
    [empty, /is a directory without a \.tpp file in it/],
    [join(empty, "*.tpp"), /no such file/],
  ] as const) {
    const { code, err } = await analyze("flows", path);
    t.is(code, 66);
    t.regex(err, message);
  }
});
