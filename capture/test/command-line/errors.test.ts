import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { verifyTpp } from "@tcpprobe-plus/tpp";
import test from "ava";
import { main } from "../../cli.ts";
import "../../commands/recover.ts"; // loaded now, because it could not be read after giving up root
import "../../commands/run.ts";
import "../../sources/tracefs.ts";
import {
  captureHere,
  instancesOf,
  live,
  plainOutput,
  silentIo,
  temporaryDirectory,
  textOf,
} from "../../../test/support/capture.ts";
import { NoTracefsError, SourceGoneError } from "../../errors.ts";
import { everything } from "../../filter/filter.ts";
import { Output } from "../../run/output.ts";
import { record } from "../../run/record.ts";
import { StopRequest } from "../../run/stop-request.ts";
import { takeSnapshot } from "../../snapshot/header.ts";
import { afterFirstLine, type Source } from "../../sources/source.ts";
import { processNamespace } from "../../system/process.ts";
import { findTracefs } from "../../tracefs/trace-instance.ts";

const oneLine = /^capture: .*\S.*\n$/;

const usage: [string[], number, RegExp][] = [
  [["run", "-o", "x", "--port", "0"], 64, /from 1 to 65535/],
  [["run", "-o", "x", "--port", "65536"], 64, /from 1 to 65535/],
  [["run", "-o", "x", "--port", "http"], 64, /from 1 to 65535/],
  [["run", "-o", "x", "--duration", "0"], 64, /Give seconds/],
  [["run", "-o", "x", "--duration", "-1"], 64, /Give seconds/],
  [["run", "-o", "x", "--mode", "755"], 64, /octal/],
  [["run", "-o", "x", "--mode", "440"], 64, /octal/],
  [["run", "-o", "x", "--label", ""], 64, /1 to 1024/],
  [["run", "-o", "x", "--duration", "1y"], 64, /Give seconds/],
  [["run", "-o", "x", "--buffer-size-kb", "1"], 64, /from 64/],
  [["run", "-o", "x", "--source", "pcap"], 64, /auto, kmod, bpf, tracefs, ss/],
  [["run", "-o", "x", "--rotate", "5"], 64, /neither a size nor a time/],
  [["run", "-o", "x", "--max-size", "5"], 64, /such as 500MB/],
  [["run", "-o", "x", "--keep", "3"], 64, /only with --rotate/],
  [["run", "-o", "-", "--rotate", "1h"], 64, /one stream/],
  [["run", "-o", "x", "--full", "--cwnd-changes"], 64, /exclude each other/],
  [["run", "-o", "x", "--level", "0"], 64, /from 1 to 19/],
  [["run", "-o", "x", "--interval", "1"], 64, /from 10 to/],
  [["run", "-o", "x", "iperf3"], 64, /after `--`/],
  [["run", "-o", "x", "--source", "ss", "--probetime", "5"], 69, /only the tcpprobe_plus module/],
  [["stop"], 64, /unknown command/],
  [["run", "-o", "x", "--kmod-file", "/nonexistent/text"], 66, /ENOENT.*--kmod-file/],
  [["recover", "/nonexistent/a.tpp", "-o", "x"], 66, /ENOENT/],
  [["recover", "/dev/null", "-o", "x"], 65, /is empty/],
];

for (const [args, code, message] of usage) {
  test(`capture ${args.join(" ")}: one line, exit code ${code}`, async (t) => {
    const result = await captureHere(...args);
    t.is(result.code, code);
    t.regex(result.err, oneLine);
    t.regex(result.err, message);
  });
}

test("a capture is not printed on a terminal (64)", async (t) => {
  const io = silentIo(true);
  t.is(await main(["node", "capture", "run", "--source", "ss", "-o", "-"], io), 64);
  t.regex(io.err, /standard output is a terminal/);
});

test("an existing output is refused (73), as is a missing directory (73) and a directory as output (73)", async (t) => {
  const directory = temporaryDirectory(t);
  const text = join(directory, "text");
  writeFileSync(text, "0 1.000000000 a\n");
  writeFileSync(join(directory, "there.tpp"), "precious");
  for (const [output, message, extra] of [
    ["there.tpp", /exists already.*-f/, []],
    ["nowhere/a.tpp", /mkdir -p/, []],
    [".", /cannot be written \(EISDIR\)/, ["-f"]],
  ] as const) {
    const result = await captureHere("run", "--kmod-file", text, "-o", join(directory, output), ...extra);
    t.is(result.code, 73);
    t.regex(result.err, oneLine);
    t.regex(result.err, message);
  }
  t.is(readFileSync(join(directory, "there.tpp"), "utf8"), "precious");
  t.is((await captureHere("run", "--kmod-file", text, "-o", join(directory, "there.tpp"), "-f", "--quiet")).code, 0);
  t.deepEqual((await verifyTpp(join(directory, "there.tpp"))).damage, []);
});

test("recover refuses to write over its input (64)", async (t) => {
  const directory = temporaryDirectory(t);
  const path = join(directory, "a.tpp");
  writeFileSync(join(directory, "text"), "0 1.000000000 a\n");
  await captureHere("run", "--kmod-file", join(directory, "text"), "-o", path, "--quiet");
  const result = await captureHere("recover", path, "-o", path, "-f");
  t.is(result.code, 64);
  t.deepEqual((await verifyTpp(path)).damage, []);
});

(existsSync("/proc/net/tcpprobe") ? test.skip : test)("--source kmod without the module says so (69)", async (t) => {
  const result = await captureHere("run", "--source", "kmod", "-o", "x");
  t.is(result.code, 69);
  t.regex(result.err, /module is not loaded/);
  t.regex(result.err, oneLine);
});

test("without tracefs the message says how to mount it", (t) => {
  t.throws(() => findTracefs(["/nonexistent/tracing"]), { instanceOf: NoTracefsError, message: /mount -t tracefs/ });
});

live("without root it says so (77)", async (t) => {
  const directory = temporaryDirectory(t);
  process.seteuid?.(65534);
  try {
    const result = await captureHere("run", "--source", "tracefs", "-o", join(directory, "a.tpp"));
    t.is(result.code, 77);
    t.regex(result.err, /needs root.*sudo/);
    t.regex(result.err, oneLine);
  } finally {
    process.seteuid?.(0);
  }
});

live("a full disk ends it (74) with a file that is whole as far as it goes", async (t) => {
  const directory = temporaryDirectory(t);
  const small = join(directory, "small");
  mkdirSync(small);
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", small]);
  try {
    let text = "";
    for (let line = 0; line < 250_000; line += 1) text += `0 ${line}.000000000 ${Math.random()} ${Math.random()}\n`;
    writeFileSync(join(directory, "text"), text);
    const result = await captureHere("run", "--kmod-file", join(directory, "text"), "-o", join(small, "a.tpp"));
    t.is(result.code, 74);
    t.regex(result.err, /no space left.*free space/);
    t.regex(result.err, /lost .*output/);
    const walk = await verifyTpp(join(small, "a.tpp"));
    t.true(walk.frames.length > 0);
    t.is(walk.trailer?.reason, "disk full");
    t.deepEqual(walk.damage, []);
    t.is(
      execFileSync("zstd", ["-dcq", join(small, "a.tpp")], { maxBuffer: 1 << 28 }).compare(
        Buffer.from(text),
        0,
        walk.trailer!.raw_bytes,
      ),
      0,
    );
  } finally {
    execFileSync("umount", [small]);
  }
});

live(
  "a tracing instance of a process that is gone is removed and named; a refused output leaves none behind",
  async (t) => {
    const directory = temporaryDirectory(t);
    const instances = "/sys/kernel/tracing/instances";
    const leftover = `tcpprobe_plus-4194305-1-${processNamespace()}`; // above the largest possible pid
    mkdirSync(join(instances, leftover));
    const result = await captureHere("run", "--source", "tracefs", "-o", join(directory, "nowhere", "a.tpp"));
    t.is(result.code, 73);
    t.regex(result.err, new RegExp(`removed the tracing instance ${leftover}`));
    const names = readdirSync(instances);
    t.false(names.includes(leftover));
    t.deepEqual(instancesOf(process.pid), []);
  },
);

/** A source with made-up text, for what no kernel does on demand. */
const sourceOf = (read: Source["read"]): Source => ({
  name: "tracefs",
  text: "trace_pipe",
  columns: null,
  path: "",
  notes: [],
  zeroMonotonicNs: "0",
  filter: everything,
  halts: true,
  start: () => {},
  read,
  saw: () => {},
  news: () => ({ lost: {} }),
  cutAt: afterFirstLine,
  advice: () => [],
  halt: () => {},
  waiting: () => 7,
  finish: () => ({ lost: {} }),
  dispose: async () => {},
});

test("a second signal ends the draining at once", async (t) => {
  const path = join(temporaryDirectory(t), "a.tpp");
  const stop = new StopRequest();
  let reads = 0;
  const endless = sourceOf((into) => {
    reads += 1;
    if (reads === 100) stop.request("signal SIGINT", true);
    if (reads === 2000) stop.request("signal SIGINT", true);
    return into.write("x\n".repeat(2000));
  });
  const snapshot = await takeSnapshot({ hostname: false, commandLine: [] });
  const output = await Output.create(endless, snapshot, plainOutput(path));
  const reason = await record(endless, output, stop);
  await output.close({ reason });
  t.regex(reason, /signal SIGINT, then stopped/);
  t.true(reads < 2200);
  t.deepEqual((await verifyTpp(path)).damage, []);
});

test("what was read just before the source fails is in the file", async (t) => {
  const path = join(temporaryDirectory(t), "a.tpp");
  let reads = 0;
  const failing = sourceOf((into) => {
    reads += 1;
    if (reads === 4) throw new SourceGoneError("/proc/x", new Error("EIO"));
    return into.write(`${reads}\n`);
  });
  const output = await Output.create(
    failing,
    await takeSnapshot({ hostname: false, commandLine: [] }),
    plainOutput(path),
  );
  await t.throwsAsync(record(failing, output, new StopRequest()), { name: "SourceGoneError" });
  await output.close({ reason: "reading failed" });
  t.is(textOf(path), "1\n2\n3\n");
});
