/** What header, checkpoint and trailer may hold, and that the writer never writes what a reader refuses. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import test from "ava";
import { fullHeader, fullTrailer } from "../../../test/hostile/metadata.ts";
import { makeHeader, temporaryDirectory, writeCapture } from "../../../test/support/tpp.ts";
import { encodeMetadata, maxMetadataBytes, parseMetadata } from "../../format/metadata.ts";
import { asCheckpoint, checkpointProblem, trailerProblem } from "../../format/metadata-schema.ts";
import {
  asHeader,
  HeaderValueError,
  headerProblem,
  type TppHeader,
  TppWriter,
  verifyTpp,
  walkTpp,
} from "../../index.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

test("every recording of the project has a header, checkpoints and a trailer that hold", async (t) => {
  const paths = globSync(["test/fixtures/**/*.tpp", "analyze/test/**/*.tpp"], { cwd: root });
  t.true(paths.length > 25);
  for (const path of paths) {
    const walk = await walkTpp(join(root, path));
    t.deepEqual(walk.damage, [], path);
    t.truthy(walk.header, path);
    t.truthy(walk.trailer, path);
  }
});

test("a header with all that there can be holds, with names that are not known yet too", (t) => {
  t.is(headerProblem(fullHeader), null);
  t.is(trailerProblem(fullTrailer), null);
  const later = { ...fullHeader, later: { a: [1] }, kernel: { ...fullHeader.kernel, later: true } };
  t.is(asHeader(later), later as unknown as TppHeader);
});

const wrong: readonly (readonly [field: string, value: unknown, problem: RegExp])[] = [
  ["filters", { port: 0 }, /^filters\.port is 0, not a whole number from 1 to 65535$/],
  ["filters", { port: "5001" }, /^filters\.port is "5001", not a whole number/],
  ["filters", {}, /^filters\.port is missing/],
  ["filters", { port: null, ports: [[80]] }, /^filters\.ports\[0\] is a list, not a pair/],
  ["filters", { port: null, ports: [[80, 0]] }, /^filters\.ports\[0\]\[1\] is 0, not a whole number/],
  ["filters", { port: null, hosts: ["x".repeat(65)] }, /^filters\.hosts\[0\] is ".*, not text of 1 to 64 characters/],
  ["filters", { port: null, netns: { name: "a" } }, /^filters\.netns\.inode is missing/],
  ["filters", { port: null, sample: 0 }, /^filters\.sample is 0/],
  ["label", "x".repeat(1025), /^label is ".*, not text of 0 to 1024 characters/],
  [
    "sockets",
    { monotonic_ns: "1", known: 1, list: [{ saddr: "'; --" }] },
    /^sockets\.list\[0\]\.saddr is ".*, not an address/,
  ],
  [
    "kernel",
    { release: "6", version: "", machine: "m", hz: 0 },
    /^kernel\.hz is 0, not a whole number from 1 to 10000$/,
  ],
  ["text", "perf", /^text is "perf", not one of probe, trace_pipe, ss, records$/],
  ["source", "bogus", /^source is "bogus", not one of kmod, bpf, tracefs, ss/],
  [
    "clock",
    { realtime_ns: "9".repeat(400), monotonic_ns: "0", zero_monotonic_ns: "0" },
    /^clock\.realtime_ns is "9{40}…", not/,
  ],
  ["clock", { realtime_ns: "0", monotonic_ns: "1e3", zero_monotonic_ns: "0" }, /^clock\.monotonic_ns is "1e3", not/],
  ["clock", { realtime_ns: "0", monotonic_ns: "-1", zero_monotonic_ns: "0" }, /^clock\.monotonic_ns is "-1", not/],
  ["interfaces", [null], /^interfaces\[0\] is null, not an object$/],
  [
    "interfaces",
    [{ name: "e", mtu: 1500, qdisc: null, offloads: { a: 1 } }],
    /^interfaces\[0\]\.offloads\.a is 1, not true or false$/,
  ],
  ["notes", 5, /^notes is 5, not a list/],
  ["notes", ["a", {}], /^notes\[1\] is an object, not text/],
  ["events", null, /^events is null, not an object$/],
  ["events", { "a; DROP": "x" }, /^a name in events is "a; DROP", not an event's name$/],
  ["columns", ["type", "TYPE"], /^columns has TYPE twice$/],
  ["columns", ["type", "a b"], /^columns\[1\] is "a b", not a field's name$/],
  ["set", { id: "a", number: 0 }, /^set\.number is 0/],
  ["command", { argv: [1], started_monotonic_ns: "0" }, /^command\.argv\[0\] is 1, not text/],
  ["imported", 7, /^imported is 7, not an object$/],
  ["sysctl", JSON.parse('{"__proto__": "x"}'), /^sysctl has the name __proto__, which it may not have$/],
  ["module_sysctl", { a: 1 }, /^module_sysctl\.a is 1, not text/],
  ["format", 2, /^format is 2, not 1$/],
  ["capture_id", "", /^capture_id is "", not text of 1 to 128 characters$/],
];

for (const [field, value, problem] of wrong) {
  test(`a header with ${field} ${JSON.stringify(value)?.slice(0, 60)} is refused by that name`, (t) => {
    const header = { ...fullHeader, [field]: value };
    t.is(asHeader(header), undefined);
    t.regex(headerProblem(header) ?? "", problem);
  });
}

const checkpoint = {
  capture_id: "a",
  frame: 1,
  offset: 100,
  compressed_bytes: 50,
  checksum: 1,
  frame_lines: 2,
  frame_raw_bytes: 20,
  lines: 2,
  raw_bytes: 20,
  monotonic_ns: "1",
  lost: { ring: 5 },
};

test("checkpoints are checked likewise, and lose the names that are not known", (t) => {
  t.is(checkpointProblem(checkpoint), null);
  t.deepEqual(asCheckpoint({ ...checkpoint, later: "x".repeat(1000) }) as object, checkpoint);
  for (const [name, value] of Object.entries({
    lost: { ring: -1 },
    frame: 0,
    lines: 1,
    raw_bytes: 19,
    checksum: 2 ** 32,
    monotonic_ns: 1,
    realtime_ns: "x",
    module: { written: 1 },
    frame_raw_bytes: 2 ** 25,
  }))
    t.regex(checkpointProblem({ ...checkpoint, [name]: value }) ?? "", new RegExp(`^${name}`), name);
  t.regex(checkpointProblem({ ...checkpoint, lost: { "a\nb": 1 } }) ?? "", /^a name in lost is "a\\nb", not a cause/);
});

test("JSON that is nested deep or holds very many values is not parsed", (t) => {
  t.is(parseMetadata(Buffer.from(`{"a":${"[".repeat(33)}${"]".repeat(33)}}`)), undefined);
  t.truthy(parseMetadata(Buffer.from(`{"a":${"[".repeat(20)}${"]".repeat(20)},"b":"[[[[${"[".repeat(100)}\\"[["}`)));
  t.is(parseMetadata(Buffer.from(`[${"0,".repeat(1_100_000)}0]`)), undefined);
});

test("a header whose arguments are longer than a header may be is cut, says so, and every record is read again", async (t) => {
  const path = join(temporaryDirectory(t), "a.tpp");
  const argv = Array.from({ length: 14 }, () => "\u0001".repeat(128 * 1024));
  const writer = await TppWriter.create(path, {
    ...makeHeader("a"),
    command_line: ["capture", "run", "--", ...argv],
    command: { argv, started_monotonic_ns: "1" },
    notes: ["a note of its own"],
  });
  writer.write(Buffer.from("1\n2\n"));
  await writer.close({ reason: "duration" });
  const { damage, header, trailer } = await verifyTpp(path);
  t.deepEqual(damage, []);
  t.is(trailer?.lines, 2);
  t.deepEqual(header?.command_line.slice(0, 3), ["capture", "run", "--"]);
  t.regex(header?.command?.argv[0] ?? "", /… \(131072 characters\)$/);
  t.deepEqual(header?.notes, ["a note of its own", "too long for the header, and cut: command_line, command"]);
});

test("of what a reader would refuse, the writer keeps what it can: a loss under no name of its own, a count past all counts", (t) => {
  const decode = (frame: Buffer) => JSON.parse(frame.toString("utf8", 16)) as typeof checkpoint;
  const lost = { ring: 1e300, "a\u0001": 3, __proto__x: 2 };
  const written = decode(encodeMetadata("TPPC", { ...checkpoint, lost, realtime_ns: "soon" }));
  t.is(checkpointProblem(written), null);
  t.deepEqual(written.lost, { ring: 2 ** 48, other: 5 } as object);
  t.false("realtime_ns" in written);
  const trailer = { ...fullTrailer, statistics: { start: null, end: "x".repeat(9e6) }, frames: 0 };
  t.is(trailerProblem(decode(encodeMetadata("TPPT", trailer))), null);
});

test("values that mean nothing are refused before anything is written", async (t) => {
  const path = join(temporaryDirectory(t), "a.tpp");
  const header = { ...makeHeader("a"), filters: { port: 70_000 } };
  await t.throwsAsync(TppWriter.create(path, header), {
    instanceOf: HeaderValueError,
    message: /filters\.port is 70000/,
  });
  t.throws(() => readFileSync(path), { code: "ENOENT" });
});

test("what is written is read, up to the longest metadata that the format has", async (t) => {
  const path = join(temporaryDirectory(t), "a.tpp");
  const notes = Array.from({ length: 15 }, () => "n".repeat(1024 * 1024));
  const frame = encodeMetadata("TPPH", { ...makeHeader("a"), notes });
  t.true(frame.length < maxMetadataBytes);
  t.true(frame.length > 15 * 1024 * 1024);
  await writeCapture(path, Buffer.from("1\n"));
  t.deepEqual((await verifyTpp(path)).damage, []);
});
