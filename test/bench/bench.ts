/**
 * npm run bench [-- RECORDS]: time and memory of convert and plot on synthetic records, as ratios to DuckDB's bare COPY
 * of the same raw text in the same run. Rounds alternate, and the medians are compared, since machines are noisy.
 */
import { fork } from "node:child_process";
import { createReadStream } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { documentedWireNames, type TppHeader, TppWriter } from "@tcpprobe-plus/tpp";
import { writeSyntheticText } from "./synthetic.ts";

const records = Number(process.argv[2] ?? 3_000_000);
const rounds = 5;
const directory = await mkdtemp(join(tmpdir(), "tcpprobe-bench-"));
const file = (name: string) => join(directory, name);
const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
const sizeOf = async (path: string) => (await stat(path)).size;

interface Run {
  readonly seconds: number;
  readonly peakBytes: number;
}

/** Runs a script in a process of its own, from its start to its end. */
function timed(script: string, ...args: string[]): Promise<Run> {
  return new Promise((resolve, reject) => {
    const begin = performance.now();
    let peakBytes = 0;
    const child = fork(new URL(script, import.meta.url), args, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
    child.on("message", (message: { peakBytes: number }) => {
      peakBytes = message.peakBytes;
    });
    child.on("exit", (code) => {
      if (code === 0) resolve({ seconds: (performance.now() - begin) / 1000, peakBytes });
      else reject(new Error(`${script} ${args.join(" ")} ended with ${code}`));
    });
  });
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;
const show = (runs: readonly Run[]): string =>
  `${median(runs.map((run) => run.seconds)).toFixed(2)} s (${runs.map((run) => run.seconds.toFixed(2)).join(", ")}), peak ${megabytes(Math.max(...runs.map((run) => run.peakBytes)))}`;

async function writeTpp(textPath: string, tppPath: string): Promise<void> {
  const header: TppHeader = {
    format: 1,
    capture_id: "synthetic",
    tool: { name: "bench", version: "0" },
    source: "synthetic",
    text: "probe",
    columns: documentedWireNames,
    kernel: { release: "none", version: "none", machine: "none", hz: null },
    clock: { realtime_ns: "1700000000000000000", monotonic_ns: "0", zero_monotonic_ns: "0" },
    filters: { port: null },
    module_sysctl: null,
    sysctl: {},
    interfaces: [],
    command_line: ["npm", "run", "bench"],
    notes: ["synthetic records: they mean nothing"],
  };
  const writer = await TppWriter.create(tppPath, header);
  for await (const piece of createReadStream(textPath, { highWaterMark: 4 << 20 })) {
    if (!writer.write(piece as Buffer)) await writer.drained();
  }
  await writer.close({ reason: "source ended" });
}

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
