/**
 * Files in which everything holds for itself and only two places contradict each other: a checkpoint and its frame, a
 * frame and where it stands, the trailer and the sum of the frames. Metadata is written here as docs/tpp-format.md has
 * it, not by the library.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import test from "ava";
import { seededChance } from "../../../test/support/seeded-chance.ts";
import { linesOf, makeHeader, temporaryDirectory, traceText, writeCapture } from "../../../test/support/tpp.ts";
import { DamagedFrameError, readFrames, recoverTpp, TppWriter, verifyTpp, walkTpp } from "../../index.ts";

/** Text of bytes that nothing compresses, so that a frame's size tells the text's; one line. */
function noise(bytes: number, seed: number): Buffer {
  const chance = seededChance(seed);
  const text = Buffer.from(Array.from({ length: bytes }, () => 11 + Math.floor(chance() * 245)));
  text[bytes - 1] = 10;
  return text;
}

/** Writes a capture with these texts, each in a frame of its own. */
async function writeFrames(path: string, texts: readonly Buffer[], captureId = "a"): Promise<void> {
  const writer = await TppWriter.create(path, makeHeader(captureId), { frameBytes: 4 << 20, overwrite: true });
  for (const text of texts) {
    writer.write(text);
    await writer.flush();
  }
  await writer.close({ reason: "duration" });
}

type Values = Record<string, number | string>;

/** The file with the n-th metadata frame of a kind (from 0) changed, its CRC right again. */
function withMetadata(
  file: Buffer,
  tag: "TPPH" | "TPPC" | "TPPT",
  nth: number,
  change: (values: Values) => void,
): Buffer {
  let at = -1;
  for (let count = -1; count < nth; count++) at = file.indexOf(tag, at + 1, "latin1");
  const length = file.readUInt32LE(at - 4);
  const values = JSON.parse(file.toString("utf8", at + 8, at + length)) as Values;
  change(values);
  const json = Buffer.from(JSON.stringify(values));
  const head = Buffer.alloc(12);
  head.writeUInt32LE(8 + json.length, 0);
  head.write(tag, 4, "latin1");
  head.writeUInt32LE(crc32(json, crc32(tag)), 8);
  return Buffer.concat([file.subarray(0, at - 4), head, json, file.subarray(at + length)]);
}

const threeTexts = [noise(3000, 1), noise(3000, 2), noise(3000, 3)];

test("metadata that is changed to what it was is the file that the library wrote", async (t) => {
  const path = join(temporaryDirectory(t), "a.tpp");
  await writeFrames(path, threeTexts);
  const file = readFileSync(path);
  for (const [tag, nth] of [
    ["TPPH", 0],
    ["TPPC", 1],
    ["TPPT", 0],
  ] as const)
    t.true(withMetadata(file, tag, nth, () => {}).equals(file), tag);
});

test("a digit changed in what a file says of itself is noticed, though it still can be read", async (t) => {
  const path = join(temporaryDirectory(t), "a.tpp");
  await writeFrames(path, threeTexts);
  const whole = readFileSync(path);
  for (const [tag, name] of [
    ["TPPH", "monotonic_ns"],
    ["TPPC", "realtime_ns"],
    ["TPPC", "monotonic_ns"],
    ["TPPT", "duration_s"],
    ["TPPT", "monotonic_ns"],
  ] as const) {
    const file = Buffer.from(whole);
    const at = file.indexOf(`"${name}":`, file.indexOf(tag, 0, "latin1"), "latin1");
    const digit = at + /\d/.exec(file.toString("latin1", at, at + 40))!.index;
    file[digit] = file[digit]! ^ 1;
    writeFileSync(path, file);
    t.true((await verifyTpp(path)).damage.length > 0, `${name} in ${tag}`);
  }
});

test("a frame that was replaced by a sound one of its size after the walk is damage", async (t) => {
  const directory = temporaryDirectory(t);
  const [path, other] = [join(directory, "a.tpp"), join(directory, "b.tpp")];
  await writeFrames(path, threeTexts);
  await writeFrames(other, [noise(3000, 1), noise(3000, 4), noise(3000, 3)]);
  const walk = await walkTpp(path);
  const frame = walk.frames[1]!;
  const foreign = (await walkTpp(other)).frames[1]!;
  t.is(foreign.compressedBytes, frame.compressedBytes);
  const file = readFileSync(path);
  readFileSync(other).copy(file, frame.offset, foreign.offset, foreign.offset + foreign.compressedBytes);
  writeFileSync(path, file);
  const read = async () => {
    for await (const _ of readFrames(path, walk));
  };
  await t.throwsAsync(read, {
    instanceOf: DamagedFrameError,
    message: /frame 2 at byte \d+ is damaged: it has changed/,
  });
});

test("a checkpoint that counts other lines than its frame holds is damage", async (t) => {
  const path = join(temporaryDirectory(t), "a.tpp");
  await writeCapture(path, traceText, { frameBytes: 20_000 });
  const file = readFileSync(path);
  for (const step of [1, -1]) {
    const changed = withMetadata(file, "TPPC", 1, (values) => {
      values.frame_lines = Number(values.frame_lines) + step;
    });
    t.is(changed.length, file.length);
    writeFileSync(path, changed);
    const { damage, frames } = await verifyTpp(path);
    t.true(
      damage.some(
        ({ kind, frame, text }) => kind === "data" && frame === 2 && /it holds \d+ lines, not \d+/.test(text),
      ),
    );
    t.false(frames.some(({ number }) => number === 2));
  }
});

for (const name of ["lines", "raw_bytes"]) {
  test(`a trailer with another number of ${name} than the frames have is damage`, async (t) => {
    const path = join(temporaryDirectory(t), "a.tpp");
    await writeCapture(path, traceText, { frameBytes: 20_000 });
    const file = readFileSync(path);
    for (const step of [1, -1]) {
      const changed = withMetadata(file, "TPPT", 0, (values) => {
        values[name] = Number(values[name]) + step;
      });
      t.is(changed.length, file.length);
      writeFileSync(path, changed);
      t.deepEqual(
        (await verifyTpp(path)).damage.map(({ kind }) => kind),
        ["trailer"],
        `${step}`,
      );
    }
  });
}

test("frames that stand elsewhere than they were written are named, though each is sound", async (t) => {
  const path = join(temporaryDirectory(t), "a.tpp");
  await writeFrames(path, threeTexts);
  // A header that somebody has made longer moves all behind it.
  const longer = withMetadata(readFileSync(path), "TPPH", 0, (values) => {
    values.note = "put in by hand";
  });
  writeFileSync(path, longer);
  const { damage, frames } = await walkTpp(path);
  t.is(frames.length, 3);
  const moved = damage.filter(({ kind }) => kind === "order");
  t.is(moved.length, 1);
  t.regex(moved[0]!.text, /^frame 1 stands at byte \d+, written at \d+$/);
});

test("a frame whose checkpoint is broken is used only where it holds just the bytes that its neighbours leave for it", async (t) => {
  const path = join(temporaryDirectory(t), "a.tpp");
  await writeFrames(path, threeTexts);
  const whole = await walkTpp(path);
  const [, frame, next] = whole.frames;
  const file = readFileSync(path);
  file[next!.offset - 5] = file[next!.offset - 5]! ^ 1; // in the JSON of the second checkpoint
  writeFileSync(path, file);
  const proven = await walkTpp(path);
  t.deepEqual(proven.frames, whole.frames);
  t.deepEqual(
    proven.damage.map(({ kind, frame: number }) => [kind, number]).filter(([kind]) => kind === "checkpoint"),
    [["checkpoint", 2]],
  );
  // Its header now claims a byte more: the two bytes of its size, behind magic and descriptor, are 256 less than it.
  const sizeAt = frame!.offset + 5 + ((file[frame!.offset + 4]! & 0x20) !== 0 ? 0 : 1);
  t.is(file.readUInt16LE(sizeAt) + 256, 3000);
  file.writeUInt16LE(3001 - 256, sizeAt);
  writeFileSync(path, file);
  const other = await walkTpp(path);
  t.deepEqual(
    other.frames.map(({ number }) => number),
    [1, 3],
  );
  t.true(other.damage.some(({ missingLines }) => missingLines === 1));
});

test("a checkpoint is found wherever it stands behind broken bytes, also across the border of what is searched at once", async (t) => {
  const path = join(temporaryDirectory(t), "a.tpp");
  const texts = (bytes: number, seed: number) => [threeTexts[0]!, noise(bytes, seed), threeTexts[2]!];
  // A magic of four bytes stands across a border of 4 KiB or 1 MiB behind the broken byte in some of these.
  for (const near of [4096, 1024 * 1024]) {
    await writeFrames(path, texts(near, 5));
    const overhead = (await walkTpp(path)).frames[1]!.compressedBytes - near;
    for (let size = near - 4; size <= near + 3; size++) {
      await writeFrames(path, texts(size - overhead, size));
      const frame = (await walkTpp(path)).frames[1]!;
      t.is(frame.compressedBytes, size);
      const file = readFileSync(path);
      file[frame.offset] = file[frame.offset]! ^ 1;
      writeFileSync(path, file);
      const { checkpoints, damage } = await walkTpp(path);
      t.deepEqual(
        checkpoints.map((checkpoint) => checkpoint.frame),
        [1, 2, 3],
        `${size}`,
      );
      t.true(
        damage.some(({ kind, frame: number }) => kind === "data" && number === 2),
        `${size}`,
      );
    }
  }
});

/** Changes a byte in one data frame. */
async function damageFrame(path: string, index: number): Promise<number> {
  const frame = (await walkTpp(path)).frames.at(index)!;
  const file = readFileSync(path);
  const at = frame.offset + Math.floor(frame.compressedBytes / 2);
  file[at] = file[at]! ^ 0xff;
  writeFileSync(path, file);
  return frame.lines!;
}

test("lines of a damaged last frame are counted as missing when the file is recovered", async (t) => {
  const directory = temporaryDirectory(t);
  const [path, output] = [join(directory, "a.tpp"), join(directory, "b.tpp")];
  await writeCapture(path, traceText, { frameBytes: 20_000 });
  const lines = await damageFrame(path, -1);
  const recovery = await recoverTpp(path, output);
  t.is(recovery.missingLines, lines);
  t.is(recovery.lines, linesOf(traceText).length - lines);
  const { trailer, damage } = await verifyTpp(output);
  t.deepEqual(damage, []);
  t.deepEqual(trailer!.lost, { damage: lines });
});

test("what an earlier recovery counted as missing is counted on by a later one, in checkpoints and in the end", async (t) => {
  const directory = temporaryDirectory(t);
  const [path, first, second] = ["a", "b", "c"].map((name) => join(directory, `${name}.tpp`)) as [
    string,
    string,
    string,
  ];
  await writeCapture(path, traceText, { frameBytes: 10_000 });
  const early = await damageFrame(path, 1);
  await recoverTpp(path, first);
  const late = await damageFrame(first, 3);
  const recovery = await recoverTpp(first, second);
  t.is(recovery.missingLines, late);
  const { trailer, checkpoints, damage } = await verifyTpp(second);
  t.deepEqual(damage, []);
  t.deepEqual(trailer!.lost, { damage: early + late });
  // One hole before the second frame that is left, the other before the fourth.
  t.deepEqual(checkpoints.map(({ lost }) => lost.damage ?? 0).slice(0, 5), [
    0,
    early,
    early,
    early + late,
    early + late,
  ]);
});

test("frames behind a line longer than a frame are no larger than any other", async (t) => {
  const path = join(temporaryDirectory(t), "a.tpp");
  const frameBytes = 10_000;
  const long = Buffer.concat([Buffer.alloc(4 * frameBytes, "b"), Buffer.from("\n")]);
  const text = Buffer.concat([traceText, long, traceText, traceText]);
  const writer = await TppWriter.create(path, makeHeader("a"), { frameBytes });
  for (let at = 0; at < text.length; at += 1000) {
    writer.write(text.subarray(at, at + 1000));
    await writer.drained(); // so that memory is used again
  }
  await writer.close({ reason: "duration" });
  const walk = await verifyTpp(path);
  t.deepEqual(walk.damage, []);
  t.true(walk.frames.length > 30);
  t.deepEqual(
    walk.frames.filter(({ rawBytes }) => rawBytes > frameBytes).map(({ rawBytes }) => rawBytes >= long.length),
    [true],
  );
  const chunks: Buffer[] = [];
  for await (const { raw } of readFrames(path, walk)) chunks.push(raw);
  t.true(Buffer.concat(chunks).equals(text));
});
