/** Every value that a file's metadata can have, replaced by every kind of wrong one: refused by name, or harmless. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { asHeader, headerProblem, recoverTpp, TppError, type TppWalk, verifyTpp } from "@tcpprobe-plus/tpp";
import test from "ava";
import { seededChance } from "../support/seeded-chance.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { answers } from "./answer.ts";
import { faultsOf } from "./bounded.ts";
import { checkpointOf, compressed, metadataFrame, rawFrame, write } from "./frames.ts";
import {
  checkpointExtras,
  fullHeader,
  fullTrailer,
  type HostileValue,
  hostileValues,
  recordsHeader,
} from "./metadata.ts";

/** Of the values, one in so many: recovering waits for the disk, and a command opens a database of its own. */
const all = process.env.TPP_HOSTILE === "all";
const recovered = all ? 1 : 5;
const asked = all ? 1 : 80;
const forgeriesAsked = all ? 1 : 12;

const text = Buffer.from("   x-1   [000] ..s2.     2.000000: nothing: a=1\n");
const header = metadataFrame("TPPH", fullHeader);
const ofKmod = {
  ...fullHeader,
  source: "kmod",
  text: "probe",
  columns: ["type", "sec.nsec", "saddr"],
};
const data = zstdFrame(text);

/** zstd's own frame, told its size in four bytes as `checkpointOf` reads it. */
function zstdFrame(content: Buffer): Buffer {
  const checksum = compressed(content).subarray(-4);
  const frame = rawFrame(content);
  checksum.copy(frame, frame.length - 4);
  return frame;
}

const checkpoint = (offset: number): object => ({
  ...checkpointOf(data, { number: 1, offset, lines: 1, before: { lines: 0, rawBytes: 0 } }),
  ...checkpointExtras,
});
const trailer = { ...fullTrailer, frames: 1, lines: 1, raw_bytes: text.length };

/** Of each kind of metadata: whole files with one value changed. */
const kinds: readonly (readonly [kind: string, valid: object, file: (json: string) => Buffer[]])[] = [
  ["header", fullHeader, (json) => whole(metadataFrame("TPPH", json))],
  ["header of the module's text", ofKmod, (json) => whole(metadataFrame("TPPH", json))],
  ["header of binary records", recordsHeader, (json) => wholeRecords(metadataFrame("TPPH", json))],
  ["checkpoint", checkpoint(header.length), (json) => [header, data, metadataFrame("TPPC", json), trailerFrame()]],
  [
    "trailer",
    trailer,
    (json) => [header, data, metadataFrame("TPPC", checkpoint(header.length)), metadataFrame("TPPT", json)],
  ],
];

const records = zstdFrame(Buffer.alloc(48, 2));
const wholeRecords = (first: Buffer): Buffer[] => {
  const checkpoint = checkpointOf(records, {
    number: 1,
    offset: first.length,
    lines: 1,
    before: { lines: 0, rawBytes: 0 },
  });
  return [
    first,
    records,
    metadataFrame("TPPC", { ...checkpoint, ...checkpointExtras }),
    metadataFrame("TPPT", { ...trailer, raw_bytes: 48 }),
  ];
};

const trailerFrame = () => metadataFrame("TPPT", trailer);
const whole = (first: Buffer): Buffer[] => [
  first,
  data,
  metadataFrame("TPPC", checkpoint(first.length)),
  trailerFrame(),
];

for (const [kind, valid, file] of kinds) {
  test.serial(
    `${kind}: each wrong value is read, checked and recovered without a crash, and none that is kept breaks the rules`,
    async (t) => {
      t.timeout(600_000);
      const folder = temporaryDirectory(t);
      const wrong: string[] = [];
      let refused = 0;
      let count = 0;
      for (const value of hostileValues(valid)) {
        count += 1;
        const path = write(join(folder, "a.tpp"), ...file(value.json));
        const outcome = await verifyTpp(path).catch((error: unknown) => error);
        if (outcome instanceof Error) {
          if (!(outcome instanceof TppError)) wrong.push(`${value.name}: ${outcome.stack}`);
          continue;
        }
        const walk = outcome as TppWalk;
        if (isRefused(walk)) refused += 1;
        const problems = problemsOf(walk);
        if (count % recovered === 0) problems.push(...(await recoveryProblems(path, join(folder, "b.tpp"), walk)));
        wrong.push(...problems.map((problem) => `${value.name}: ${problem}`));
      }
      t.log(`${count} values, ${refused} refused`);
      t.deepEqual(wrong, []);
      t.true(refused > count / 2);
      t.deepEqual(readdirSync(folder).sort(), ["a.tpp", "b.tpp"]);
    },
  );
}

const isRefused = ({ damage }: TppWalk): boolean => damage.some(({ text: said }) => /makes no sense: /.test(said));

function problemsOf({ header: kept, damage }: TppWalk): string[] {
  const problems: string[] = [];
  if (kept && headerProblem(kept) !== null) problems.push(`kept: ${headerProblem(kept)}`);
  if (!kept && !damage.some(({ kind }) => kind === "header")) problems.push("no header, and nothing said");
  if (damage.some(({ text: said }) => said.length > 1000 || said.includes("\n"))) problems.push("a long line");
  return problems;
}

async function recoveryProblems(path: string, out: string, { header: kept }: TppWalk): Promise<string[]> {
  const recovery = await recoverTpp(path, out, { overwrite: true }).catch((error: unknown) => error);
  if (recovery instanceof Error)
    return kept || !(recovery instanceof TppError) ? [`not recovered: ${recovery.message}`] : [];
  const again = await verifyTpp(out);
  if (again.damage.length > 0) return [`recovered with damage: ${again.damage[0]!.text}`];
  return asHeader(again.header) ? [] : ["recovered with another header"];
}

test.serial(
  "commands show what is wrong, or the values as harmless text; no line of info is a file's own",
  async (t) => {
    t.timeout(3_600_000);
    const folder = temporaryDirectory(t);
    const chance = seededChance(20261126);
    const wrong: string[] = [];
    let count = 0;
    for (const [kind, valid, file] of kinds) {
      for (const value of hostileValues(valid)) {
        if (chance() * (isForgery(value) ? forgeriesAsked : asked) >= 1) continue;
        count += 1;
        const path = write(join(folder, "a.tpp"), ...file(value.json));
        for (const answer of await answers(path, folder, ["info", "flows"]))
          wrong.push(...faultsOf(answer).map((fault) => `${kind}, ${value.name}, ${answer.command}: ${fault}`));
      }
    }
    t.log(`${count} files`);
    t.deepEqual(wrong, []);
    t.true(count > 100);
    t.deepEqual(readdirSync(folder), ["a.tpp"]);
  },
);

const isForgery = ({ name }: HostileValue): boolean => /: (forgery|SQL|names that forge)$/.test(name);
