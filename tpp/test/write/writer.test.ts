import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import test from "ava";
import { makeHeader, temporaryDirectory, traceText, writeCapture } from "../../../test/support/tpp.ts";
import {
  DiskFullError,
  OutputDirectoryError,
  OutputExistsError,
  readFrames,
  TppWriter,
  verifyTpp,
  walkTpp,
} from "../../index.ts";

const zstd = (...args: string[]): Buffer =>
  execFileSync("zstd", args, { maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "ignore"] });

test("zstd -dc prints exactly the source's bytes and zstd -t accepts the file, however the bytes came", async (t) => {
  const directory = temporaryDirectory(t);
  for (const chunkBytes of [1, 7, 4096, 100_000, traceText.length]) {
    const path = join(directory, `${chunkBytes}.tpp`);
    const writer = await TppWriter.create(path, makeHeader("a"), { frameBytes: 20_000 });
    for (let at = 0; at < traceText.length; at += chunkBytes) {
      if (!writer.write(traceText.subarray(at, at + chunkBytes))) await writer.drained();
    }
    const totals = await writer.close({ reason: "duration", statistics: { start: null, end: "x 1" } });
    t.true(zstd("-dc", path).equals(traceText));
    zstd("-t", path);
    t.is(totals.rawBytes, traceText.length);
    t.is(totals.fileBytes, statSync(path).size);
    const checked = await verifyTpp(path);
    t.deepEqual(checked.damage, []);
    t.is(checked.trailer?.reason, "duration");
    t.deepEqual(checked.trailer?.statistics, { start: null, end: "x 1" });
  }
});

test("text that is put into the writer's own space comes out the same, mixed with text that is not", async (t) => {
  const directory = temporaryDirectory(t);
  const long = Buffer.alloc(70_000, "b");
  const text = Buffer.concat([traceText, long, Buffer.from("\n"), traceText]);
  for (const chunkBytes of [1, 1000, 16_384]) {
    const path = join(directory, `${chunkBytes}.tpp`);
    const writer = await TppWriter.create(path, makeHeader("a"), { frameBytes: 20_000 });
    for (let at = 0; at < text.length; ) {
      const chunk = text.subarray(at, at + chunkBytes);
      const space = writer.space(chunkBytes);
      t.true(space.length >= chunkBytes);
      if (!writer.filled(chunk.copy(space))) await writer.drained();
      at += chunk.length;
      if (at % 3 === 0) writer.write(text.subarray(at, ++at));
    }
    await writer.close({ reason: "duration" });
    t.true(zstd("-dc", path).equals(text));
    const { damage, frames } = await verifyTpp(path);
    t.deepEqual(damage, []);
    t.true(frames.length > 4);
  }
});

test("every data frame ends with a whole line and holds no more than the limit", async (t) => {
  const path = join(temporaryDirectory(t), "a.tpp");
  await writeCapture(path, traceText, { frameBytes: 5000 });
  const walk = await walkTpp(path);
  t.true(walk.frames.length > 20);
  for await (const { raw } of readFrames(path, walk)) {
    t.is(raw.at(-1), 10);
    t.true(raw.length <= 5000);
  }
});

test("a last line without newline is kept", async (t) => {
  const path = join(temporaryDirectory(t), "a.tpp");
  await writeCapture(path, Buffer.from("one\ntwo\nthr"));
  t.is(zstd("-dc", path).toString(), "one\ntwo\nthr");
  const checked = await verifyTpp(path);
  t.deepEqual(checked.damage, []);
  t.is(checked.trailer?.lines, 3);
});

test("a capture without any record is a whole file", async (t) => {
  const path = join(temporaryDirectory(t), "a.tpp");
  await writeCapture(path, Buffer.alloc(0));
  const checked = await verifyTpp(path);
  t.deepEqual([checked.frames.length, checked.damage.length, checked.trailer?.lines], [0, 0, 0]);
  t.is(zstd("-dc", path).length, 0);
});

test("a line longer than a frame stays whole; one longer than the format allows is cut, no byte is lost", async (t) => {
  const directory = temporaryDirectory(t);
  const long = Buffer.concat([Buffer.from("a\n"), Buffer.alloc(300_000, "b"), Buffer.from("\nc\n")]);
  await writeCapture(join(directory, "long.tpp"), long, { frameBytes: 1000 });
  t.true(zstd("-dc", join(directory, "long.tpp")).equals(long));
  const endless = Buffer.concat([Buffer.alloc(20 * 1024 * 1024, "b"), Buffer.from("\nc\n")]);
  await writeCapture(join(directory, "endless.tpp"), endless);
  t.true(zstd("-dc", join(directory, "endless.tpp")).equals(endless));
  t.deepEqual((await verifyTpp(join(directory, "endless.tpp"))).damage, []);
});

test("a quiet source's line is on disk after frameMs, without anything else coming", async (t) => {
  const path = join(temporaryDirectory(t), "a.tpp");
  const writer = await TppWriter.create(path, makeHeader("a"), { frameMs: 200 });
  writer.write(Buffer.from("first\nsecond\nthi"));
  await wait(600);
  const walk = await walkTpp(path);
  t.is(walk.frames.length, 1);
  t.is(walk.frames[0]?.lines, 2);
  t.is(walk.trailer, null);
  t.regex(
    walk.damage[0]?.text ?? "",
    /no trailer: cut off, or still being written; 1 intact frames before it hold 2 lines/,
  );
  writer.write(Buffer.from("rd\n"));
  await writer.close({ reason: "duration" });
  t.is(zstd("-dc", path).toString(), "first\nsecond\nthird\n");
});

test("losses are in the checkpoint of the frame they were told with, and in the trailer", async (t) => {
  const path = join(temporaryDirectory(t), "a.tpp");
  const writer = await TppWriter.create(path, makeHeader("a"));
  writer.write(Buffer.from("1\n"));
  await writer.flush();
  writer.addLoss("ring", 5);
  writer.write(Buffer.from("2\n"));
  await writer.flush();
  writer.addLoss("ring", 2);
  await writer.close({ reason: "duration" });
  const { checkpoints, trailer } = await walkTpp(path);
  t.deepEqual(
    checkpoints.map((checkpoint) => checkpoint.lost),
    [{}, { ring: 5 }],
  );
  t.deepEqual(trailer?.lost, { ring: 7 });
});

test("write asks to wait when more is pending than it may hold, and takes the bytes all the same", async (t) => {
  const path = join(temporaryDirectory(t), "a.tpp");
  const writer = await TppWriter.create(path, makeHeader("a"), { frameBytes: 1000, pendingBytes: 10_000 });
  let asked = 0;
  for (let at = 0; at < traceText.length; at += 500) {
    if (writer.write(traceText.subarray(at, at + 500))) continue;
    asked += 1;
    await writer.drained();
  }
  await writer.close({ reason: "duration" });
  t.true(asked > 5);
  t.true(zstd("-dc", path).equals(traceText));
});

test("an existing file is refused, and replaced only when told", async (t) => {
  const path = join(temporaryDirectory(t), "a.tpp");
  writeFileSync(path, "precious");
  await t.throwsAsync(TppWriter.create(path, makeHeader("a")), { instanceOf: OutputExistsError, message: /-f/ });
  t.is(readFileSync(path, "utf8"), "precious");
  await writeCapture(path, traceText, { overwrite: true });
  t.deepEqual((await verifyTpp(path)).damage, []);
});

test("a missing directory is named", async (t) => {
  const path = join(temporaryDirectory(t), "nowhere", "a.tpp");
  await t.throwsAsync(TppWriter.create(path, makeHeader("a")), {
    instanceOf: OutputDirectoryError,
    message: /mkdir -p/,
  });
});

(existsSync("/dev/full") ? test : test.skip)("a full disk is an error of its own", async (t) => {
  const error = await t.throwsAsync(TppWriter.create("/dev/full", makeHeader("a"), { overwrite: true }));
  t.true(error instanceof DiskFullError);
});
