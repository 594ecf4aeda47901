/**
 * Lines with numbers that do not fit, names that look like fields, and times far apart: they cost themselves, and
 * nothing else.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { documentedWireNames, walkTpp } from "@tcpprobe-plus/tpp";
import test from "ava";
import {
  analyze,
  fixture,
  headerOf,
  linesOf,
  opened,
  temporaryDirectory,
  writeCapture,
} from "../../../test/support/analyze.ts";

const commands = (path: string, directory: string): string[][] => [
  ["flows", path],
  ["diagnose", path],
  ["events", path],
  ["metrics", path, "limits_by_window", "--window", "1s"],
  ["metrics", path, "goodput", "--window", "10s"],
  ["plot", path, "cwnd", "-f", "-o", join(directory, "x.svg")],
  ["info", path],
];

test("a trace_pipe line with a number that does not fit is left out and named; the others are read", async (t) => {
  const directory = temporaryDirectory(t);
  const { header } = await walkTpp(fixture("shaped-loss"));
  const lines = (await linesOf(fixture("shaped-loss"))).filter((line) => line.includes(": tcp_probe: ")).slice(0, 20);
  for (const [key, values] of Object.entries({
    snd_cwnd: ["99999999999", "", "-1", "x", "nan"],
    srtt: ["99999999999", "-1"],
    snd_nxt: ["0x1ffffffff", "0xzz"],
    src: ["127.0.0.1:65536", "127.0.0.1:-1", "[::1]:"],
  })) {
    for (const value of values) {
      const bad = lines[7]!.replace(new RegExp(` ${key}=\\S*`), ` ${key}=${value}`);
      t.not(bad, lines[7]);
      const path = join(directory, "x.tpp");
      await writeCapture(path, lines.with(7, bad).join(""), header!, { overwrite: true });
      const trace = await opened(t, path);
      t.deepEqual(await trace.rows("SELECT count(*) AS n, min(ord) AS first FROM trace"), [{ n: 19, first: 1 }], bad);
      t.deepEqual(
        trace.captures[0]!.rejected.map(({ line, count }) => [line, count]),
        [[bad.trimEnd().slice(0, 200), 1]],
      );
    }
  }
  for (const args of commands(join(directory, "x.tpp"), directory))
    t.is((await analyze(...args)).code, 0, args.join(" "));
});

test("counters of extended records that no connection gets to turn no number negative, and no command fails", async (t) => {
  const directory = temporaryDirectory(t);
  const recording = fixture("kmod-loss-extended");
  const { header } = await walkTpp(recording);
  const lines = (await linesOf(recording)).slice(0, 200);
  const columns = header!.columns!;
  for (const [field, value] of [
    ["bytes_acked", "18446744073709551615"],
    ["busy_us", "9223372036854775807"],
    ["sndbuf_limited_us", "18446744073709551615"],
    ["mss", "4294967295"],
    ["packets_out", "4294967295"],
    ["snd_cwnd", "4294967295"],
  ]) {
    const place = columns.indexOf(field!);
    t.true(place >= 0, field);
    const path = join(directory, `${field}.tpp`);
    const changed = lines.map((line) => line.trimEnd().split(" ").with(place, value!).join(" "));
    await writeCapture(path, `${changed.join("\n")}\n`, header!);
    for (const args of commands(path, directory).slice(0, 2)) {
      const { code, err } = await analyze(...args);
      t.true(code === 0, `${field}: ${args.join(" ")}: ${err}`);
    }
    const [row] = await (await opened(t, path)).rows(
      "SELECT min(least(bytes_acked, busy_us, sndbuf_limited_us)) AS lowest FROM trace",
    );
    t.true(row!.lowest === null || (row!.lowest as number) >= 0, field);
  }
});

test("the name of a cgroup, which any user may choose, is not read as fields of ss", async (t) => {
  const directory = temporaryDirectory(t);
  const recording = fixture("ss-loss");
  const { header } = await walkTpp(recording);
  const lines = await linesOf(recording);
  const query = "SELECT * EXCLUDE (connection) FROM trace ORDER BY ord";
  const expected = await (await opened(t, recording)).rows(query);
  const place = / (<->|-->|<--|---)(?= |$)/m;
  for (const cgroup of [
    "/plain.slice",
    "/x cwnd:77777 rtt:0.001 bytes_acked:1",
    "/x <-> ts sack reno cwnd:77777 unacked:5",
    "/x sk:dead cgroup:/y cwnd:1",
    "/x --- ",
  ]) {
    // What it had is taken out first, so that all that differs is the name.
    const text = lines.map((line) => line.replace(/ cgroup:\S*/, "").replace(place, ` cgroup:${cgroup} $1`)).join("");
    t.true(text.includes(cgroup));
    const path = join(directory, "x.tpp");
    await writeCapture(path, text, header!, { overwrite: true });
    t.deepEqual(await (await opened(t, path)).rows(query), expected, cgroup);
  }
});

test("two records 35 days apart fill no disk: the windows are counted first, and --window is named (65)", async (t) => {
  const directory = temporaryDirectory(t);
  const [first, second] = (await linesOf(fixture("kmod-loss"))).slice(5, 7).map((line) => line.split(" "));
  const later = second!.with(1, (Number(second![1]) + 35 * 86_400).toFixed(9)).join(" ");
  const path = join(directory, "far.tpp");
  await writeCapture(path, first!.join(" ") + later, headerOf("probe", { columns: documentedWireNames }));
  for (const args of [
    ["metrics", path, "goodput"],
    ["metrics", path, "fairness"],
    ["metrics", path, "limits_by_window"],
    ["sql", path, "SELECT count(*) FROM goodput"],
    ["plot", path, "goodput", "--window", "100ms", "-o", join(directory, "x.svg")],
  ]) {
    const { code, err } = await analyze(...args);
    t.is(code, 65, `${args.join(" ")}: ${err}`);
    t.regex(err, /3\d,\d{3},\d{3} windows of this length.*--window\.\n$/, args.join(" "));
  }
  for (const args of [
    ["metrics", path, "goodput", "--window", "1000s"],
    ["metrics", path, "limits_by_window", "--window", "1000s"],
    ["diagnose", path],
    ["plot", path, "goodput", "-o", join(directory, "x.svg")],
  ]) {
    const { code, err } = await analyze(...args);
    t.is(code, 0, `${args.join(" ")}: ${err}`);
  }
});

/** A file's first metadata frame with the changed header, its checksum made to hold. */
function withHeader(file: Buffer, change: (header: Record<string, unknown>) => void): Buffer {
  const end = 8 + file.readUInt32LE(4);
  const header = JSON.parse(file.toString("utf8", 16, end)) as Record<string, unknown>;
  change(header);
  const json = Buffer.from(JSON.stringify(header));
  const prefix = Buffer.from(file.subarray(0, 16));
  prefix.writeUInt32LE(8 + json.length, 4);
  prefix.writeUInt32LE(crc32(json, crc32(prefix.subarray(8, 12))), 12);
  return Buffer.concat([prefix, json, file.subarray(end)]);
}

test("SQL in a header's port, clock, frequency or events is not run (65)", async (t) => {
  const directory = temporaryDirectory(t);
  const target = join(directory, "written");
  const sql = `1) TO '/dev/null' (FORMAT csv); COPY (SELECT 'x') TO '${target}' (FORMAT csv); --`;
  const changes: [string, (header: Record<string, unknown>) => void][] = [
    ["port", (header) => Object.assign(header, { filters: { port: sql } })],
    ["hz", (header) => Object.assign(header.kernel as object, { hz: sql })],
    ["clock", (header) => Object.assign(header.clock as object, { monotonic_ns: sql })],
    ["event", (header) => Object.assign(header, { events: { [`x' ${sql}`]: '"family=%s"' } })],
    ["columns", (header) => Object.assign(header, { columns: [sql] })],
    ["source", (header) => Object.assign(header, { source: `'${sql}` })],
  ];
  const file = readFileSync(fixture("shaped-loss"));
  for (const [name, change] of changes) {
    const path = join(directory, `${name}.tpp`);
    writeFileSync(path, withHeader(file, change));
    for (const command of ["info", "flows"]) t.is((await analyze(command, path)).code, 65, name);
  }
  // What has the place of a name in SQL is quoted there, whatever it holds.
  const path = join(directory, "format.tpp");
  writeFileSync(
    path,
    withHeader(file, (header) => {
      const { events } = header as { events: Record<string, string> };
      events.tcp_probe = `"family=%s it's=%d${sql}=%u"`;
    }),
  );
  t.is((await analyze("flows", path)).code, 0);
  t.false(existsSync(target));
  t.deepEqual(
    readdirSync(directory).filter((name) => !name.endsWith(".tpp")),
    [],
  );
});
