/** Every error a user can cause: one line that says what to do, the documented exit code, nothing overwritten. */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { analyze, fixture, temporaryDirectory } from "../../../test/support/analyze.ts";

const kmod = fixture("kmod-loss");
const shaped = fixture("shaped-loss");

const oneLine = /^analyze: .*\S\n$/;
/** What the parser of the command line itself refuses also says where to look. */
const usageLines = /^analyze: .*\S\n\(analyze --help lists the commands\)\n$/;

const cases: [args: string[], code: number, message: RegExp][] = [
  [["flows", "/nonexistent/a.tpp"], 66, /\/nonexistent\/a\.tpp: no such file/],
  [["flows", kmod, "/nonexistent/a.tpp"], 66, /no such file/],
  [["verify", "/nonexistent/a.tpp"], 66, /no such file/],
  [["info", "/nonexistent/a.tpp"], 66, /no such file/],
  [["flows", "/proc/sys/kernel"], 66, /is a directory without a \.tpp file/],
  [["flows", import.meta.filename], 65, /errors\.test\.ts: /],
  [["verify", import.meta.filename], 65, /errors\.test\.ts: /],
  [["sql", kmod, "SELECT nothing FROM trace"], 65, /the query failed: .*nothing/],
  [["sql", kmod, "SELECT FROM WHERE"], 65, /the query failed: /],
  [["sql", kmod, "SELECT * FROM trace", "--window", "0"], 64, /a window needs a length above 0/],
  [["convert", kmod, "-o", "x.xlsx"], 64, /\.parquet, \.arrow, \.csv/],
  [["convert", kmod, "-o", "/nonexistent/x.parquet"], 73, /its directory does not exist/],
  [["convert", kmod, "-o", "/nonexistent/x.arrow"], 73, /its directory does not exist/],
  [["convert", kmod, "-o", "/nonexistent/x.csv"], 73, /its directory does not exist/],
  [["plot", kmod, "cwnd", "--flow", "1", "-o", "/nonexistent/x.svg"], 73, /its directory does not exist/],
  [["plot", kmod, "cwnd", "-o", "x.eps"], 64, /\.svg, \.png, \.pdf, \.html, \.json/],
  [["plot", kmod, "window", "-o", "x.svg"], 64, /There are cwnd, rtt, inflight, goodput/],
  [["plot", kmod, "cwnd", "-o", "x.svg", "--flow", "99"], 65, /no flow 99: the capture has flows 1 to 2/],
  [["plot", kmod, "cwnd", "-o", "x.svg", "--flow", "0"], 64, /0: not a flow/],
  [["plot", kmod, "cwnd", "-o", "x.svg", "--from", "soon"], 64, /soon: not a time/],
  [["plot", kmod, "cwnd", "-o", "x.svg", "--from", "500", "--to", "600"], 65, /nothing to draw: .*500\.000 s and 600/],
  [["plot", kmod, "cwnd", "-o", "x.svg", "--from", "3", "--to", "2"], 65, /nothing to draw/],
  [["plot", kmod, "cwnd", "-o", "x.svg", "--width", "50"], 64, /50: not a width/],
  [
    ["plot", shaped, "inflight", "-o", "x.svg", "--unit", "packets"],
    69,
    /Capture with --source kmod or --source bpf or --source ss to have it/,
  ],
];
for (const [args, code, message] of cases) {
  const shown = args.map((arg) => arg.replace(/^.*\/(?=[\w-]+\.(tpp|test\.ts)$)/, "")).join(" ");
  test(`analyze ${shown}: one line, exit code ${code}`, async (t) => {
    const result = await analyze(...args);
    t.is(result.code, code, result.err);
    t.regex(result.err, oneLine);
    t.regex(result.err, message);
    t.is(result.out, "");
  });
}

const usage: [args: string[], message: RegExp][] = [
  [["flows"], /missing required argument 'file'/],
  [["convert", kmod], /required option '-o, --output <file>' not specified/],
  [["draw", kmod], /unknown command 'draw'/],
  [["flows", kmod, "--xml"], /unknown option '--xml'/],
];
for (const [args, message] of usage) {
  test(`analyze ${args.join(" ").replace(kmod, "kmod-loss.tpp")}: usage, exit code 64`, async (t) => {
    const result = await analyze(...args);
    t.is(result.code, 64);
    t.regex(result.err, usageLines);
    t.regex(result.err, message);
  });
}

const outputs: [name: string, args: string[]][] = [
  ["x.parquet", ["convert", kmod]],
  ["x.arrow", ["convert", kmod]],
  ["x.csv", ["convert", kmod]],
  ["x.svg", ["plot", kmod, "cwnd"]],
  ["x.json", ["plot", kmod, "cwnd"]],
];
for (const [name, args] of outputs) {
  test(`${args[0]} leaves an existing ${name} as it is without -f (73), and replaces it with -f`, async (t) => {
    const directory = temporaryDirectory(t);
    const output = join(directory, name);
    writeFileSync(output, "precious");
    const refused = await analyze(...args, "-o", output);
    t.is(refused.code, 73);
    t.regex(refused.err, oneLine);
    t.regex(refused.err, /exists already.*-f/);
    t.is(readFileSync(output, "utf8"), "precious");
    t.is((await analyze(...args, "-o", output, "-f")).code, 0);
    t.not(readFileSync(output, "latin1"), "precious");
    t.deepEqual(readdirSync(directory), [name]);
  });
}

test("an output that fails at once, while the capture is still read, is one error each time", async (t) => {
  for (let turn = 0; turn < 5; turn++) {
    for (const suffix of ["csv", "arrow", "parquet"]) {
      const { code, err } = await analyze("convert", shaped, "-o", `/nonexistent/x.${suffix}`);
      t.is(code, 73);
      t.regex(err, oneLine);
    }
  }
});

test("a directory in the output's place is named (73) and nothing is left beside it", async (t) => {
  const directory = temporaryDirectory(t);
  mkdirSync(join(directory, "x.csv"));
  const result = await analyze("convert", kmod, "-o", join(directory, "x.csv"), "-f");
  t.is(result.code, 73);
  t.regex(result.err, oneLine);
  t.deepEqual(readdirSync(directory), ["x.csv"]);
});

test.serial("a file that may not be read says so (66)", async (t) => {
  await analyze("flows", kmod); // loads the code, which another user may not be able to
  const path = join(temporaryDirectory(t), "secret.tpp");
  writeFileSync(path, readFileSync(kmod));
  chmodSync(path, 0);
  if (process.getuid?.() === 0) process.seteuid?.(65534);
  try {
    // The directory is another user's too, so what the kernel says is the same.
    const result = await analyze("flows", path);
    t.is(result.code, 66);
    t.regex(result.err, oneLine);
    t.regex(result.err, /permission denied/);
  } finally {
    if (process.getuid?.() === 0) process.seteuid?.(0);
  }
});

test("Parquet of another program is not taken for a capture (65)", async (t) => {
  const directory = temporaryDirectory(t);
  const path = join(directory, "other.parquet");
  await analyze("sql", kmod, "SELECT 1 AS a", "-o", path);
  t.true(existsSync(path));
  const result = await analyze("flows", path);
  t.is(result.code, 65);
  t.regex(result.err, oneLine);
  t.regex(result.err, /not written by `analyze convert`/);
});

test("--debug adds a stack trace behind the line, with and before the command", async (t) => {
  for (const args of [
    ["--debug", "flows", "/nonexistent/a.tpp"],
    ["flows", "--debug", "/nonexistent/a.tpp"],
  ]) {
    const { err, code } = await analyze(...args);
    t.is(code, 66);
    t.regex(err, /^analyze: .*\n[\s\S]*\n {4}at /);
  }
});

test("help is no error and lists every command", async (t) => {
  const { code, out, err } = await analyze("--help");
  t.is(code, 0);
  t.is(err, "");
  for (const command of ["info", "verify", "convert", "flows", "plot", "sql"])
    t.regex(out, new RegExp(`^ {2}${command} `, "m"));
});
