/** What else would compute it: pandas, on the same text (peer.py). It must come to the same results. */
import { type ExecFileException, execFile, spawnSync } from "node:child_process";
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { documentedWireNames } from "@tcpprobe-plus/tpp";
import { type Run, showOne, timed } from "./timed.ts";

/** Of the three results, to compare them by. */
export interface Sums {
  readonly records: number;
  readonly inflight_packets: number;
  readonly flows: number;
  readonly timeouts: number;
  readonly flows_with_timeouts: number;
  readonly goodput_bytes: number;
  readonly windows_with_goodput: number;
  /** Each window's bytes times its number, so that a byte in another window makes another sum. */
  readonly goodput_bytes_by_window: number;
}

interface Peer {
  readonly version: string;
  readonly sums: Sums;
}

/** pandas holds all of the text that it needs in memory. */
const mostRecords = 10_000_000;
const limitSeconds = 1200;
const script = fileURLToPath(new URL("peer.py", import.meta.url));

/** A Python with pandas; Debian's own, where another comes first in the PATH. */
const python = (): string | undefined =>
  ["python3", "/usr/bin/python3"].find((name) => spawnSync(name, ["-c", "import pandas"]).status === 0);

/** Runs pandas on the text; null, and a line that says why, where it cannot. */
export async function timePandas(textPath: string, records: number): Promise<Run<Peer> | null> {
  const skip = (why: string): null => {
    console.log(`  pandas             left out: ${why}`);
    return null;
  };
  if (records > mostRecords)
    return skip(`beyond ${mostRecords.toLocaleString("en-US")} records it takes too much memory`);
  const program = python();
  if (!program) return skip("no python3 here has it; `apt-get install python3-pandas` brings it");
  const begin = performance.now();
  const args = [script, textPath, documentedWireNames.join(",")];
  try {
    const { stdout } = await promisify(execFile)(program, args, {
      timeout: limitSeconds * 1000,
      killSignal: "SIGKILL",
    });
    const told = JSON.parse(stdout) as Peer & Pick<Run, "cpuSeconds" | "peakBytes">;
    return { ...told, seconds: (performance.now() - begin) / 1000, result: told };
  } catch (error) {
    const { killed, signal } = error as ExecFileException;
    if (killed) return skip(`it took longer than ${limitSeconds} s`);
    if (signal) return skip(`it was ended by ${signal}, for want of memory perhaps`);
    throw error;
  }
}

/** Our three results from the capture and from its Parquet, beside those of pandas. Throws where they differ. */
export async function compareWithPandas(pandas: Run<Peer> | null, tpp: string, parquet: string): Promise<void> {
  if (!pandas) return;
  console.log("  inflight of each record, goodput per connection and 100 ms, timeouts per connection");
  console.log("  (pandas reads 12 of the 30 fields and keeps the results in memory; analyze writes them to Parquet)");
  const tell = (name: string, run: Run) => console.log(`    ${name.padEnd(16)} ${showOne(run)}`);
  tell(`pandas ${pandas.result.version}`, pandas);
  for (const [name, path] of [
    ["analyze, .tpp", tpp],
    ["analyze, Parquet", parquet],
  ] as const) {
    const out = `${path}.three`;
    const run = await timed<{ sums: Sums }>("./run-three.ts", path, out);
    for (const made of ["inflight.parquet", "goodput.parquet", "timeouts.parquet", "cache"])
      await rm(`${out}.${made}`, { recursive: true, force: true });
    tell(name, run);
    for (const [key, value] of Object.entries(pandas.result.sums)) {
      const ours = run.result.sums[key as keyof Sums];
      if (ours !== value) throw new Error(`${name} and pandas differ: ${key} is ${ours} and ${value}`);
    }
  }
  const { records, flows, timeouts, goodput_bytes, windows_with_goodput } = pandas.result.sums;
  const count = (n: number) => n.toLocaleString("en-US");
  console.log(
    `    all three agree: ${count(records)} records, ${count(flows)} connections, ${count(timeouts)} timeouts, ${count(goodput_bytes)} bytes in ${count(windows_with_goodput)} windows`,
  );
}
