/**
 * npm run bench [-- --records N] [--all N] [--tracepoints N] [--rounds N]: what the first command on a capture costs,
 * as ratios of one run. Rounds alternate between us and the yardstick, and medians are compared, since machines are
 * noisy; CPU time stands beside wall time.
 *
 * --records: synthetic records that are converted, beside DuckDB's bare COPY of the same plain text, and whose flows
 * are told, beside pandas' inflight, goodput and timeouts of it. --all: synthetic records of which all metrics are
 * made. --tracepoints: real tracepoint lines, recorded here as root. 0 leaves a part out.
 */
import { mkdtemp, rm, stat } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { timePandas } from "./peer.ts";
import { writeSyntheticText } from "./synthetic.ts";
import { writeTpp } from "./synthetic-capture.ts";
import { median, megabytes, type Run, showOne, timed } from "./timed.ts";
import { recordTracepoints } from "./tracepoint-capture.ts";

const { values } = parseArgs({
  options: {
    records: { type: "string", default: "3000000" },
    all: { type: "string", default: "10000000" },
    tracepoints: { type: "string", default: "3000000" },
    rounds: { type: "string", default: "5" },
  },
});
const [records, all, tracepoints, rounds] = [values.records, values.all, values.tracepoints, values.rounds].map(
  Number,
) as [number, number, number, number];
const directory = await mkdtemp(join(tmpdir(), "tcpprobe-bench-"));
const file = (name: string): string => join(directory, name);
const count = (n: number): string => n.toLocaleString("en-US");
const sizeOf = async (path: string): Promise<number> => (await stat(path)).size;
const analyze = (...args: string[]): Promise<Run> => timed("./run-analyze.js", ...args);

/** The run of middle length. */
const middle = (runs: readonly Run[]): Run =>
  runs.toSorted((a, b) => a.seconds - b.seconds)[Math.floor(runs.length / 2)]!;
const tell = (name: string, runs: readonly Run[]): void => console.log(`  ${name.padEnd(34)} ${showOne(middle(runs))}`);

/** The median of the rounds' ratios, and the least and the largest. */
function tellRatio(name: string, ours: readonly Run[], theirs: readonly Run[]): void {
  const ratios = (measure: (run: Run) => number): string => {
    const each = ours.map((run, round) => measure(run) / measure(theirs[round]!));
    return `${median(each).toFixed(2)} (${Math.min(...each).toFixed(2)} to ${Math.max(...each).toFixed(2)})`;
  };
  console.log(`  ${name.padEnd(34)} wall ${ratios((run) => run.seconds)}, CPU ${ratios((run) => run.cpuSeconds)}`);
}

async function syntheticCapture(name: string, size: number): Promise<{ text: string; tpp: string }> {
  const [text, tpp] = [file(`${name}.txt`), file(`${name}.tpp`)];
  const bytes = await writeSyntheticText(text, { records: size });
  await writeTpp(text, tpp);
  console.log(`${count(size)} synthetic records, ${megabytes(bytes)} of text, .tpp ${megabytes(await sizeOf(tpp))}`);
  return { text, tpp };
}

async function smallPlot(): Promise<void> {
  const { tpp } = await syntheticCapture("small", 100_000);
  const runs: Run[] = [];
  for (let round = 0; round < rounds; round++)
    runs.push(await analyze("plot", tpp, "cwnd", "-o", file("small.svg"), "-f", "--no-cache"));
  tell("plot cwnd, nothing cached", runs);
}

async function firstCommands(): Promise<void> {
  const { text, tpp } = await syntheticCapture("large", records);
  const [bare, converted] = [file("bare.parquet"), file("converted.parquet")];
  const copies: Run[] = [];
  const converts: Run[] = [];
  const pandas: Run[] = [];
  const flows: Run[] = [];
  for (let round = 0; round < rounds; round++) {
    // A file that is overwritten costs its old blocks' removal, which is no part of either.
    for (const written of [bare, converted]) await rm(written, { force: true });
    copies.push(await timed("./bare-copy.ts", text, bare));
    converts.push(await analyze("convert", tpp, "-o", converted, "--no-cache"));
    const peer = await timePandas(text, records);
    if (peer) pandas.push(peer);
    flows.push(await analyze("flows", tpp, "--no-cache"));
  }
  tell("DuckDB's bare COPY of the text", copies);
  tell("analyze convert", converts);
  tellRatio("  ratio", converts, copies);
  console.log(
    `  ${"  Parquet".padEnd(34)} ${megabytes(await sizeOf(converted))}, bare ${megabytes(await sizeOf(bare))}`,
  );
  if (pandas.length > 0) tell("pandas, three results", pandas);
  tell("analyze flows, nothing cached", flows);
  if (pandas.length > 0) tellRatio("  ratio", flows, pandas);
  process.env.XDG_CACHE_HOME = file("cache");
  tell("analyze flows, which fills the cache", [await analyze("flows", tpp)]);
  tell("analyze flows, again", [await analyze("flows", tpp)]);
  tell("plot cwnd of the converted file", [await analyze("plot", converted, "cwnd", "-o", file("large.svg"), "-f")]);
  await Promise.all([text, tpp, bare, converted].map((path) => rm(path)));
}

async function allMetrics(): Promise<void> {
  const { text, tpp } = await syntheticCapture("all", all);
  await rm(text);
  for (const which of ["nothing cached", "again"])
    tell(`all metrics, ${which}`, [await timed("./run-metrics.ts", tpp, file("all-cache"))]);
}

async function tracepointLines(): Promise<void> {
  const tpp = file("tracepoints.tpp");
  const lines = await recordTracepoints(tpp, tracepoints);
  console.log(`${count(lines)} real tracepoint lines, .tpp ${megabytes(await sizeOf(tpp))}`);
  const [converts, flows]: [Run[], Run[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    converts.push(await analyze("convert", tpp, "-o", file("tracepoints.parquet"), "-f", "--no-cache"));
    flows.push(await analyze("flows", tpp, "--no-cache"));
  }
  tell("analyze convert", converts);
  tell("analyze flows, nothing cached", flows);
}

try {
  console.log(`${availableParallelism()} cores, median of ${rounds} rounds`);
  await smallPlot();
  if (records > 0) await firstCommands();
  if (tracepoints > 0) await tracepointLines();
  if (all > 0) await allMetrics();
} finally {
  await rm(directory, { recursive: true, force: true });
}
