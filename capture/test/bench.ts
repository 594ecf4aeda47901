/**
 * npm run bench:capture [-- MILLIONS [ROUNDS]]: compares the CPU time of `capture run`, as npm installs it, with that
 * of `cat FILE | zstd -3` and of `zstd -3` on one thread with the window of capture's frames. All get the same bytes,
 * in turn. The bytes are real text of the module, repeated. The text is longer than the window, so repetition does not
 * improve compression. Two sizes separate the cost of the start from that of each record.
 */
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zstdDecompressSync } from "node:zlib";
import { countLines, verifyTpp } from "@tcpprobe-plus/tpp";
import { installPackage } from "../../test/support/package.ts";

const [millions = 4, rounds = 5] = process.argv.slice(2).map(Number);
const texts = new URL("../../test/fixtures/kmod-raw/", import.meta.url);
const directory = mkdtempSync(join(tmpdir(), "capture-bench-"));
const file = (name: string): string => join(directory, name);

interface Input {
  readonly path: string;
  readonly records: number;
}

function writeInput(name: string, wantedRecords: number): Input {
  const names = readdirSync(texts).filter((name) => name.endsWith(".txt.zst"));
  const chunks = names.map((name) => zstdDecompressSync(readFileSync(new URL(name, texts))));
  const lines = chunks.map(countLines);
  const out = openSync(file(name), "w");
  let records = 0;
  for (let index = 0; records < wantedRecords; index = (index + 1) % chunks.length) {
    writeSync(out, chunks[index]!);
    records += lines[index]!;
  }
  closeSync(out);
  return { path: file(name), records };
}

/** CPU times for the two inputs, s. */
interface CpuTimes {
  readonly small: number;
  readonly large: number;
}

/** User and system time of a command and its descendants, s. */
function cpuSeconds(command: string, ...args: string[]): number {
  const script = `${command} || exit; times`;
  const { stdout, status, stderr } = spawnSync("sh", ["-c", script, "sh", ...args], { encoding: "utf8" });
  const times = [...stdout.matchAll(/(\d+)m([\d.]+)s/g)].map((match) => Number(match[1]) * 60 + Number(match[2]));
  if (status !== 0 || times.length < 4) throw new Error(`${command}: it ended with ${status}. ${stderr}`);
  return times[2]! + times[3]!;
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

const installed = installPackage();
try {
  const large = writeInput("large", millions * 1e6);
  const small = writeInput("small", (millions * 1e6) / 4);
  const empty = writeInput("empty", 0);
  const window = "--zstd=wlog=21"; // 2 MiB, as level 3 uses for a frame of 4 MiB
  const programs: Record<string, (input: Input) => number> = {
    "capture run": ({ path }) =>
      cpuSeconds(
        `"$1" "$2" run --quiet -f --kmod-file "$3" -o "$4"`,
        process.execPath,
        installed.bin,
        path,
        file("a.tpp"),
      ),
    "cat FILE | zstd -3": ({ path }) => cpuSeconds(`cat "$1" | zstd -3 -qfo "$2"`, path, file("a.zst")),
    "zstd -3, one thread": ({ path }) =>
      cpuSeconds(`zstd -3 ${window} --single-thread -qfo "$2" "$1"`, path, file("b.zst")),
  };
  const times: Record<string, CpuTimes[]> = Object.fromEntries(Object.keys(programs).map((name) => [name, []]));
  const starts: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, cpu] of Object.entries(programs)) times[name]!.push({ small: cpu(small), large: cpu(large) });
    starts.push(programs["capture run"]!(empty));
  }
  programs["capture run"]!(large);
  const { damage, trailer } = await verifyTpp(file("a.tpp"));
  if (damage.length > 0 || trailer?.lines !== large.records) throw new Error("capture's file is not whole");

  const measures: Record<string, (one: CpuTimes) => number> = {
    [`of ${(small.records / 1e6).toFixed(1)} million`]: (one) => (one.small / small.records) * 1e6,
    [`of ${(large.records / 1e6).toFixed(1)} million`]: (one) => (one.large / large.records) * 1e6,
    "each further million": (one) => ((one.large - one.small) / (large.records - small.records)) * 1e6,
  };
  const row = (name: string, cells: readonly string[]): void =>
    console.log(`  ${name.padEnd(30)}${cells.map((cell) => cell.padStart(22)).join("")}`);
  const size = (name: string): string => `${(statSync(file(name)).size / 1e6).toFixed(1)} MB`;
  console.log(`${large.records.toLocaleString("en-US")} records, ${size("large")} of text`);
  console.log(`CPU seconds for each million records, median of ${rounds}:`);
  row("", Object.keys(measures));
  for (const [name, all] of Object.entries(times)) {
    row(
      name,
      Object.values(measures).map((measure) => median(all.map(measure)).toFixed(3)),
    );
  }
  console.log("capture run takes as much, times:");
  const ours = times["capture run"]!;
  for (const [name, all] of Object.entries(times).slice(1)) {
    const cells = Object.values(measures).map((measure) => {
      const ratios = all.map((one, round) => measure(ours[round]!) / measure(one));
      return `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})`;
    });
    row(name, cells);
  }
  console.log(`capture run with an empty file: ${median(starts).toFixed(2)} s`);
  console.log(`sizes: capture ${size("a.tpp")}, cat and zstd ${size("a.zst")}, zstd ${size("b.zst")}`);
} finally {
  rmSync(directory, { recursive: true, force: true });
  installed.remove();
}
