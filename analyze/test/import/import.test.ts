/** Text of other programs, made by them, as captures. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { zstdDecompressSync } from "node:zlib";
import { walkTpp } from "@tcpprobe-plus/tpp";
import test from "ava";
import { analyze, fixture, linesOf, opened, temporaryDirectory } from "../../../test/support/analyze.ts";

const data = (name: string): string => fileURLToPath(new URL(`../data/import/${name}`, import.meta.url));

for (const [name, format, leading] of [
  ["perf-script.txt", "perf script", 0],
  ["trace-cmd-report.txt", "trace-cmd report", 1],
] as const) {
  test(`${format}: every record, with the values that are in its line; the text stays as it was`, async (t) => {
    const output = join(temporaryDirectory(t), "x.tpp");
    const result = await analyze("import", data(name), "-o", output);
    t.is(result.code, 0, result.err);
    t.regex(result.out, new RegExp(`lines of ${format}\n`));
    const lines = readFileSync(data(name), "utf8").split("\n").slice(leading, -1);
    t.is((await linesOf(output)).join(""), lines.map((line) => `${line}\n`).join(""));
    const trace = await opened(t, output);
    t.deepEqual(trace.captures[0]!.rejected, []);
    const rows = await trace.rows<Record<string, string | number>>("SELECT * FROM trace ORDER BY ord");
    t.is(rows.length, lines.length);
    const time = (line: string | undefined): number => Number(/ (\d+\.\d+): /.exec(line ?? "")![1]);
    for (const [index, line] of lines.entries()) {
      const row = rows[index]!;
      t.true(Math.abs((row.t as number) - (time(line) - time(lines[0]!))) < 2e-9 + 1e-9 * time(line));
      t.is(row.type, line.includes("tcp_probe:") ? "recv" : "retransmit");
      const value = (key: string) => new RegExp(` ${key}=(\\S+)`).exec(line)?.[1];
      if (row.type === "retransmit") {
        t.is(String(row.sport), value("sport") ?? "");
        continue;
      }
      for (const [key, column] of [
        ["snd_cwnd", "snd_cwnd"],
        ["srtt", "srtt_us"],
        ["rcv_wnd", "rcv_wnd_bytes"],
        ["data_len", "length_bytes"],
      ] as const)
        t.is(Number(row[column]), Number(value(key)), key);
      t.is(`${row.daddr}:${row.dport}`, value("dest")!.replace(/[[\]]|::ffff:/g, ""));
    }
    const { header } = await walkTpp(output);
    t.is(header!.source, "import");
    t.deepEqual(header!.imported, { format, files: [name] });
    t.true(header!.notes!.some((note) => /^guess: /.test(note)));
    const info = await analyze("info", output);
    t.regex(info.out, /^note {7}guess: the records end when the file was last written/m);
  });
}

test("trace_pipe's own text gives the trace that the tracefs source gives", async (t) => {
  const directory = temporaryDirectory(t);
  const text = join(directory, "pipe.txt");
  writeFileSync(text, (await linesOf(fixture("loopback"))).join(""));
  const output = join(directory, "x.tpp");
  t.is((await analyze("import", text, "-o", output, "--began", "2026-11-22T20:00:00Z")).code, 0);
  const query =
    "SELECT type, saddr, sport, daddr, dport, snd_cwnd, srtt_us, snd_una, detail FROM trace WHERE type <> 'reset_sent' ORDER BY ord";
  const imported = await opened(t, output);
  const original = await opened(t, fixture("loopback"));
  const rows = async (trace: typeof imported) => JSON.stringify(await trace.rows(`${query} LIMIT 5000`));
  t.is(await rows(imported), await rows(original));
  t.regex(String((await imported.rows("SELECT min(time) AS first FROM trace"))[0]!.first), /^2026-11-22 20:00:00/);
});

test("a folder of read_data.py, here with the text of this module: files in order, its date, its statistics", async (t) => {
  const folder = join(temporaryDirectory(t), "output");
  mkdirSync(folder);
  const raw = new URL("../../../test/fixtures/kmod-raw/", import.meta.url);
  const lines = zstdDecompressSync(readFileSync(new URL("loss.txt.zst", raw)))
    .toString()
    .split(/(?<=\n)/);
  const about = JSON.parse(readFileSync(new URL("loss.json", raw), "utf8"));
  const write = (name: string, from: number, to?: number) =>
    writeFileSync(join(folder, name), `# 2026-11-22 20:41:14\n${lines.slice(from, to).join("")}`);
  write("tcp-stat.log.1", 0, 1000);
  write("tcp-stat.log.2", 1000, 3000);
  write("tcp-stat.log", 3000);
  writeFileSync(join(folder, "tcpprobe_plus.stat"), about.statAfter);
  t.is(readdirSync(folder).length, 4);
  const output = join(folder, "x.tpp");
  const { code, err } = await analyze("import", folder, "-o", output);
  t.is(code, 0, err);
  const imported = await opened(t, output);
  const original = await opened(t, fixture("kmod-loss"));
  const query =
    "SELECT flow, type, t, saddr, sport, snd_nxt - snd_una AS inflight, srtt_us, rto_ms, pacing_rate_bps FROM trace ORDER BY ord";
  t.is(JSON.stringify(await imported.rows(query)), JSON.stringify(await original.rows(query)));
  t.is(
    String((await imported.rows("SELECT min(time - INTERVAL 1 SECOND) AS first FROM trace"))[0]!.first).slice(0, 18),
    "2026-11-22 20:41:1",
  );
  t.is((await walkTpp(output)).trailer!.statistics!.end, about.statAfter);
});

const refusals: [args: (directory: string) => string[], code: number, message: RegExp][] = [
  [() => ["import", "/nonexistent", "-o", "x.tpp"], 66, /no such file/],
  [() => ["import", import.meta.filename, "-o", "x.tpp"], 65, /holds no records of perf script, trace-cmd report/],
  [(directory) => ["import", directory, "-o", "x.tpp"], 65, /has no tcp-stat\.log in it/],
  [() => ["import", data("perf-script.txt"), "-o", "/nonexistent/x.tpp"], 73, /its directory does not exist/],
  [() => ["import", data("perf-script.txt"), "-o", "x.tpp", "--began", "then"], 64, /then: not a moment/],
  [() => ["import", data("perf-script.txt"), "-o", "x.tpp", "--hz", "0"], 64, /0: not a CONFIG_HZ/],
];
for (const [args, code, message] of refusals) {
  test(`import: one line and exit code ${code} for ${message.source}`, async (t) => {
    const result = await analyze(...args(temporaryDirectory(t)));
    t.is(result.code, code, result.err);
    t.regex(result.err, /^analyze: .*\S\n$/);
    t.regex(result.err, message);
  });
}
