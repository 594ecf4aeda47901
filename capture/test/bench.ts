/**
 * npm run bench:capture [-- MILLIONS]: CPU time of `capture run` for each million records, beside `cat FILE | zstd -3` on
 * the same bytes, in turn. The bytes are real text of the module, as often as it takes.
 */
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { zstdDecompressSync } from "node:zlib";

const millions = Number(process.argv[2] ?? 2);
const rounds = 5;
const bin = fileURLToPath(new URL("../bin/capture.js", import.meta.url));
const texts = new URL("../../test/fixtures/kmod-raw/", import.meta.url);
const directory = mkdtempSync(join(tmpdir(), "capture-bench-"));
const file = (name: string): string => join(directory, name);

/** Returns how many lines it wrote. */
function writeText(path: string): number {
  const names = readdirSync(texts).filter((name) => name.endsWith(".txt.zst"));
  const pieces = names.map((name) => zstdDecompressSync(readFileSync(new URL(name, texts))));
  const lines = pieces.map((piece) => piece.toString("latin1").split("\n").length - 1);
  const out = openSync(path, "w");
  let written = 0;
  for (let index = 0; written < millions * 1e6; index = (index + 1) % pieces.length) {
    writeSync(out, pieces[index]!);
    written += lines[index]!;
  }
  closeSync(out);
  return written;
}

/** User and system time of a command and all that it starts, s. */
function cpuSeconds(command: string, ...args: string[]): number {
  const { stdout, status, stderr } = spawnSync("sh", ["-c", `${command}; times`, "sh", ...args], { encoding: "utf8" });
  const times = [...stdout.matchAll(/(\d+)m([\d.]+)s/g)].map((match) => Number(match[1]) * 60 + Number(match[2]));
  if (status !== 0 || times.length < 4) throw new Error(`${command}: ${stderr}`);
  return times[2]! + times[3]!;
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

try {
  const text = file("text");
  const records = writeText(text);
  const empty = file("empty");
  closeSync(openSync(empty, "w"));
  const quiet = `"$1" "$2" run --quiet -f --kmod-file "$3" -o "$4"`;
  const captureOf = (input: string): number => cpuSeconds(quiet, process.execPath, bin, input, file("a.tpp"));
  const each: { capture: number; start: number; zstd: number }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const zstd = cpuSeconds(`cat "$1" | zstd -3 -q -f -o "$2"`, text, file("a.zst"));
    each.push({ zstd, start: captureOf(empty), capture: captureOf(text) });
  }
  const perMillion = (of: (one: (typeof each)[number]) => number): string =>
    `${((median(each.map(of)) / records) * 1e6).toFixed(3)} s (${each.map((one) => ((of(one) / records) * 1e6).toFixed(3)).join(", ")})`;
  const ratios = each.map(({ capture, zstd }) => capture / zstd);
  const running = each.map(({ capture, start, zstd }) => (capture - start) / zstd);
  const size = statSync(text).size;
  console.log(
    `${records.toLocaleString("en-US")} records, ${(size / 1e6).toFixed(0)} MB of text; CPU time for each million`,
  );
  console.log(`  cat FILE | zstd -3       ${perMillion(({ zstd }) => zstd)}, ${statSync(file("a.zst")).size} bytes`);
  console.log(
    `  capture run              ${perMillion(({ capture }) => capture)}, ${statSync(file("a.tpp")).size} bytes`,
  );
  console.log(`  of which start and end   ${median(each.map(({ start }) => start)).toFixed(2)} s in all`);
  console.log(
    `  ratio                    ${median(ratios).toFixed(2)}; ${median(running).toFixed(2)} without start and end`,
  );
} finally {
  rmSync(directory, { recursive: true, force: true });
}
