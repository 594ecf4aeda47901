/**
 * `npm run fuzz [-- SECONDS [SEED]]`: changes captures and has every reader of the format read them, for as long as
 * told (600 s). What makes a reader run code that nothing had made it run is kept and changed further. Prints, and
 * leaves in the folder it names, each file that a reader did not answer as it should.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readFrames, recoverTpp, TppError, verifyTpp, walkTpp } from "@tcpprobe-plus/tpp";
import { seededChance } from "../support/seeded-chance.ts";
import { answers } from "./answer.ts";
import { bounds, faultsOf } from "./bounded.ts";
import { Coverage } from "./coverage.ts";
import { metadataFrame } from "./frames.ts";
import { fullHeader, fullTrailer } from "./metadata.ts";
import { mutated } from "./mutate.ts";

export interface FuzzResult {
  readonly files: number;
  readonly bytes: number;
  readonly kept: number;
  readonly blocks: number;
  /** What was answered wrongly, a line each. */
  readonly wrong: readonly string[];
}

const fixtures = [
  "rotated.0004.tpp",
  "loopback.tpp",
  "ss-loss.tpp",
  "kmod-overflow-extended.tpp",
  "side-by-side/binary/kmod.tpp",
];

/**
 * One in so many is recovered, which waits for the disk, and one given to the commands, which open a database each
 * time.
 */
const recovered = 4;
const asked = 60;
/** After so many it is looked whether they reached anything new. */
const afterFiles = 5;

const seeds = (): Buffer[] => [
  ...fixtures.map((name) => readFileSync(fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url)))),
  Buffer.concat([metadataFrame("TPPH", fullHeader), metadataFrame("TPPT", fullTrailer)]),
];

export interface FuzzLimits {
  readonly seed: number;
  /** Ends after so many seconds, or so many bytes read, whichever comes first. */
  readonly seconds?: number;
  readonly bytes?: number;
}

export async function fuzz({ seed, seconds = Infinity, bytes: mostBytes = Infinity }: FuzzLimits): Promise<FuzzResult> {
  const folder = mkdtempSync(join(tmpdir(), "tpp-fuzz-"));
  const chance = seededChance(seed);
  const corpus = seeds();
  const start = corpus.length;
  const coverage = new Coverage();
  await coverage.start();
  const path = join(folder, "a.tpp");
  const wrong: string[] = [];
  let [files, bytes] = [0, 0];
  const end = performance.now() + seconds * 1000;
  for (let batch: Buffer[] = []; performance.now() < end && bytes < mostBytes; ) {
    const pick = () => corpus[Math.floor(chance() * corpus.length)]!;
    const file = mutated(pick(), pick(), chance);
    writeFileSync(path, file);
    const problems = await read(path, folder, files);
    if (problems.length > 0) writeFileSync(join(folder, `wrong-${files}.tpp`), file);
    wrong.push(...problems.map((problem) => `${files}: ${problem}`));
    files += 1;
    bytes += file.length;
    batch.push(file);
    if (batch.length < afterFiles) continue;
    if ((await coverage.fresh(/\/tpp\/(?!test\/).*\.ts$/)) > 0) corpus.push(...batch);
    batch = [];
  }
  coverage.stop();
  if (wrong.length === 0) rmSync(folder, { recursive: true });
  else wrong.push(`the files are in ${folder}`);
  return { files, bytes, kept: corpus.length - start, blocks: coverage.blocks, wrong };
}

async function read(path: string, folder: string, number: number): Promise<string[]> {
  const before = process.cpuUsage();
  const problems = await readByLibrary(path, number % recovered === 0 ? join(folder, "b.tpp") : null).catch(
    (error: Error) => [`${error.stack}`],
  );
  const { user, system } = process.cpuUsage(before);
  if (user + system > bounds.seconds * 1e6) problems.push(`${(user + system) / 1e6} s of CPU`);
  const megabytes = process.memoryUsage().rss / 1e6;
  if (megabytes > 2 * bounds.megabytes) problems.push(`${megabytes.toFixed(0)} MB`);
  if (number % asked !== 0) return problems;
  for (const answer of await answers(path, folder, ["info", "flows"]))
    problems.push(...faultsOf(answer).map((fault) => `${answer.command}: ${fault}`));
  return problems;
}

/** Everything that reads a .tpp: each must end, with a result or an error of its own. */
async function readByLibrary(path: string, out: string | null): Promise<string[]> {
  try {
    const walk = await walkTpp(path);
    for await (const _ of readFrames(path, walk, { onDamage: () => {} }));
    const verified = await verifyTpp(path);
    if (!verified.header || out === null) return [];
    await recoverTpp(path, out, { overwrite: true });
    const { damage } = await verifyTpp(out);
    return damage.map(({ text }) => `recovered with damage: ${text}`);
  } catch (error) {
    if (error instanceof TppError) return [];
    throw error;
  }
}

if (import.meta.main) {
  const [seconds = "600", seed = String(Date.now() % 1e9)] = process.argv.slice(2);
  const { wrong, ...counts } = await fuzz({ seconds: Number(seconds), seed: Number(seed) });
  console.log(`seed ${seed}: ${JSON.stringify(counts)}`);
  for (const line of wrong) console.log(line);
  process.exitCode = wrong.length > 0 ? 1 : 0;
}
