/**
 * Foreign text steers no terminal and forges no line: in tables, notices, errors, reports and pictures, and tables stay
 * tables.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import stringWidth from "string-width";
import {
  analyze,
  fixture,
  headerOf,
  linesOf,
  temporaryDirectory,
  writeCapture,
} from "../../../test/support/analyze.ts";
import { captureFrom, controls, parquetOf } from "../../../test/support/hostile-parquet.ts";
import { requires } from "../../../test/support/requires.ts";
import { renderTable } from "../../terminal/table.ts";

const kmod = fixture("kmod-loss");

/** All but LF, which ends our own lines. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about
const steering = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/;

/** Expat is strict: it refuses what XML 1.0 does not allow. */
const wellFormed = "import sys, xml.etree.ElementTree as e; e.parse(sys.argv[1])";

test("a table's cells are one line each, and its columns stand below each other by what they show", (t) => {
  const cells = ["plain", "中文字", "e\u0301", "\u001b[2Jx", "two\nlines", controls];
  const table = renderTable([
    { header: "name\u001b[1m", cells },
    { header: "number", cells: cells.map((_, index) => String(10 ** index)), alignRight: true },
  ]);
  const lines = table.trimEnd().split("\n");
  t.is(lines.length, cells.length + 1);
  t.notRegex(table, steering);
  t.is(new Set(lines.map((line) => stringWidth(line))).size, 1);
});

test("file names, addresses and rejected lines with escapes are shown by their numbers", async (t) => {
  const directory = join(temporaryDirectory(t), "\u001b]0;x\u0007\nforged  line");
  mkdirSync(directory);
  const lines = await linesOf(kmod);
  const path = await writeCapture(
    join(directory, "a\u009b2J.tpp"),
    [...lines.slice(0, 200), "no record \u001b[2J\u009b2J\r\n"].join(""),
    headerOf("probe"),
  );
  const none = join(directory, "none.tpp");
  const runs = [
    ["flows", path],
    ["flows", path, kmod],
    ["events", path, kmod],
    ["diagnose", path],
    ["compare", path, kmod],
    ["check", path, "--assert", "goodput_bps > 0 /* \u001b[2J\n */"],
    ["flows", none],
    ["sql", path, "SELECT 1 AS \"\u001b[2J\nb\", chr(27) || '[2J' AS c"],
    ["sql", path, "SELECT error(chr(27) || '[2J' || chr(10) || 'analyze: all is well')"],
    ["metrics", path, "no\u001b[2J\nmetric"],
    ["plot", path, "cwnd", "-o", join(directory, "x.svg")],
    ["plot", path, "cwnd", "-o", join(directory, "no", "x.svg")],
    ["flows", path, "--no\u001b[2J\noption"],
    ["flows", path, "--from\u001b[2J\noption"],
  ];
  for (const args of runs) {
    const { out, err } = await analyze(...args);
    t.true(out !== "" || err !== "", args.join(" "));
    t.notRegex(out, steering, args.join(" "));
    t.notRegex(err, steering, args.join(" "));
    for (const line of err.split("\n")) t.regex(line, /^(analyze: .*|\(.*\)|)$/, args.join(" "));
    t.notRegex(out + err, /^(forged|b *$|b {2}|analyze: all is well)/m, args.join(" "));
  }
});

test("a command to copy quotes a file's name", async (t) => {
  const path = join(temporaryDirectory(t), "x; touch 'y' $(z).tpp");
  renameSync(await captureFrom(join(temporaryDirectory(t), "a.tpp"), "6.1"), path);
  const { out } = await analyze("diagnose", path);
  t.regex(out, /analyze plot '\S+x; touch '\\''y'\\'' \$\(z\)\.tpp' \w+ --flow 1/);
});

test("a row of flows is not forged by an address", async (t) => {
  const forged = "'1.2.3.4:1 > 5.6.7.8:9  0.000 s' || chr(10) || '   7  forged' || chr(27) || '[2J'";
  const path = join(temporaryDirectory(t), "address.parquet");
  await parquetOf(path, `SELECT * REPLACE (${forged} AS saddr) FROM trace`);
  const { code, out } = await analyze("flows", path);
  if (code !== 0) return t.is(code, 65);
  t.is(out.trimEnd().split("\n").length, 3);
  t.notRegex(out, steering);
});

requires({ tools: ["python3"] })("JUnit and SVG are XML whatever is in names, titles and releases", async (t) => {
  const directory = temporaryDirectory(t);
  const path = await captureFrom(join(directory, 'a\u0001\u001b&<".tpp'), controls);
  const report = join(directory, "report.xml");
  await analyze(
    "check",
    path,
    "--assert",
    `goodput_bps > 1e12 /* ${controls} */`,
    "--assert",
    "]]> & <",
    "--junit",
    report,
  );
  const picture = join(directory, "x.svg");
  const title = `${controls} & <b> ]]> "`;
  t.is((await analyze("plot", path, "cwnd", "--title", title, "--flow", "1", "2", "-o", picture)).code, 0);
  t.is((await analyze("plot", path, "cwnd", "--title", title, "-o", join(directory, "x.png"))).code, 0);
  for (const file of [report, picture]) {
    const text = readFileSync(file, "utf8");
    t.notThrows(() => execFileSync("python3", ["-c", wellFormed, file]));
    t.notRegex(text, steering);
  }
});
