/** Files changed at random (seeded): what is read as intact must be what was written, and every change is reported. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { seededChance } from "../../../test/support/seeded-chance.ts";
import { linesOf, temporaryDirectory, traceText, writeCapture } from "../../../test/support/tpp.ts";
import { NotTppError, readFrames, recoverTpp, type TppWalk, verifyTpp } from "../../index.ts";

const mutationCount = 2000;
const seed = 20260101;

const allRows = linesOf(traceText);
const rows = allRows.slice(0, 300);
const foreignRows = allRows.slice(150);

type Chance = () => number;
const below = (chance: Chance, limit: number): number => Math.floor(chance() * limit);

/** The file as a list of frames, read the way a stranger would: by the sizes in the seek table. */
function splitFrames(file: Buffer): Buffer[] {
  const count = file.readUInt32LE(file.length - 9);
  const table = file.length - 9 - count * 12;
  const frames: Buffer[] = [];
  let at = 0;
  for (let index = 0; index < count; index += 1) {
    const size = file.readUInt32LE(table + index * 12);
    frames.push(file.subarray(at, at + size));
    at += size;
  }
  return [...frames, file.subarray(at)];
}

const mutations: Record<string, (file: Buffer, foreign: Buffer, chance: Chance) => Buffer> = {
  "flip bits": (file, _, chance) => {
    const changed = Buffer.from(file);
    for (let flips = 1 + below(chance, 8); flips > 0; flips -= 1) {
      const at = below(chance, changed.length);
      changed[at] = changed[at]! ^ (1 << below(chance, 8));
    }
    return changed;
  },
  cut: (file, _, chance) => file.subarray(0, below(chance, file.length)),
  "cut at a frame, and flip a bit": (file, foreign, chance) => {
    const frames = splitFrames(file);
    return mutations["flip bits"]!(Buffer.concat(frames.slice(0, 1 + below(chance, frames.length))), foreign, chance);
  },
  "overwrite a stretch": (file, _, chance) => {
    const changed = Buffer.from(file);
    const at = below(chance, changed.length);
    for (let index = at; index < Math.min(changed.length, at + 1 + below(chance, 3000)); index += 1) {
      changed[index] = below(chance, 256);
    }
    return changed;
  },
  "take a stretch out": (file, _, chance) => {
    const at = below(chance, file.length);
    return Buffer.concat([file.subarray(0, at), file.subarray(at + 1 + below(chance, 5000))]);
  },
  "repeat a stretch": (file, _, chance) => {
    const at = below(chance, file.length);
    return Buffer.concat([file.subarray(0, at + 1 + below(chance, 5000)), file.subarray(at)]);
  },
  "swap frames": (file, _, chance) => {
    const frames = splitFrames(file);
    const one = below(chance, frames.length);
    const other = below(chance, frames.length);
    [frames[one], frames[other]] = [frames[other]!, frames[one]!];
    return Buffer.concat(frames);
  },
  "swap frames with their checkpoints": (file, _, chance) => {
    const frames = splitFrames(file);
    const pairs = (frames.length - 3) / 2;
    const one = 1 + 2 * below(chance, pairs);
    const other = 1 + 2 * below(chance, pairs);
    for (const step of [0, 1])
      [frames[one + step], frames[other + step]] = [frames[other + step]!, frames[one + step]!];
    return Buffer.concat(frames);
  },
  "repeat frames": (file, _, chance) => {
    const frames = splitFrames(file);
    const from = below(chance, frames.length);
    const copies = frames.slice(from, from + 1 + below(chance, 3));
    frames.splice(below(chance, frames.length + 1), 0, ...copies);
    return Buffer.concat(frames);
  },
  "take frames out": (file, _, chance) => {
    const frames = splitFrames(file);
    frames.splice(below(chance, frames.length), 1 + below(chance, 3));
    return Buffer.concat(frames);
  },
  "put foreign frames in": (file, foreign, chance) => {
    const frames = splitFrames(file);
    const others = splitFrames(foreign);
    const from = below(chance, others.length);
    frames.splice(
      below(chance, frames.length + 1),
      below(chance, 3),
      ...others.slice(from, from + 1 + below(chance, 3)),
    );
    return Buffer.concat(frames);
  },
  "replace a frame by a foreign one": (file, foreign, chance) => {
    const frames = splitFrames(file);
    const others = splitFrames(foreign);
    frames[below(chance, frames.length)] = others[below(chance, others.length)]!;
    return Buffer.concat(frames);
  },
};

/**
 * Whether a file that reads as whole differs in data frames only. Some of their bits mean nothing to zstd (the padding
 * behind a table, for one): changing them changes no content, and no checksum over the content can tell.
 */
function changedUnusedBits(path: string, original: Buffer, { frames }: TppWalk): boolean {
  const blank = (file: Buffer): Buffer => {
    for (const { offset, compressedBytes } of frames) file.fill(0, offset, offset + compressedBytes);
    return file;
  };
  return blank(readFileSync(path)).equals(blank(Buffer.from(original)));
}

/**
 * What is wrong with how a changed file was read; undefined when it was read rightly. A last frame whose checkpoint is
 * gone can only be told from a foreign one by that checkpoint: it is marked unconfirmed and reported, so not accepted
 * silently.
 */
async function misread(path: string, original: Buffer, walk: TppWalk): Promise<string | undefined> {
  let read = 0;
  for await (const { frame, raw } of readFrames(path, walk)) {
    const found = linesOf(raw);
    const named = walk.damage.some((damage) => damage.kind === "checkpoint" && damage.frame === frame.number);
    if (!frame.confirmed) {
      if (!named) return `frame ${frame.number} is unconfirmed and not reported`;
      continue;
    }
    const row = found.findIndex((line, index) => line !== rows[frame.firstLine + index]);
    if (row !== -1) return `wrong row ${frame.firstLine + row} in frame ${frame.number}`;
    read += found.length;
  }
  if (read > rows.length) return `${read} rows, there were ${rows.length}`;
  if (walk.damage.length > 0) return undefined;
  return read === rows.length && changedUnusedBits(path, original, walk) ? undefined : "the change was not noticed";
}

test(`${mutationCount} changed files: no crash, no wrong row, no change unnoticed`, async (t) => {
  t.timeout(120_000);
  const directory = temporaryDirectory(t);
  const [original, foreign, changedPath, out] = ["a", "b", "c", "d"].map((name) => join(directory, `${name}.tpp`)) as [
    string,
    string,
    string,
    string,
  ];
  await writeCapture(original, Buffer.from(rows.join(""), "latin1"), { frameBytes: 8000 });
  await writeCapture(
    foreign,
    Buffer.from(foreignRows.join(""), "latin1"),
    { frameBytes: 8000 },
    "22222222-2222-4222-8222-222222222222",
  );
  const file = readFileSync(original);
  const foreignFile = readFileSync(foreign);
  const chance = seededChance(seed);
  const kinds = Object.entries(mutations);
  const wrong: string[] = [];
  let unchanged = 0;
  let refused = 0;
  let recovered = 0;
  let slowestMs = 0;
  for (let number = 0; number < mutationCount; number += 1) {
    const [name, mutate] = kinds[number % kinds.length]!;
    const changed = mutate(file, foreignFile, chance);
    if (changed.equals(file)) {
      unchanged += 1;
      continue;
    }
    writeFileSync(changedPath, changed);
    const began = performance.now();
    const walk = await verifyTpp(changedPath).catch((error: unknown) => error as Error);
    slowestMs = Math.max(slowestMs, performance.now() - began);
    if (walk instanceof NotTppError) refused += 1;
    const problem =
      walk instanceof NotTppError
        ? undefined
        : walk instanceof Error
          ? `threw ${walk.stack}`
          : await misread(changedPath, file, walk);
    if (problem) wrong.push(`${number} ${name}: ${problem}`);
    if (number % 10 !== 0 || walk instanceof Error || !walk.header) continue;
    const recovery = await recoverTpp(changedPath, out, { overwrite: true });
    const whole = await verifyTpp(out);
    if (whole.damage.length > 0 || whole.trailer?.lines !== recovery.lines)
      wrong.push(`${number} ${name}: not recovered`);
    if (number % 100 === 0) execFileSync("zstd", ["-tq", out]);
    recovered += 1;
  }
  t.log(
    `${mutationCount - unchanged} changed, ${refused} refused as no .tpp, ${recovered} recovered, slowest ${slowestMs.toFixed(0)} ms`,
  );
  t.deepEqual(wrong, []);
  t.true(slowestMs < 2000);
});
