/**
 * npm run bench [-- RECORDS]: time and memory of convert and plot on synthetic records, as ratios to DuckDB's bare COPY
 * of the same raw text in the same run. Rounds alternate, and the medians are compared, since machines are noisy.
 */
import { mkdtemp, rm, stat } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { writeSyntheticText } from "./synthetic.ts";
import { writeTpp } from "./synthetic-capture.ts";
import { median, megabytes, type Run, show, timed } from "./timed.ts";

const records = Number(process.argv[2] ?? 3_000_000);
const rounds = 5;
const directory = await mkdtemp(join(tmpdir(), "tcpprobe-bench-"));
const file = (name: string) => join(directory, name);
const sizeOf = async (path: string) => (await stat(path)).size;

async function convertAgainstBareCopy(): Promise<void> {
  const [text, tpp, bare, converted] = [
    file("raw.txt"),
    file("raw.tpp"),
    file("bare.parquet"),
    file("converted.parquet"),
  ];
  const rawBytes = await writeSyntheticText(text, { records });
  await writeTpp(text, tpp);
  const bareRuns: Run[] = [];
  const convertRuns: Run[] = [];
  for (let round = 0; round < rounds; round++) {
    bareRuns.push(await timed("./bare-copy.ts", text, bare));
    convertRuns.push(await timed("./run-analyze.ts", "convert", tpp, "-o", converted, "-f", "--no-cache"));
  }
  const ratio = (path: number) => `${megabytes(path)} (${((100 * path) / rawBytes).toFixed(1)} % of raw)`;
  console.log(
    `${records.toLocaleString("en-US")} synthetic records, ${megabytes(rawBytes)} of text, ${availableParallelism()} cores, median of ${rounds} rounds`,
  );
  console.log(`  bare COPY of the text   ${show(bareRuns)}`);
  console.log(`  analyze convert, .tpp   ${show(convertRuns)}`);
  const ratios = convertRuns.map((run, index) => run.seconds / (bareRuns[index]?.seconds ?? 1));
  console.log(
    `  ratio                   ${median(ratios).toFixed(2)} (${ratios.map((one) => one.toFixed(2)).join(", ")})`,
  );
  console.log(
    `  sizes                   .tpp ${ratio(await sizeOf(tpp))}, Parquet ${ratio(await sizeOf(converted))}, bare Parquet ${ratio(await sizeOf(bare))}`,
  );
  const plots: Run[] = [];
  for (let round = 0; round < 3; round++)
    plots.push(await timed("./run-analyze.ts", "plot", converted, "cwnd", "-o", file("large.svg"), "-f"));
  console.log(`  plot cwnd, converted    ${show(plots)}`);
}

async function plotOfASmallCapture(): Promise<void> {
  const [text, tpp] = [file("small.txt"), file("small.tpp")];
  await writeSyntheticText(text, { records: 100_000 });
  await writeTpp(text, tpp);
  const runs: Run[] = [];
  for (let round = 0; round < rounds; round++)
    runs.push(await timed("./run-analyze.ts", "plot", tpp, "cwnd", "-o", file("small.svg"), "-f", "--no-cache"));
  console.log("100,000 synthetic records");
  console.log(`  plot cwnd, .tpp, cold   ${show(runs)}`);
}

try {
  await plotOfASmallCapture();
  await convertAgainstBareCopy();
} finally {
  await rm(directory, { recursive: true, force: true });
}
