/**
 * npm run bench:scale [-- [--together | --metrics NAME,...] RECORDS...]: convert and every metric at 1, 10 and 100
 * million synthetic records: time, peak memory, how both grow, and at what DuckDB's bare scan of the same Parquet would
 * be. Metrics go to Parquet files, so that no time is spent on printing, and each command does all of its work; all
 * metrics in one process once with an empty cache and once more; with --together only that, which is a third of the
 * time, and with --metrics that and those. Where pandas is there, three of them beside what it takes for the same, up
 * to 10 million.
 */
import { mkdtemp, rm, stat } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { viewNames } from "../../analyze/trace/views.ts";
import { compareWithPandas, timePandas } from "./peer.ts";
import { writeSyntheticText } from "./synthetic.ts";
import { writeTpp } from "./synthetic-capture.ts";
import { megabytes, type Run, showOne, timed } from "./timed.ts";

const { values, positionals } = parseArgs({
  options: { together: { type: "boolean", default: false }, metrics: { type: "string" } },
  allowPositionals: true,
});
const sizes = positionals.length > 0 ? positionals.map(Number) : [1e6, 1e7, 1e8];
const asked = values.together ? [] : values.metrics?.split(",");
const metrics = viewNames.filter((name) => name !== "trace" && (asked?.includes(name) ?? true));
const unknown = asked?.find((name) => !(metrics as string[]).includes(name));
if (unknown !== undefined) throw new Error(`--metrics: there is no ${unknown}`);
const directory = await mkdtemp(join(tmpdir(), "tcpprobe-scale-"));
const file = (name: string) => join(directory, name);
const totals = new Map<string, Run[]>();

function tell(name: string, run: Run): void {
  console.log(`  ${name.padEnd(18)} ${showOne(run)}`);
  totals.set(name, [...(totals.get(name) ?? []), run]);
}

try {
  console.log(`${availableParallelism()} cores`);
  for (const records of sizes) {
    const [text, tpp, parquet, out] = [file("raw.txt"), file("raw.tpp"), file("trace.parquet"), file("out.parquet")];
    const rawBytes = await writeSyntheticText(text, { records });
    await writeTpp(text, tpp);
    console.log(`${records.toLocaleString("en-US")} synthetic records, ${megabytes(rawBytes)} of text`);
    const pandas = await timePandas(text, records);
    await rm(text);
    tell("convert", await timed("./run-analyze.js", "convert", tpp, "-o", parquet, "-f"));
    console.log(
      `  sizes              .tpp ${megabytes((await stat(tpp)).size)}, Parquet ${megabytes((await stat(parquet)).size)}`,
    );
    await compareWithPandas(pandas, tpp, parquet);
    await rm(tpp);
    tell("bare scan", await timed("./bare-scan.ts", parquet));
    for (const name of metrics)
      tell(name, await timed("./run-analyze.js", "metrics", parquet, name, "-o", out, "-f", "--no-cache"));
    tell("all metrics, first", await timed("./run-metrics.ts", parquet, file("cache")));
    tell("all metrics, again", await timed("./run-metrics.ts", parquet, file("cache")));
    tell("plot cwnd", await timed("./run-analyze.js", "plot", parquet, "cwnd", "-o", file("out.svg"), "-f"));
  }
  if (sizes.length > 1) {
    console.log("growth exponent from the first size to the last, of time and of CPU time");
    const factor = Math.log(sizes.at(-1)! / sizes[0]!);
    const exponent = (last: number, first: number) => (Math.log(last / first) / factor).toFixed(2);
    for (const [name, runs] of totals) {
      const [first, last] = [runs[0]!, runs.at(-1)!];
      console.log(
        `  ${name.padEnd(18)} ${exponent(last.seconds, first.seconds)}  ${exponent(last.cpuSeconds, first.cpuSeconds)}`,
      );
    }
  }
} finally {
  await rm(directory, { recursive: true, force: true });
}
