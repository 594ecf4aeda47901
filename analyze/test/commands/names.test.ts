/** Words that name something: what is misspelt is answered with the nearest, what is turned round is understood. */
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { analyze, fixture, temporaryDirectory } from "../../../test/support/analyze.ts";
import { nearest } from "../../nearest.ts";
import { plotNames } from "../../plots/names.ts";

const kmod = fixture("kmod-loss");
const bbr = fixture("kmod-bbr");

const misspelt: [args: string[], code: number, message: RegExp][] = [
  [["plot", kmod, "cwdn"], 64, /^analyze: cwdn: no such plot\. Did you mean cwnd\? There are cwnd, /],
  [["plot", kmod, "qqqqqq"], 64, /^analyze: qqqqqq: no such plot\. There are cwnd, /],
  [["metrics", kmod, "rto_event"], 64, /no such metric\. Did you mean rto_events\?/],
  [["schema", "Flow"], 64, /no such view\. Did you mean flows\?/],
  [
    ["sql", kmod, "SELECT * FROM flws"],
    65,
    /^analyze: flws: no such view\. Did you mean flows\? There are trace, flows, /,
  ],
  [["sql", kmod, "SELECT snd_cwn FROM trace"], 65, /Candidate bindings: "snd_cwnd"/],
  [["flows", kmod.replace("loss", "los")], 66, /no such file\. Did you mean \S+kmod-loss\.tpp\?/],
  [["plot", kmod], 64, /the name of a plot is missing after \S+kmod-loss\.tpp\./],
  [["plot", "cwnd"], 64, /a file is missing before cwnd\./],
  [["plot"], 64, /nothing is given\. Give files and the name of a plot/],
  [["metrics"], 64, /nothing is given\. Give files and the name of a metric/],
  [["sql", "SELECT 1"], 64, /a file is missing/],
];
for (const [args, code, message] of misspelt) {
  test(`${args.join(" ").replaceAll(/\S+\//g, "")}: one line with what may be meant`, async (t) => {
    const run = await analyze(...args);
    t.is(run.code, code, run.err);
    t.regex(run.err, /^analyze: [^\n]*\n$/);
    t.regex(run.err, message);
  });
}

test("the nearest name takes slips of a third of the characters, two that changed places as one", (t) => {
  t.is(nearest("gooptu", ["cwnd", "goodput"]), "goodput");
  t.is(nearest("trt", ["rtt", "cwnd"]), "rtt");
  t.is(nearest("x", ["rtt"]), null);
  t.is(nearest("", []), null);
  t.is(nearest("goodput".repeat(100_000), ["goodput"]), null);
});

test("plot and metrics take several files, and the name before the files too", async (t) => {
  const directory = temporaryDirectory(t);
  const drawn = async (name: string, ...args: string[]) => {
    const { code, err } = await analyze("plot", ...args, "-o", join(directory, name));
    t.is(code, 0, err);
  };
  await drawn("a.json", kmod, bbr, "cwnd");
  await drawn("b.json", kmod, "cwnd", "--with", bbr);
  await drawn("c.json", "cwnd", kmod, bbr);
  const read = async (name: string) => (await import("node:fs")).readFileSync(join(directory, name), "utf8");
  t.is(await read("a.json"), await read("b.json"));
  t.is(await read("a.json"), await read("c.json"));
  const behind = await analyze("metrics", kmod, bbr, "flows", "--csv");
  t.is(behind.out.trim().split("\n").length, 1 + 2 + 4);
  t.is((await analyze("metrics", "flows", kmod, bbr, "--csv")).out, behind.out);
});

test("a file whose name is that of a plot can be drawn", async (t) => {
  const directory = temporaryDirectory(t);
  const path = join(directory, "rtt");
  copyFileSync(kmod, path);
  const { code, err } = await analyze("plot", path, "cwnd", "-o", join(directory, "x.json"));
  t.is(code, 0, err);
});

test("sql takes several files, and the query before them too", async (t) => {
  const query = "SELECT capture, count(*) AS n FROM trace GROUP BY capture ORDER BY capture";
  const behind = await analyze("sql", kmod, bbr, query, "--csv");
  t.is(behind.out.split("\n")[1], "1,4724", behind.err);
  t.is((await analyze("sql", query, kmod, bbr, "--csv")).out, behind.out);
  t.is((await analyze("sql", kmod, query, "--with", bbr, "--csv")).out, behind.out);
});

test("plot --list says of each plot what it shows and which columns it needs", async (t) => {
  const { code, out, err } = await analyze("plot", "--list");
  t.is(code, 0, err);
  for (const name of plotNames) t.regex(out, new RegExp(`^${name}  +\\S.*\\S  +\\w`, "m"));
});
