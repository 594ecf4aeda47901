import { truncateSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { linesOf, temporaryDirectory, traceText, writeCapture } from "../../../test/support/tpp.ts";
import { NotTppError, readFrames, recoverTpp, verifyTpp, walkTpp } from "../../index.ts";

const rows = linesOf(traceText).slice(0, 40);
const raw = Buffer.from(rows.join(""), "latin1");

test("a file cut at any byte reads back to its last whole frame and says that it was cut", async (t) => {
  const path = join(temporaryDirectory(t), "a.tpp");
  await writeCapture(path, raw, { frameBytes: 3500 });
  const whole = await verifyTpp(path);
  t.true(whole.frames.length >= 3);
  const firstDataByte = whole.frames[0]!.offset;
  for (let length = whole.fileBytes - 1; length >= 0; length -= 1) {
    truncateSync(path, length);
    const cut = await verifyTpp(path).catch((error: unknown) => error as Error);
    if (cut instanceof Error) {
      if (!(cut instanceof NotTppError) || length >= 12) t.fail(`${length}: ${cut.message}`);
      continue;
    }
    const expected = whole.frames.filter((frame) => frame.offset + frame.compressedBytes <= length);
    if (cut.frames.length !== expected.length) t.fail(`${length}: ${cut.frames.length} frames, not ${expected.length}`);
    if (!cut.damage.some((damage) => damage.kind === "cut")) t.fail(`${length}: not said to be cut`);
    if (length >= firstDataByte !== (cut.header !== null)) t.fail(`${length}: header`);
    let line = 0;
    for await (const { frame, raw: text } of readFrames(path, cut)) {
      if (frame.firstLine !== line) t.fail(`${length}: first line`);
      for (const row of linesOf(text)) if (row !== rows[line++]) t.fail(`${length}: row ${line}`);
    }
  }
  t.pass();
});

test("a frame whose checkpoint alone was cut off is used, marked unconfirmed, and the walk says which", async (t) => {
  const directory = temporaryDirectory(t);
  const path = join(directory, "a.tpp");
  await writeCapture(path, raw, { frameBytes: 3500 });
  const whole = await walkTpp(path);
  const last = whole.frames.at(-1)!;
  truncateSync(path, last.offset + last.compressedBytes + 10);
  const cut = await verifyTpp(path);
  t.deepEqual(
    cut.frames.map((frame) => frame.confirmed),
    [...whole.frames.slice(1).map(() => true), false],
  );
  t.is(cut.frames.at(-1)?.lines, last.lines);
  t.true(cut.damage.some((damage) => damage.kind === "checkpoint" && damage.frame === last.number));
  const recovery = await recoverTpp(path, join(directory, "b.tpp"));
  t.is(recovery.lines, rows.length);
  const recovered = await verifyTpp(join(directory, "b.tpp"));
  t.deepEqual(recovered.damage, []);
  t.is(recovered.trailer?.reason, "recovered");
  t.true((recovered.header?.recovered?.damage.length ?? 0) >= 2);
});
