/** The commands as a user runs them, on real recordings. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
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
import { version } from "../../version.ts";

const bin = fileURLToPath(new URL("../../bin/analyze.js", import.meta.url));
const loopback = fixture("loopback");
const shaped = fixture("shaped-loss");
const kmod = fixture("kmod-loss");

test("the installed program is the same as main(): one child process", async (t) => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [bin, "flows", kmod]);
  t.is(stdout, (await analyze("flows", kmod)).out);
  t.is(stderr, "");
  t.is((await promisify(execFile)(process.execPath, [bin, "--version"])).stdout, `${version}\n`);
});

test("a pipe that closes early ends the program without a word", async (t) => {
  const { stdout, stderr } = await promisify(execFile)("sh", [
    "-c",
    '"$0" "$1" convert "$2" -o - | head -n 1',
    process.execPath,
    bin,
    shaped,
  ]);
  t.regex(stdout, /^capture,ord,time,flow,type,/);
  t.is(stderr, "");
});

test("info tells what the capture is", async (t) => {
  const { code, out, err } = await analyze("info", kmod);
  t.is(code, 0);
  t.is(err, "");
  const lines = await linesOf(kmod);
  t.regex(out, /^source {5}kmod, port 5001/m);
  t.regex(out, /^kernel {5}6\.1\.\S+ x86_64/m);
  t.true(out.replaceAll("\u202f", "").includes(`${lines.length} of 2 flows`), out);
  t.regex(out, /^integrity {2}whole; every checksum holds$/m);
  t.regex(out, /^losses {5}none$/m);
});

test("info --json carries header, counts and integrity of each file", async (t) => {
  const { out } = await analyze("info", kmod, loopback, "--json");
  const [first, second] = JSON.parse(out);
  t.is(first.records, (await linesOf(kmod)).length);
  t.is(first.flows, 2);
  t.is(first.raw_bytes, (await linesOf(kmod)).join("").length);
  t.deepEqual([first.damage, first.losses, first.rejected], [[], [], []]);
  t.is(first.header.source, "kmod");
  t.is(second.header.source, "tracefs");
  t.is(second.trailer.lines, (await linesOf(loopback)).length);
});

test("info says that records were lost where only the trailer tells it", async (t) => {
  const { out } = await analyze("info", fixture("kmod-overflow-extended"));
  t.regex(out, /^lost {7}303 records/m);
  t.notRegex(out, /^losses {5}none$/m);
});

test("info --settings prints every saved setting", async (t) => {
  const [{ header }] = JSON.parse((await analyze("info", loopback, "--json")).out);
  const { out } = await analyze("info", loopback, "--settings");
  const names = Object.keys(header.sysctl);
  t.true(names.length > 50);
  for (const name of names) t.true(out.includes(`${name} = `), name);
});

test("verify: whole files end with 0", async (t) => {
  const { code, out } = await analyze("verify", kmod, loopback);
  t.is(code, 0);
  t.is(out.match(/: whole: /g)?.length, 2);
});

test("flows prints a table, JSON and CSV of the same rows", async (t) => {
  const table = await analyze("flows", kmod, "--all");
  const json = JSON.parse((await analyze("flows", kmod, "--json")).out);
  const csv = (await analyze("flows", kmod, "--csv")).out.trimEnd().split("\n");
  t.is(table.out.trimEnd().split("\n").length, 4, "headings, two flows, their sum");
  t.regex(table.out, /10\.0\.1\.1:59700 > 10\.0\.2\.1:5001/);
  t.is(json.length, 2);
  t.is(json[0].retransmits, 10);
  t.is(json[0].acked_bytes, 2_000_000); // what the sender wrote, without SYN and FIN
  t.is(csv.length, 3);
  t.deepEqual(csv[0]?.split(","), Object.keys(json[0]));
  t.is(csv[1]?.split(",")[csv[0]!.split(",").indexOf("acked_bytes")], "2000000");
});

test("flows --json and --csv together are refused", async (t) => {
  const { code, err } = await analyze("flows", kmod, "--json", "--csv");
  t.is(code, 64);
  t.regex(err, /cannot be used with option/);
});

test("several captures: flows go on counting, and each row names its file", async (t) => {
  const one = JSON.parse((await analyze("flows", kmod, "--json")).out);
  const other = JSON.parse((await analyze("flows", loopback, "--json")).out);
  const both = JSON.parse((await analyze("flows", kmod, loopback, "--json")).out);
  t.deepEqual(
    both.map((row: { flow: number }) => row.flow),
    [...one, ...other].map((_, index) => index + 1),
  );
  // Without sums of doubles, whose last digit varies.
  const counts = ({ capture: _, flow: __, ...row }: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(row).filter(([name]) => !/mean|share/.test(name)));
  t.deepEqual(both.map(counts), [...one, ...other].map(counts));
  t.deepEqual(
    both.map((row: { capture: number }) => row.capture),
    [1, 1, ...other.map(() => 2)],
  );
  t.regex((await analyze("flows", kmod, loopback)).out, /loopback\.tpp/);
});

test("sql prints what DuckDB gives, NULL as nothing, integers beyond 2^53 exactly, times to the nanosecond", async (t) => {
  const query =
    "SELECT NULL AS a, 9007199254740993::BIGINT AS b, 'x,y' AS c, make_timestamp_ns(1700000000123456789) AS d";
  const csv = await analyze("sql", kmod, query, "--csv");
  t.is(csv.out, 'a,b,c,d\n,9007199254740993,"x,y",2023-11-14 22:13:20.123456789\n');
  const json = JSON.parse((await analyze("sql", kmod, query, "--json")).out);
  t.deepEqual(json, [{ a: null, b: "9007199254740993", c: "x,y", d: "2023-11-14 22:13:20.123456789" }]);
  t.regex((await analyze("sql", kmod, query)).out, /^a .*\n- .*9007199254740993 .*2023-11-14 22:13:20\.123456789\n$/);
});

test("sql --window sets the length of goodput's windows", async (t) => {
  const sums = [];
  for (const window of ["0.25", "0.5"]) {
    const query = "SELECT DISTINCT window_s, sum(acked_bytes) OVER () AS bytes FROM goodput";
    const { out } = await analyze("sql", kmod, query, "--window", window, "--json");
    const [row] = JSON.parse(out);
    t.is(row.window_s, Number(window));
    sums.push(Number(row.bytes));
  }
  t.is(sums[0], sums[1]);
  t.true(sums[0]! >= 2_000_000);
});

test("time and flow of a plot are cut as told, and --title and --width are taken", async (t) => {
  const directory = temporaryDirectory(t);
  const output = join(directory, "x.json");
  const options = ["--flow", "3", "--from", "2", "--to", "4", "--title", "A title", "--width", "640"];
  const { code, out } = await analyze("plot", shaped, "cwnd", "-o", output, ...options);
  t.is(code, 0);
  t.is(out, `${output}\n`);
  const spec = JSON.parse(readFileSync(output, "utf8"));
  t.is(spec.title.text, "A title");
  t.is(spec.vconcat.length, 2, "the legend and one panel");
  t.is(spec.vconcat[1].width, 640);
  const times = spec.vconcat[1].layer.flatMap((layer: { data: { values: { t: number }[] } }) =>
    layer.data.values.map((value) => value.t),
  );
  t.true(times.length > 100);
  t.true(times.every((time: number) => time >= 2 && time <= 4));
});

test("plot writes SVG, PNG, a page and the specification, by the name's ending", async (t) => {
  const directory = temporaryDirectory(t);
  const begins: Record<string, RegExp> = {
    svg: /^<svg [\s\S]*Congestion window[\s\S]*<\/svg>\s*$/,
    png: /^\x89PNG\r\n/,
    html: /^<!doctype html>[\s\S]*<\/html>\s*$/,
    json: /^\{\s*"\$schema": "https:\/\/vega\.github\.io\/schema\/vega-lite\/v5\.json"/,
  };
  for (const [suffix, pattern] of Object.entries(begins)) {
    const output = join(directory, `x.${suffix}`);
    const { code, err } = await analyze("plot", kmod, "cwnd", "-o", output);
    t.is(code, 0, err);
    t.regex(readFileSync(output, "latin1"), pattern, suffix);
  }
});

for (const plot of ["cwnd", "rtt", "inflight", "goodput"]) {
  test(`plot ${plot} draws captures of both sources, alone and together`, async (t) => {
    const directory = temporaryDirectory(t);
    const runs = [[kmod], [shaped], [kmod, "--with", loopback]].map((files) => [files[0]!, plot, ...files.slice(1)]);
    for (const [index, args] of runs.entries()) {
      const { code, err } = await analyze("plot", ...args, "-o", join(directory, `${index}.svg`));
      t.is(code, 0, err);
    }
  });
}

test("packets in flight are refused where the source counts none, naming what does; bytes are drawn", async (t) => {
  const output = join(temporaryDirectory(t), "x.json");
  const refused = await analyze("plot", shaped, "inflight", "--unit", "packets", "-o", output);
  t.is(refused.code, 69);
  t.is(
    refused.err,
    "analyze: plot inflight needs packets_out, which the tracefs source does not supply. Capture with --source kmod or --source bpf or --source ss to have it.\n",
  );
  t.is((await analyze("plot", shaped, "inflight", "--unit", "bytes", "-o", output)).code, 0);
  t.regex(readFileSync(output, "utf8"), /Bytes in flight/);
  t.is((await analyze("plot", kmod, "inflight", "--unit", "packets", "-o", output, "-f")).code, 0);
  t.regex(readFileSync(output, "utf8"), /Packets in flight/);
  const wrong = await analyze("plot", kmod, "inflight", "--unit", "segments", "-o", output, "-f");
  t.is(wrong.code, 64);
});

test("without -o a plot is named after its capture, in this directory", async (t) => {
  const { stdout } = await promisify(execFile)(process.execPath, [bin, "plot", kmod, "rtt"], {
    cwd: temporaryDirectory(t),
  });
  t.is(stdout, "kmod-loss.rtt.svg\n");
});

test("garbage lines are counted and shown, and the records around them stand", async (t) => {
  const lines = await linesOf(kmod);
  const directory = temporaryDirectory(t);
  const whole = await writeCapture(join(directory, "a.tpp"), lines.slice(0, 60).join(""), headerOf("probe"));
  const garbage = ["not a record\n", "not a record\n", `${lines[3]!.replace(" 0x18 ", " 0xZZ ")}`, "1 2 3\n"];
  const mixed = [...lines.slice(0, 20), ...garbage, ...lines.slice(20, 60)].join("");
  const path = await writeCapture(join(directory, "b.tpp"), mixed, headerOf("probe"));
  const query = "SELECT * EXCLUDE (ord) FROM trace ORDER BY ord";
  const result = await analyze("sql", path, query, "--csv");
  t.is(result.out, (await analyze("sql", whole, query, "--csv")).out);
  t.regex(
    result.err,
    /^analyze: \S+b\.tpp: 4 lines are no records and were left out: "not a record" \(has 3 of 30 fields\) and 1 other kind;/,
  );
  const info = (await analyze("info", path)).out;
  t.regex(info, /^no record {2}3 x "not a record": has 3 of 30 fields$/m);
  t.regex(info, /^no record {2}1 x ".*0xZZ.*": tcp_flags is not a number$/m);
});

test("garbage among tracepoint lines is counted and shown, and the records around them stand", async (t) => {
  const lines = await linesOf(loopback);
  const directory = temporaryDirectory(t);
  const header = headerOf("trace_pipe");
  const whole = await writeCapture(join(directory, "a.tpp"), lines.slice(0, 60).join(""), header);
  const garbage = ["garbage\n", lines[6]!.slice(0, 150).concat("\n"), lines[6]!.replace("tcp_probe", "tcp_other")];
  const mixed = [...lines.slice(0, 20), ...garbage, ...lines.slice(20, 60)].join("");
  const path = await writeCapture(join(directory, "b.tpp"), mixed, header);
  const query = "SELECT * EXCLUDE (ord) FROM trace ORDER BY ord";
  const result = await analyze("sql", path, query, "--csv");
  t.is(result.out, (await analyze("sql", whole, query, "--csv")).out);
  t.regex(result.err, /^analyze: \S+b\.tpp: 3 lines are no records and were left out/);
});

test("an empty capture is told from a broken one", async (t) => {
  const path = await writeCapture(join(temporaryDirectory(t), "empty.tpp"), "", headerOf("probe"));
  t.deepEqual(await analyze("flows", path), { code: 0, out: "no flows\n", err: "" });
  t.regex((await analyze("info", path)).out, /^span {7}no records$/m);
  const plot = await analyze("plot", path, "cwnd", "-o", join(temporaryDirectory(t), "x.svg"));
  t.is(plot.code, 65);
  t.regex(plot.err, /^analyze: nothing to draw: .*\n$/);
  const trace = await opened(t, path);
  t.deepEqual(await trace.rows("SELECT * FROM trace"), []);
});
