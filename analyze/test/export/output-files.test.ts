/**
 * Output files: whole or not at all, private, never over an input, never over another file unless told, never through a
 * stranger's link.
 */
import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import test, { type ExecutionContext } from "ava";
import {
  analyze,
  fixture,
  headerOf,
  linesOf,
  temporaryDirectory,
  writeCapture,
} from "../../../test/support/analyze.ts";
import { requires } from "../../../test/support/requires.ts";
import { OutputFile } from "../../export/file.ts";

const bin = fileURLToPath(new URL("../../bin/analyze.js", import.meta.url));
const modeOf = (path: string) => statSync(path).mode & 0o777;

/** A small capture of the mode. */
async function capture(t: ExecutionContext, mode = 0o644): Promise<{ directory: string; path: string }> {
  const directory = temporaryDirectory(t);
  const path = join(directory, "in.tpp");
  await writeCapture(path, (await linesOf(fixture("kmod-loss"))).slice(0, 300).join(""), headerOf("probe"));
  chmodSync(path, mode);
  return { directory, path };
}

const ways: [name: string, args: (path: string) => string[]][] = [
  ["x.parquet", (path) => ["convert", path]],
  ["x.arrow", (path) => ["convert", path]],
  ["x.csv", (path) => ["convert", path]],
  ["metric.parquet", (path) => ["metrics", path, "flows"]],
  ["metric.json", (path) => ["metrics", path, "flows"]],
  ["sql.csv", (path) => ["sql", path, "FROM flows"]],
  ["x.svg", (path) => ["plot", path, "cwnd"]],
  ["x.html", (path) => ["plot", path, "cwnd"]],
];

test("a new file is as private as the capture it was made of", async (t) => {
  const { directory, path } = await capture(t, 0o600);
  for (const [name, args] of ways) {
    const output = join(directory, name);
    t.is((await analyze(...args(path), "-o", output)).code, 0);
    t.is(modeOf(output), 0o600, name);
  }
  await analyze("check", path, "--assert", "goodput_bps > 0", "--junit", join(directory, "x.xml"));
  t.is(modeOf(join(directory, "x.xml")), 0o600);
  chmodSync(path, 0o644);
  const umask = process.umask();
  await analyze("convert", path, "-o", join(directory, "open.csv"));
  t.is(modeOf(join(directory, "open.csv")), 0o644 & ~umask);
  t.deepEqual(
    readdirSync(directory).filter((name) => name.startsWith(".")),
    [],
  );
});

test("a file that is overwritten keeps its mode", async (t) => {
  const { directory, path } = await capture(t);
  const output = join(directory, "x.csv");
  writeFileSync(output, "old");
  chmodSync(output, 0o640);
  t.is((await analyze("convert", path, "-o", output, "-f")).code, 0);
  t.is(modeOf(output), 0o640);
  t.regex(readFileSync(output, "utf8"), /^capture,ord/);
});

for (const name of ["x.parquet", "x.csv"]) {
  test(`a file that comes to be while ${name} is written stays as it is`, async (t) => {
    const { directory, path } = await capture(t);
    const output = join(directory, name);
    await using file = await OutputFile.open(output, { force: false, inputs: [path] });
    const error = await t.throwsAsync(
      file.write(async (partial) => {
        writeFileSync(partial, "ours");
        writeFileSync(output, "precious");
      }),
    );
    t.regex(error!.message, /exists already and is left as it is/);
    t.is(readFileSync(output, "utf8"), "precious");
  });
}

test("a failure leaves neither a file nor anything beside it, and the old one with -f", async (t) => {
  const { directory, path } = await capture(t);
  const output = join(directory, "x.csv");
  writeFileSync(output, "old");
  const late = "SELECT CASE WHEN ord > 200 THEN error('late') ELSE ord END AS x FROM trace ORDER BY ord";
  t.is((await analyze("sql", path, late, "-o", output, "-f")).code, 65);
  t.is(readFileSync(output, "utf8"), "old");
  t.is((await analyze("sql", path, late, "-o", join(directory, "new.parquet"))).code, 65);
  t.deepEqual(readdirSync(directory).sort(), ["in.tpp", "x.csv"]);
});

test("an input is never written, by whatever name it is called", async (t) => {
  const { directory, path } = await capture(t);
  const parquet = join(directory, "in.parquet");
  t.is((await analyze("convert", path, "-o", parquet)).code, 0);
  linkSync(path, join(directory, "hard.csv"));
  symlinkSync("in.tpp", join(directory, "soft.csv"));
  mkdirSync(join(directory, "set"));
  linkSync(path, join(directory, "set", "run.tpp"));
  const assertions = join(directory, "a.xml");
  writeFileSync(assertions, "- goodput_bps > 0\n");
  const before = readFileSync(path);
  const tries: string[][] = [
    ["convert", path, "-o", join(directory, "hard.csv")],
    ["convert", path, "-o", join(directory, "soft.csv")],
    ["convert", join(directory, "set"), "-o", join(directory, "hard.csv")],
    ["convert", parquet, "-o", parquet],
    ["metrics", parquet, "flows", "-o", parquet],
    ["sql", parquet, "FROM flows", "-o", parquet, "--with", path],
    ["plot", path, "cwnd", "-o", join(directory, "hard.svg")],
  ];
  linkSync(path, join(directory, "hard.svg"));
  for (const args of tries) {
    const { code, err } = await analyze(...args, "-f");
    t.is(code, 73, args.join(" "));
    t.regex(err, /^analyze: \S+ is what is read( \(\S+\))?, and would be lost\. Choose another name\.\n$/);
  }
  const check = ["check", path, "--assertions", assertions, "--junit"];
  t.is((await analyze(...check, assertions)).code, 73);
  t.is((await analyze(...check, path)).code, 73);
  t.is(readFileSync(assertions, "utf8"), "- goodput_bps > 0\n");
  t.deepEqual(readFileSync(path), before);
  t.is((await analyze("flows", parquet)).code, 0);
});

test("with -f the file behind a link of one's own is written, and the link stays", async (t) => {
  const { directory, path } = await capture(t);
  writeFileSync(join(directory, "real.csv"), "old");
  for (const [link, real] of [
    ["link.csv", "real.csv"],
    ["dangling.csv", "new.csv"],
  ] as const) {
    symlinkSync(real, join(directory, link));
    t.is((await analyze("convert", path, "-o", join(directory, link))).code, 73);
    t.is((await analyze("convert", path, "-o", join(directory, link), "-f")).code, 0);
    t.regex(readFileSync(join(directory, real), "utf8"), /^capture,ord/);
    t.true(readFileSync(join(directory, link)).equals(readFileSync(join(directory, real))));
  }
});

requires({ root: true })("a link or a pipe of another user is not followed, with -f neither", async (t) => {
  const { directory, path } = await capture(t);
  writeFileSync(join(directory, "victim.csv"), "precious");
  symlinkSync("victim.csv", join(directory, "planted.csv"));
  lchownSync(join(directory, "planted.csv"), 65534, 65534);
  spawnSync("mkfifo", [join(directory, "pipe.csv")]);
  chownSync(join(directory, "pipe.csv"), 65534, 65534);
  for (const name of ["planted.csv", "pipe.csv"]) {
    const { code, err } = await analyze("convert", path, "-o", join(directory, name), "-f");
    t.is(code, 73);
    t.regex(err, /is a link or a pipe that another user \(uid 65534\) made/);
  }
  t.is(readFileSync(join(directory, "victim.csv"), "utf8"), "precious");
});

test("a device or a pipe is written to and stays what it is", async (t) => {
  const { directory, path } = await capture(t);
  t.is((await analyze("convert", path, "-o", "/dev/null", "-f")).code, 64);
  const pipe = join(directory, "pipe.csv");
  spawnSync("mkfifo", [pipe]);
  const reader = spawn("cat", [pipe]);
  const closed = new Promise((done) => reader.on("close", done));
  const read: Buffer[] = [];
  reader.stdout.on("data", (chunk) => read.push(chunk));
  t.is((await analyze("convert", path, "-o", pipe, "-f")).code, 0);
  await closed;
  t.is(Buffer.concat(read).toString(), (await analyze("convert", path, "-o", "-")).out);
  t.true(statSync(pipe).isFIFO());
});

test("a name may be as long as the file system takes", async (t) => {
  const { directory, path } = await capture(t);
  const name = `${"a".repeat(247)}.parquet`;
  t.is((await analyze("convert", path, "-o", join(directory, name))).code, 0);
  t.true(existsSync(join(directory, name)));
  const longer = await analyze("convert", path, "-o", join(directory, `a${name}`));
  t.is(longer.code, 73);
  t.regex(longer.err, /the name is too long for the file system\.\n$/);
});

test("a picture's own name is never hidden, and has nothing in it that a shell expands", async (t) => {
  const { directory, path } = await capture(t);
  for (const [input, output] of [
    [".", "run-1.cwnd.svg"],
    ["../*x ?[1].tpp", "x-1-.cwnd.svg"],
    [`../${"b".repeat(251)}.tpp`, `${"b".repeat(200)}.cwnd.svg`],
  ] as const) {
    const working = join(directory, "run-1");
    mkdirSync(working, { recursive: true });
    linkSync(path, join(working, input === "." ? "x.tpp" : input));
    const { stdout, stderr } = spawnSync(process.execPath, [bin, "plot", input, "cwnd"], {
      cwd: working,
      encoding: "utf8",
    });
    t.is(stdout, `${output}\n`, stderr);
    t.true(existsSync(join(working, output)));
  }
});

test("JUnit's report replaces an older one, and no other file", async (t) => {
  const { directory, path } = await capture(t);
  const report = join(directory, "x.xml");
  const check = (assertion: string) => analyze("check", path, "--assert", assertion, "--junit", report);
  t.is((await check("goodput_bps > 0")).code, 0);
  t.regex(readFileSync(report, "utf8"), /failures="0"/);
  t.is((await check("goodput_bps < 0")).code, 1);
  t.regex(readFileSync(report, "utf8"), /failures="1"/);
  writeFileSync(report, "my notes");
  const { code, err } = await check("goodput_bps > 0");
  t.is(code, 73);
  t.regex(err, /exists already, is no JUnit report, and is left as it is/);
  t.is(readFileSync(report, "utf8"), "my notes");
});

test("JUnit's report tells what could not be checked, and is never that of another run", async (t) => {
  const { directory, path } = await capture(t);
  const report = join(directory, "x.xml");
  const green = await analyze("check", path, "--assert", "goodput_bps > 0", "--junit", report);
  t.is(green.code, 0);
  for (const [args, code, pattern] of [
    [
      ["check", path, "--assert", "goodput_bps > 0", "--assert", "nonsense > 1"],
      64,
      /tests="2" failures="0" errors="1"[\s\S]*name="nonsense &gt; 1"[\s\S]*<error type="UsageError" message="[^"]*nonsense/,
    ],
    [
      ["check", join(directory, "none.tpp"), "--assert", "goodput_bps > 0"],
      66,
      /<error type="InputError" message="[^"]*no such file/,
    ],
    [["check", path], 64, /<error type="UsageError" message="nothing to check/],
  ] as const) {
    writeFileSync(
      report,
      '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites tests="1" failures="0">stale</testsuites>',
    );
    const result = await analyze(...args, "--junit", report);
    t.is(result.code, code, result.err);
    t.regex(readFileSync(report, "utf8"), pattern);
    t.notRegex(readFileSync(report, "utf8"), /stale/);
  }
});
