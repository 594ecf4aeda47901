/** Loops of ss that somebody logged with times: data/import-ss/, made by record.sh there. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync, zstdCompressSync } from "node:zlib";
import test, { type ExecutionContext } from "ava";
import { analyze, opened, temporaryDirectory } from "../../../test/support/analyze.ts";
import { stampOf } from "../../import/polls.ts";

const file = (name: string): string => fileURLToPath(new URL(`../data/import-ss/${name}.txt`, import.meta.url));
const told =
  "SELECT ord, t, time, saddr, sport, dport, snd_cwnd, bytes_acked, connection, detail FROM trace ORDER BY ord";

async function imported(t: ExecutionContext, path: string, ...options: string[]) {
  const output = join(temporaryDirectory(t), "x.tpp");
  const run = await analyze("import", path, "-o", output, ...options);
  t.is(run.code, 0, run.err);
  return { run, trace: await opened(t, output) };
}

for (const [name, { records, times, began, detail, notes, cookies }] of Object.entries({
  "ts-epoch": { records: 8, times: 4, began: "2026-11-26 20:00:17.316001", detail: "ESTAB", notes: [], cookies: 2 },
  "ts-default": {
    ...{ records: 8, times: 1, began: "2026-11-26 20:00:18", detail: "ESTAB", cookies: 0 },
    notes: [/taken for UTC, of the year 2026/, /whole seconds/],
  },
  "ts-date": {
    ...{ records: 8, times: 4, began: "2026-11-26 20:00:19.406556", detail: "ESTAB", cookies: 0 },
    notes: [/taken for UTC; /],
  },
  "date-between": {
    ...{ records: 8, times: 1, began: "2026-11-26 20:00:20", detail: "ESTAB", cookies: 0 },
    notes: [/whole seconds/],
  },
  "date-epoch-established": {
    ...{ records: 8, times: 4, began: "2026-11-26 20:00:21.339902592", detail: null, notes: [], cookies: 0 },
  },
  "date-iso": {
    ...{ records: 16, times: 4, began: "2026-11-26 20:00:22.345469167", detail: "ESTAB", notes: [], cookies: 4 },
  },
})) {
  test(`${name}: each connection of each poll is a record, with the poll's time`, async (t) => {
    const { run, trace } = await imported(t, file(name), "--began", "2026-11-26T20:00:00Z");
    t.regex(run.out, new RegExp(`: ${records} records of \\d flows in \\d+ lines of ss\n`));
    t.notRegex(run.out, /left out/);
    for (const note of notes) t.regex(run.out, note);
    t.is((run.out.match(/guess|whole seconds/g) ?? []).length, notes.length);
    const [row] = await trace.rows(`SELECT count(*) AS records, count(DISTINCT t) AS times, min(time)::VARCHAR AS began,
      min(detail) AS detail, count(DISTINCT connection) AS cookies, bool_and(snd_cwnd BETWEEN 1 AND 100) AS has_windows,
      bool_or(srtt_us > 0) AS has_rtt, bool_or(sport = 5309 OR dport = 5309) AS has_ports, min(t) AS first FROM trace`);
    t.deepEqual(row, {
      ...{ records, times, began, detail, cookies, has_windows: true, has_rtt: true, has_ports: true, first: 0 },
    });
    const [flow] = await trace.rows(
      "SELECT max(acked_bytes) > 100000 AS moved, bool_and(rtos IS NULL AND sends IS NULL) AS unknown FROM flows",
    );
    t.deepEqual(flow, { moved: true, unknown: true });
    t.is((await trace.rows<{ source: string }>("SELECT source FROM captures"))[0]!.source, "ss");
  });
}

test("compressed, and from standard input, they are the same", async (t) => {
  const directory = temporaryDirectory(t);
  const plain = readFileSync(file("ts-epoch"));
  const expected = await (await imported(t, file("ts-epoch"))).trace.rows(told);
  const xz = spawnSync("xz", ["-c"], { input: plain });
  for (const [name, bytes] of [
    ["x.gz", gzipSync(plain)],
    ["x.zst", zstdCompressSync(plain)],
    ...(xz.status === 0 ? [["x.xz", xz.stdout] as const] : []),
  ] as const) {
    const path = join(directory, name);
    writeFileSync(path, bytes);
    t.deepEqual(await (await imported(t, path)).trace.rows(told), expected, name);
  }
  const output = join(directory, "stdin.tpp");
  const bin = fileURLToPath(new URL("../../bin/analyze.js", import.meta.url));
  const run = spawnSync(process.execPath, [bin, "import", "-", "-o", output], { input: gzipSync(plain) });
  t.is(run.status, 0, String(run.stderr));
  t.deepEqual(await (await opened(t, output)).rows(told), expected);
});

test("a loop without times is refused, and said how to log them", async (t) => {
  const { code, err } = await analyze("import", file("without-times"), "-o", join(temporaryDirectory(t), "x.tpp"));
  t.is(code, 65);
  t.regex(
    err,
    /^analyze: \S+: is output of ss without times\. Pipe the loop through `ts '%\.s'` .*capture run --source ss/,
  );
});

test("a line that is none of ss costs itself only, and is counted", async (t) => {
  const path = join(temporaryDirectory(t), "x.txt");
  const [first = "", ...rest] = readFileSync(file("date-epoch-established"), "utf8").split("\n");
  writeFileSync(path, [first, "Cannot open netlink socket", ...rest].join("\n"));
  const { run, trace } = await imported(t, path);
  t.regex(run.out, /8 records of 2 flows/);
  t.regex(run.out, /left out: 1 x "Cannot open netlink socket" \(is not a line of ss\)/);
  t.is(trace.captures[0]!.records, 8);
});

test("a count that no connection gets to is not known, and costs nothing else", async (t) => {
  const path = join(temporaryDirectory(t), "x.txt");
  const line = "ESTAB 0 0 10.0.0.1:1000 10.0.0.2:5309 cubic rto:204 rtt:1/0.5 mss:1448 cwnd:10";
  const counts = "bytes_sent:9223372036854775808 bytes_acked:18446744073709551615 busy:1e30ms segs_out:3 minrtt:1";
  writeFileSync(path, `1795723217.5\n${line} ${counts}\n1795723218.5\n${line} bytes_acked:9007199254740991 busy:5ms\n`);
  const { trace } = await imported(t, path);
  t.deepEqual(await trace.rows("SELECT snd_cwnd, bytes_sent, bytes_acked, busy_us FROM trace ORDER BY ord"), [
    { snd_cwnd: 10, bytes_sent: null, bytes_acked: null, busy_us: null },
    { snd_cwnd: 10, bytes_sent: null, bytes_acked: 9007199254740991, busy_us: 5000 },
  ]);
});

test("times in the forms that date and ts have", (t) => {
  const latest = Date.parse("2026-11-26T20:00:00Z");
  const at = (line: string) => {
    const stamp = stampOf(line, latest);
    return stamp && [new Date(Number(stamp.ns / 1_000_000n)).toISOString(), stamp.guess, stamp.rest];
  };
  t.deepEqual(at("1795723217.316001 \t ts sack"), ["2026-11-26T20:00:17.316Z", null, "\t ts sack"]);
  t.deepEqual(at("1795723217"), ["2026-11-26T20:00:17.000Z", null, ""]);
  t.deepEqual(at("Thu Nov 26 07:57:22 PM UTC 2026"), ["2026-11-26T19:57:22.000Z", null, ""]);
  t.deepEqual(at("Thu 26 Nov 2026 12:57:22 AM UTC"), ["2026-11-26T00:57:22.000Z", null, ""]);
  t.deepEqual(at("Thu Nov 26 20:57:22 CET 2026"), ["2026-11-26T20:57:22.000Z", "zone", ""]);
  t.deepEqual(at("2026-11-26T21:00:22,345469167+01:00"), ["2026-11-26T20:00:22.345Z", null, ""]);
  t.deepEqual(at("Dec 31 23:59:59 ESTAB 0 0"), ["2025-12-31T23:59:59.000Z", "zone and year", "ESTAB 0 0"]);
  t.is(at("ESTAB 0 0 10.0.0.1:1 10.0.0.2:2"), null);
  t.is(at("0      2896   192.0.2.100:44922 198.51.100.1:5201"), null);
});
