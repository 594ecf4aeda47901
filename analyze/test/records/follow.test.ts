/** A capture that is read while it is written gives the same records as the whole file. */
import {
  appendFileSync,
  copyFileSync,
  readFileSync,
  renameSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { walkTpp } from "@tcpprobe-plus/tpp";
import test from "ava";
import { fixture, fixtureFile, temporaryDirectory } from "../../../test/support/analyze.ts";
import { rowsOf } from "../../../test/support/pass-rows.ts";
import { seededChance } from "../../../test/support/seeded-chance.ts";
import type { CaptureFile } from "../../captures/capture.ts";
import { GrowingFiles, mayGrow } from "../../captures/growing.ts";
import { inputsOf } from "../../captures/inputs.ts";
import { Pass } from "../../records/pass.ts";

const fileOf = async (path: string): Promise<CaptureFile> => {
  const walk = await walkTpp(path);
  return { path, header: walk.header!, walk };
};

/** What is read only where losses are to be placed. Of a followed capture that is not known beforehand. */
const forLosses = ["cpu", "refused"];

interface Told {
  readonly rows: string[];
  readonly rest: unknown;
}

/** What is known of a capture at its end. */
function toldBy(pass: Pass, rows: string[]): Told {
  const { capture, losses, flows } = pass.end();
  const { records, rejected, damage, incomplete } = capture;
  const lost = losses.map(({ lost, cause, known_by }) => ({ lost, cause, known_by }));
  return { rows, rest: { records, rejected, damage, incomplete, lost, flows } };
}

async function whole(files: readonly CaptureFile[]): Promise<Told> {
  const pass = new Pass({ path: files[0]!.path, files, number: 1 }, { threads: 0 });
  const told = toldBy(pass, rowsOf(pass, forLosses));
  await pass.close();
  return told;
}

/** Writes files bit by bit, in pieces of any size, and reads what is there after each. */
async function inPieces(
  directory: string,
  paths: readonly string[],
  seed: number,
): Promise<Told & { readonly polls: number }> {
  const chance = seededChance(seed);
  const rows: string[] = [];
  let growing: GrowingFiles | undefined;
  let pass: Pass | undefined;
  let polls = 0;
  for (const path of paths) {
    const bytes = readFileSync(path);
    const target = join(directory, basename(path));
    // A writer creates its file with the whole header.
    const header = 8 + bytes.readUInt32LE(4);
    writeFileSync(target, bytes.subarray(0, header));
    if (growing === undefined) {
      const file = await fileOf(target);
      if (!mayGrow([file])) throw new Error("a file without its end may grow");
      growing = new GrowingFiles([file]);
      pass = new Pass({ path: target, files: growing.poll().files, number: 1 }, { following: true });
    }
    for (let at = header; at < bytes.length; ) {
      const size = 1 + Math.floor(chance() ** 4 * bytes.length * 0.4);
      appendFileSync(target, bytes.subarray(at, at + size));
      at += size;
      pass!.grow(growing.poll());
      rows.push(...rowsOf(pass!, forLosses));
      polls++;
    }
  }
  const last = growing!.poll();
  if (last.stopped !== null || !last.hasEnded) throw new Error(`the end was not seen: ${last.stopped}`);
  growing!.close();
  rows.push(...rowsOf(pass!, forLosses));
  const told = toldBy(pass!, rows);
  await pass!.close();
  return { ...told, polls };
}

const folders = ["", "causes", "ecn", "numbers", "same-transfer", "side-by-side", "side-by-side/binary"];
const single = (
  await Promise.all(
    folders.map(async (folder) =>
      (
        await readdir(fixtureFile(folder))
      )
        .filter((name) => name.endsWith(".tpp") && !name.startsWith("rotated."))
        .map((name) => join(folder, name)),
    ),
  )
).flat();

for (const [index, name] of single.entries()) {
  test(`${name}, followed in pieces of any size, gives the records of the whole file`, async (t) => {
    const path = fixtureFile(name);
    const expected = await whole([await fileOf(path)]);
    const { polls, ...told } = await inPieces(temporaryDirectory(t), [path], index + 1);
    t.true(polls > 2);
    const first = told.rows.findIndex((row, at) => row !== expected.rows[at]);
    t.is(first, -1, `record ${first}\n${told.rows[first]}\n${expected.rows[first]}`);
    t.is(told.rows.length, expected.rows.length);
    t.deepEqual(told.rest, expected.rest);
  });
}

test("a rotated set is followed from file to file", async (t) => {
  const paths = [1, 2, 3, 4].map((number) => fixture(`rotated.000${number}`));
  const [input] = await inputsOf(paths);
  const expected = await whole(input!.kind === "tpp" ? input!.files : []);
  const { polls, ...told } = await inPieces(temporaryDirectory(t), paths, 7);
  t.true(polls > 10);
  t.deepEqual(told, expected);
});

test("files of an older set that were not given are left alone", async (t) => {
  const directory = temporaryDirectory(t);
  const long = new Date(Date.now() - 3_600_000);
  for (const number of [1, 2]) {
    const target = join(directory, `rotated.000${number}.tpp`);
    copyFileSync(fixture(`rotated.000${number}`), target);
    utimesSync(target, long, long);
  }
  const first = await fileOf(join(directory, "rotated.0001.tpp"));
  t.false(mayGrow([first]));
  const growing = new GrowingFiles([first]);
  t.is(growing.poll().files.length, 1);
  const now = new Date();
  utimesSync(join(directory, "rotated.0002.tpp"), now, now);
  t.is(growing.poll().files.length, 2);
  growing.close();
});

/** A fixture without its end, and the pass over it so far. */
async function begun(path: string, directory: string) {
  const bytes = readFileSync(path);
  const target = join(directory, "live.tpp");
  writeFileSync(target, bytes.subarray(0, Math.floor(bytes.length / 2)));
  const growing = new GrowingFiles([await fileOf(target)]);
  const pass = new Pass({ path: target, files: growing.poll().files, number: 1 }, { following: true });
  pass.grow(growing.poll());
  return { bytes, target, growing, pass, rows: rowsOf(pass) };
}

const breaks: readonly (readonly [string, (path: string, directory: string) => void, RegExp])[] = [
  [
    "cut shorter",
    (path) => truncateSync(path, 9000),
    /^\S+live\.tpp: was cut from \d+ to 9000 bytes while it was followed\. What was read of it before is shown; open it again to go on$/,
  ],
  [
    "replaced",
    (path, directory) => {
      copyFileSync(fixture("loopback"), join(directory, "other.tpp"));
      renameSync(join(directory, "other.tpp"), path);
    },
    /^\S+live\.tpp: was replaced by another file\. What was read of it before is shown; open it again to go on$/,
  ],
  [
    "moved away",
    (path, directory) => renameSync(path, join(directory, "away.tpp")),
    /^\S+live\.tpp: is gone\. What was read of it before is shown; open it again to go on$/,
  ],
  [
    "continued with other bytes",
    (path) => appendFileSync(path, Buffer.alloc(200_000, 0x41)),
    /^\S+live\.tpp: (cannot be read from byte \d+ on|.*): .*\. What was read of it before is shown; open it again to go on$/,
  ],
];

for (const [what, change, expected] of breaks)
  test(`a file that is ${what} while it is followed is followed no further, in one line; its records stay`, async (t) => {
    const directory = temporaryDirectory(t);
    const { target, growing, pass, rows } = await begun(fixture("kmod-loss"), directory);
    t.true(rows.length > 100);
    change(target, directory);
    const growth = growing.poll();
    t.regex(growth.stopped ?? "", expected);
    t.true(growth.hasEnded);
    pass.grow(growth);
    const rest = rowsOf(pass);
    t.is(rows.length + rest.length, pass.end().capture.records);
    t.is(growing.poll().stopped, growth.stopped);
    growing.close();
    await pass.close();
  });

test("what is lost is told the same however often it is asked", async (t) => {
  const path = join(temporaryDirectory(t), "damaged.tpp");
  const { frames } = await walkTpp(fixture("kmod-overflow-extended"));
  let besides = 0;
  for (const frame of frames) {
    const bytes = readFileSync(fixture("kmod-overflow-extended"));
    bytes[frame.offset + Math.floor(frame.compressedBytes / 2)]! ^= 4;
    writeFileSync(path, bytes);
    const pass = new Pass({ path, files: [await fileOf(path)], number: 1 }, { threads: 0 });
    rowsOf(pass);
    const { losses } = pass.end();
    t.deepEqual(pass.end().losses, losses);
    await pass.close();
    // Records that the ring lost among those of the damaged frame: counted beside them, at the same place.
    const damage = losses.find(({ known_by }) => known_by === "damage");
    if (losses.some(({ known_by, after_ord }) => known_by === "record numbers" && after_ord === damage?.after_ord))
      besides++;
  }
  t.true(besides > 0);
});

test("records that wait for later ones are handed on when nothing comes", async (t) => {
  const { growing, pass, rows } = await begun(fixture("kmod-loss"), temporaryDirectory(t));
  t.true(pass.isHolding);
  pass.grow({ ...growing.poll(), isIdle: true });
  const rest = rowsOf(pass);
  t.true(rest.length > 0);
  t.false(pass.isHolding);
  t.is(rows.length + rest.length, pass.end().capture.records);
  growing.close();
  await pass.close();
});
