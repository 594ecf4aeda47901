/**
 * A trace over captures that are still being written: every view says of the records so far what it would at the end.
 */
import { appendFileSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import test from "ava";
import { fixture, fixtureFile, temporaryDirectory } from "../../../test/support/analyze.ts";
import { openTrace, type Trace } from "../../trace/trace.ts";
import { viewNames } from "../../trace/views.ts";

/** All views as text, but for the name of the file. */
async function answers(trace: Trace): Promise<Map<string, unknown[]>> {
  const found = new Map<string, unknown[]>();
  for (const view of viewNames) {
    await trace.need(view);
    const without = view === "captures" ? "EXCLUDE (path)" : view === "losses" ? "EXCLUDE (from_s, to_s)" : "";
    found.set(view, await trace.rows(`SELECT * ${without} FROM ${view} ORDER BY ALL`));
  }
  return found;
}

/** Writes a file in pieces, growing the trace after each. */
async function follow(trace: Trace, target: string, bytes: Buffer, from: number, pieces: number): Promise<number> {
  let records = 0;
  const step = Math.ceil((bytes.length - from) / pieces);
  for (let at = from; at < bytes.length; at += step) {
    appendFileSync(target, bytes.subarray(at, at + step));
    records += (await trace.grow()).records;
    await trace.need("trace", "flows", "marks");
  }
  return records;
}

const names = [
  "kmod-loss-extended.tpp",
  "kmod-overflow-extended.tpp",
  "ss-loss.tpp",
  "cubic-bbr.tpp",
  "numbers/late-attach.ss.tpp",
  "causes/tracefs-cause-loss.tpp",
  "ecn/cubic.bpf.tpp",
];

for (const name of names)
  test(`${name}: at the end of a followed capture, each view is that of the whole file`, async (t) => {
    const bytes = readFileSync(fixtureFile(name));
    const target = join(temporaryDirectory(t), basename(name));
    const header = 8 + bytes.readUInt32LE(4);
    writeFileSync(target, bytes.subarray(0, header));
    await using trace = await openTrace([target], { follow: true, cache: false });
    t.true(trace.isGrowing);
    t.deepEqual(await trace.rows("SELECT count(*) AS records FROM trace"), [{ records: 0 }]);
    const records = await follow(trace, target, bytes, header, 5);
    t.false(trace.isGrowing);
    t.deepEqual((await trace.grow()).notes, []);
    t.is(records, trace.captures[0]!.records);
    await using whole = await openTrace([fixtureFile(name)], { cache: false });
    const [got, expected] = [await answers(trace), await answers(whole)];
    for (const view of viewNames) t.deepEqual(got.get(view), expected.get(view), view);
  });

test("a capture that is followed stands beside whole ones, and its connections have numbers behind theirs", async (t) => {
  const bytes = readFileSync(fixture("loopback"));
  const directory = temporaryDirectory(t);
  const target = join(directory, "live.tpp");
  writeFileSync(target, bytes.subarray(0, 20_000));
  await using trace = await openTrace([target, fixture("kmod-loss")], { follow: true, cache: false });
  await follow(trace, target, bytes, 20_000, 3);
  const flows = await trace.rows<{ capture: number; flow: number }>("SELECT capture, flow FROM flows ORDER BY flow");
  const numbers = flows.map(({ flow }) => flow);
  t.deepEqual(numbers, [...new Set(numbers)]);
  t.is(flows[0]!.capture, 2);
  t.is(flows.at(-1)!.capture, 1);
});

test("what was read of a file that is cut while it is followed stays, and one line says so", async (t) => {
  const bytes = readFileSync(fixture("kmod-loss"));
  const target = join(temporaryDirectory(t), "live.tpp");
  writeFileSync(target, bytes.subarray(0, 40_000));
  await using trace = await openTrace([target], { follow: true, cache: false });
  const [before] = await trace.rows<{ records: number }>("SELECT count(*) AS records FROM trace");
  t.true(before!.records > 100);
  truncateSync(target, 9000);
  const { notes } = await trace.grow();
  t.is(notes.length, 1);
  t.regex(notes[0]!, /live\.tpp: was cut from 40000 to 9000 bytes while it was followed\./);
  t.false(trace.isGrowing);
  t.deepEqual(trace.captures[0]!.damage, notes);
  const [after] = await trace.rows<{ records: number }>("SELECT count(*) AS records FROM trace");
  t.true(after!.records >= before!.records);
});

test("a damaged capture is read as it is, and not followed", async (t) => {
  const bytes = readFileSync(fixture("kmod-loss"));
  const target = join(temporaryDirectory(t), "damaged.tpp");
  bytes[Math.floor(bytes.length / 2)]! ^= 4;
  writeFileSync(target, bytes);
  await using trace = await openTrace([target], { follow: true, cache: false });
  t.false(trace.isGrowing);
});
