/**
 * Two congestion controls on one path, several runs each, captured and drawn as a paper would print it:
 *
 *     sudo node test/experiments/congestion-controls.ts FOLDER [RUNS] [SECONDS]
 *
 * FOLDER gets cubic-1.tpp …, bbr-1.tpp …, and the figures. Runs take turns, so that what else goes on on the machine
 * meets both. Where the host has no BBR, reno takes its place.
 */
import { mkdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../../lab/command.ts";
import { startRecording } from "../../lab/recording.ts";
import { ShapedPath } from "../../lab/shaped-path.ts";
import { transfer } from "../fixtures/recordings.ts";

const analyze = fileURLToPath(new URL("../../analyze/bin/analyze.js", import.meta.url));

const port = 5310;

/** The path: a queue of about one bandwidth-delay product, and random losses. */
const path = { rateMbit: 10, queueBytes: 90_000, dropsPer100k: 100 } as const;

export interface Experiment {
  readonly folder: string;
  readonly runs: number;
  readonly seconds: number;
}

const available = (): string[] =>
  readFileSync("/proc/sys/net/ipv4/tcp_available_congestion_control", "utf8").trim().split(" ");

/** The two to compare: cubic, and bbr where the host has it. */
export const algorithms = (): [string, string] => {
  const there = available();
  return [there.includes("cubic") ? "cubic" : "reno", there.includes("bbr") ? "bbr" : "reno"];
};

/** Captures the runs, one file each. Returns their paths. */
export async function captureRuns({ folder, runs, seconds }: Experiment): Promise<string[]> {
  mkdirSync(folder, { recursive: true });
  const files: string[] = [];
  for (let number = 1; number <= runs; number++)
    for (const algorithm of new Set(algorithms())) {
      const file = join(folder, `${algorithm}-${number}.tpp`);
      using shaped = await ShapedPath.make(path);
      await using recording = await startRecording(file, "-f", "--port", String(port));
      await transfer(port, ["-t", String(seconds), "-C", algorithm], shaped);
      console.log((await recording.finish()).trim().split("\n").at(-1));
      files.push(file);
    }
  return files;
}

/** One figure of a paper's column; each as PDF and PNG. */
const figures: readonly { readonly name: string; readonly args: readonly string[] }[] = [
  { name: "overlay", args: ["cwnd", "--overlay"] },
  { name: "cwnd", args: ["cwnd", "GROUPS"] },
  { name: "goodput", args: ["goodput", "GROUPS", "--window", "200ms"] },
  { name: "rtt", args: ["rtt", "GROUPS"] },
  { name: "cdf", args: ["cdf", "GROUPS"] },
  { name: "scatter", args: ["scatter", "GROUPS"] },
];

/** Draws the figures. Returns the paths. */
export async function drawFigures(files: readonly string[], folder: string): Promise<string[]> {
  const groups = [...new Set(algorithms())].flatMap((algorithm) => [
    ...["--group", `${algorithm}-*`],
    ...["--label", algorithm.toUpperCase()],
  ]);
  const made: string[] = [];
  for (const { name, args } of figures)
    for (const format of ["pdf", "png"]) {
      const [plot = "", ...options] = args.flatMap((word) => (word === "GROUPS" ? groups : [word]));
      const shown = name === "overlay" ? files.slice(0, 2) : files;
      const out = join(folder, `${name}.${format}`);
      const labels = name === "overlay" ? algorithms().flatMap((one) => ["--label", one.toUpperCase()]) : [];
      const look = ["--theme", "print", "--size", "84mm", "--no-title", "-f", "-o", out];
      await run([process.execPath, analyze, "plot", ...shown, plot, ...options, ...labels, ...look]);
      made.push(out);
    }
  return made;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder, runs = "5", seconds = "6"] = process.argv.slice(2);
  if (!folder) throw new Error("name a folder");
  const files = await captureRuns({ folder: resolve(folder), runs: Number(runs), seconds: Number(seconds) });
  for (const made of await drawFigures(files, resolve(folder))) console.log(made);
}
