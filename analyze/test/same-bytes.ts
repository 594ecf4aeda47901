/**
 * node analyze/test/same-bytes.ts [TIMES] [PATTERN]: every command and format over all recordings, each several times (first with an
 * empty cache, then with what that left), and whether the bytes are the same. `PATTERN`: of the recordings' names. Several run at
 * once, so that threads take turns in many ways. Ends with 1 where anything differs. same-bytes.test.ts does a part of it.
 */
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { plotNames } from "../index.ts";
import { viewNames } from "../views.ts";
import { analyze } from "./helpers.ts";

const directory = fileURLToPath(new URL("../../test/fixtures/", import.meta.url));

/** Command lines about one recording, by what they print; `OUT` stands for a file to write. */
export function commandsOn(path: string): string[][] {
  const metrics = viewNames.filter((name) => name !== "trace");
  const formats = [[], ["--json"], ["--csv"]];
  return [
    ["info", path],
    ...formats.map((format) => ["flows", path, ...format]),
    ...formats.map((format) => ["events", path, ...format]),
    ...formats.map((format) => ["compare", path, path, ...format]),
    ["diagnose", path],
    ["diagnose", path, "--json"],
    ["check", path, "--assert", "goodput_bps > 1e5", "--assert", "sum(acked_bytes) > 0", "--json"],
    ...metrics.flatMap((name) => [
      ["metrics", path, name, "--json"],
      ["metrics", path, name, "-o", "OUT.parquet"],
    ]),
    ...plotNames.flatMap((name) => ["svg", "html", "json"].map((ending) => ["plot", path, name, "-o", `OUT.${ending}`])),
    ...["parquet", "arrow", "csv"].map((ending) => ["convert", path, "-o", `OUT.${ending}`]),
    ["sql", path, "SELECT * FROM flows ORDER BY flow", "-o", "OUT.json"],
  ];
}

/** A digest of what a command line prints and writes. */
export async function digestOf(args: readonly string[], folder: string, turn: string): Promise<string> {
  const output = args.find((arg) => arg.startsWith("OUT."));
  const path = join(folder, `${turn}${output ?? ""}`);
  const { code, out, err } = await analyze(...args.map((arg) => (arg === output ? path : arg)), ...(output ? ["-f"] : []));
  const hash = createHash("sha256").update(`${code}`).update(out.replaceAll(path, "OUT")).update(err.replaceAll(path, "OUT"));
  if (output && code === 0) hash.update(readFileSync(path));
  return hash.digest("hex");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const times = Number(process.argv[2] ?? 3);
  const wanted = new RegExp(process.argv[3] ?? "");
  const folder = mkdtempSync(join(tmpdir(), "same-bytes-"));
  process.env.XDG_CACHE_HOME = folder;
  const recordings = readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".tpp") && wanted.test(name));
  let commands = 0;
  const differing: string[] = [];
  for (const recording of recordings.sort()) {
    for (const args of commandsOn(join(directory, recording))) {
      const digests = await Promise.all(Array.from({ length: times }, (_, turn) => digestOf(args, folder, `${turn}`)));
      commands++;
      if (new Set(digests).size > 1) differing.push(args.join(" "));
    }
  }
  rmSync(folder, { recursive: true });
  console.log(`${recordings.length} recordings, ${commands} command lines, each ${times} times: ${differing.length} with other bytes`);
  for (const line of differing) console.log(`  ${line}`);
  process.exitCode = differing.length === 0 ? 0 : 1;
}
