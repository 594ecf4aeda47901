/**
 * Edge cases that a live capture rarely meets: settings that the kernel refuses, sources that never run dry, totals of
 * sets.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { walkTpp } from "@tcpprobe-plus/tpp";
import test from "ava";
import { captureHere, moduleText, plainOutput, temporaryDirectory } from "../../../test/support/capture.ts";
import { requires } from "../../../test/support/requires.ts";
import { everything } from "../../filter/filter.ts";
import { changeSettings } from "../../module/settings.ts";
import { Output } from "../../run/output.ts";
import { record } from "../../run/record.ts";
import { StopRequest } from "../../run/stop-request.ts";
import { takeSnapshot } from "../../snapshot/header.ts";
import { afterFirstLine, type Source, type SourceNews } from "../../sources/source.ts";
import { openSs } from "../../sources/ss.ts";
import { defaultBufferKb, ringCounters, tracedCpus } from "../../tracefs/trace-instance.ts";

const ssTest = requires({ tools: ["ss"] });

/** A source that supplies these bytes. Functions that are not given do nothing. */
const sourceOf = (given: Partial<Source> & Pick<Source, "read">): Source => ({
  name: "kmod",
  text: "probe",
  columns: ["a"],
  filter: everything,
  path: "/proc/x",
  notes: [],
  zeroMonotonicNs: "0",
  start: () => {},
  saw: () => {},
  news: () => ({ lost: {} }),
  halts: true,
  cutAt: afterFirstLine,
  halt: () => {},
  waiting: () => 0,
  finish: () => ({ lost: {} }),
  advice: () => [],
  dispose: async () => {},
  ...given,
});

test("settings changed before the kernel refuses one are put back, and nothing of it is left written down", (t) => {
  const directory = temporaryDirectory(t);
  const where = { settings: join(directory, "settings"), state: join(directory, "state") };
  mkdirSync(where.settings);
  writeFileSync(join(where.settings, "port"), "0\n");
  symlinkSync("/proc/version", join(where.settings, "full")); // readable, but not writable even for root
  t.throws(() => changeSettings({ port: "5001", full: "1" }, where));
  t.is(readFileSync(join(where.settings, "port"), "latin1").trim(), "0");
  t.deepEqual(readdirSync(where.state), []);
});

test("what a ring has lost is what it overwrote, could not commit and dropped", (t) => {
  const stats =
    "entries: 100\noverrun: 1\ncommit overrun: 2\nbytes: 4000\noldest event ts: 1.000000\nnow ts: 2.000000\ndropped events: 4\nread events: 7\n";
  t.deepEqual(ringCounters(stats), { entries: 100, lost: 7 });
});

ssTest("ss: the next file of a set begins with a poll, not with the line feed of the one before", async (t) => {
  const source = await openSs({ filter: everything, intervalMs: 1000, say: () => {} });
  const [first, second] = ["# ss 1 10 20\nESTAB 0 0\n", "# ss 2 30 40\nESTAB 0 0\n"] as const;
  t.is(source.cutAt(Buffer.from(first + second)), 0);
  t.is(source.cutAt(Buffer.from(`ESTAB 0 0\n${second}${first}`)), "ESTAB 0 0\n".length);
  t.is(source.cutAt(Buffer.from("ESTAB 0 0\n")), -1);
  await source.dispose();
});

test.serial("a source that never runs dry is drained for ten seconds and no longer", async (t) => {
  // The clock advances by a second with each read, so that the test need not wait.
  const clock = performance.now;
  let reads = 0;
  performance.now = () => reads * 1000;
  const stop = new StopRequest();
  const endless = sourceOf({
    read: (into) => {
      reads++;
      if (reads === 100) stop.request("duration", false);
      if (reads > 300) throw new Error("drained for ever");
      return into.fill("x\n").length;
    },
  });
  const space = Buffer.alloc(16 * 1024);
  const sink = { space: () => space, filled: () => null, failure: null, isFull: false };
  try {
    t.is(await record(endless, sink, stop), "duration");
    t.true(reads > 105 && reads < 120, `${reads}`);
  } finally {
    performance.now = clock;
  }
});

test("the totals of a set are the sums of its files", async (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, "text"), Buffer.concat(Array.from({ length: 40 }, () => moduleText("loss"))));
  const { code, err } = await captureHere(
    ...["run", "--kmod-file", join(directory, "text"), "-o", join(directory, "a.tpp"), "--rotate", "150kB", "--json"],
  );
  t.is(code, 0, err);
  const end = err
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line))
    .find(({ event }) => event === "end");
  const paths = readdirSync(directory)
    .filter((name) => name.endsWith(".tpp"))
    .map((name) => join(directory, name));
  t.true(paths.length >= 3);
  const trailers = await Promise.all(paths.map(async (path) => (await walkTpp(path)).trailer!));
  const sum = (of: readonly number[]): number => of.reduce((total, one) => total + one, 0);
  t.is(end.file_bytes, sum(paths.map((path) => statSync(path).size)));
  t.is(end.records, sum(trailers.map(({ lines }) => lines)));
  t.is(end.raw_bytes, sum(trailers.map(({ raw_bytes }) => raw_bytes)));
});

test("a setting that was changed meanwhile is in the header of the next file of a set", async (t) => {
  const directory = temporaryDirectory(t);
  const changed = { port: "0", probetime: "10" };
  let told = false;
  const news = (): SourceNews => {
    if (told) return { lost: {} };
    told = true;
    return { lost: {}, moduleSysctl: changed };
  };
  const line = "1 2 3 4 5 6 7 8\n";
  const source = sourceOf({ news, read: () => "ended" });
  const options = { ...plainOutput(join(directory, "a.tpp")), rotate: { seconds: 0 } };
  const output = await Output.create(source, await takeSnapshot({ hostname: false, commandLine: [] }), options);
  for (let times = 0; times < 3; times++) {
    const space = output.space(16 * 1024);
    await output.filled(space.write(line.repeat(10)));
  }
  await output.close({ reason: "duration" });
  const headers = await Promise.all(output.paths.map(async (path) => (await walkTpp(path)).header!));
  t.true(headers.length >= 3);
  t.not(headers[0]!.module_sysctl?.probetime, "10");
  t.deepEqual(headers.at(-1)!.module_sysctl, changed);
  t.true(output.paths.every((path) => existsSync(path)));
});

test("rings are counted by what the kernel keeps, not by the CPUs that this process may use", (t) => {
  const root = temporaryDirectory(t);
  for (let cpu = 0; cpu < 64; cpu++) mkdirSync(join(root, "per_cpu", `cpu${cpu}`), { recursive: true });
  writeFileSync(join(root, "per_cpu", "readme"), "");
  t.is(tracedCpus(root), 64);
  t.is(defaultBufferKb(tracedCpus(root)) * 64, 256 * 1024);
});
