/** Values and combinations of options that would be misread, or have no effect, are refused with a line. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import test from "ava";
import { analyze, fixture, temporaryDirectory } from "../../../test/support/analyze.ts";

const bin = fileURLToPath(new URL("../../bin/analyze.js", import.meta.url));
const kmod = fixture("kmod-loss");

const refused: [args: string[], message: RegExp][] = [
  [["metrics", kmod, "goodput", "--window", "0x10"], /^analyze: 0x10: not a length/],
  [["metrics", kmod, "goodput", "--window", "1e309"], /^analyze: 1e309: no capture is that long/],
  [["metrics", kmod, "goodput", "--window", "1_000"], /^analyze: 1_000: not a length/],
  [["plot", kmod, "cwnd", "--width", "0x320"], /^analyze: 0x320: not a width/],
  [["plot", kmod, "cwnd", "--width", "8e2"], /^analyze: 8e2: not a width/],
  [["plot", kmod, "cwnd", "--from", "0x2"], /^analyze: 0x2: not a time/],
  [["plot", kmod, "cwnd", "--from", "0b11"], /^analyze: 0b11: not a time/],
  [["plot", kmod, "cwnd", "--from", "-1e308", "--to", "1e308"], /^analyze: -1e308: no capture is that long/],
  [["import", kmod, "-o", "x.tpp", "--hz", "0x64"], /^analyze: 0x64: not a CONFIG_HZ/],
  [["plot", kmod, "cwnd", "--size", "84 furlongs"], /^analyze: 84 furlongs: not a length\. Give one such as 84mm/],
  [["plot", kmod, "cwnd", "--size", "1mm"], /^analyze: 1mm: not a size for a picture/],
  [["plot", kmod, "cwnd", "--font-size", "0"], /^analyze: 0: not a size of characters/],
  [
    ["plot", kmod, "cwnd", "--font", "DejaVu San"],
    /^analyze: --font DejaVu San: no such font here\. Did you mean DejaVu Sans\?/,
  ],
  [["plot", kmod, "cwnd", "--theme", "drak"], /^analyze: option '--theme <name>' argument 'drak' is invalid/],
  [["plot", kmod, "cwnd", "--label", "A", "--label", "B"], /^analyze: 2 labels for 1 captures/],
  [["plot", kmod, "cwnd", "--group", "bbr-*"], /^analyze: --group bbr-\*: fits none of kmod-loss\.tpp/],
  [["plot", kmod, "limits", "--overlay"], /^analyze: --overlay is for .*, and has no effect on plot limits/],
  [["plot", kmod, "cwnd", "--of", "rtt"], /^analyze: --of is for cdf, and has no effect on plot cwnd/],
  [["plot", kmod, "cdf", "--of", "goodput"], /^analyze: --of goodput: no such number\. Did you mean goodput_bps\?/],
  [["plot", kmod, "cwnd", "--size", "22mm"], /^analyze: the picture has no room for its labels in this width/],
  [["plot", kmod, "cwnd", "--unit", "bytes"], /^analyze: --unit is for inflight/],
  [
    ["plot", kmod, "cwnd", "--window", "5"],
    /^analyze: --window is for goodput, limits, fairness and overview, and has no effect on plot cwnd/,
  ],
  [["metrics", kmod, "flows", "--window", "5"], /^analyze: --window is for goodput, /],
  [["sql", kmod, "SELECT 1", "--window", "5"], /^analyze: --window is for goodput, .*none of which is in the query/],
  [
    ["sql", kmod, "SELECT 1", "--json", "-o", "x.csv"],
    /^analyze: option '-o, --output <file>' cannot be used with option '--json'/,
  ],
  [
    ["metrics", kmod, "flows", "--csv", "-o", "x.csv"],
    /^analyze: option '-o, --output <file>' cannot be used with option '--csv'/,
  ],
  [["plot", kmod, "cwnd", "--title", "a", "--title", "b"], /^analyze: --title is given twice/],
  [["plot", kmod, "cwnd", "--from", "1", "--from", "2"], /^analyze: --from is given twice/],
  [["check", kmod, "--assert", ""], /^analyze: --assert "": says nothing/],
  [["check", kmod, "--assert", " -- a comment"], /says nothing\. Give an expression/],
];
for (const [args, message] of refused) {
  test(`${args.join(" ").replace(kmod, "kmod-loss.tpp")}: refused`, async (t) => {
    const { code, err, out } = await analyze(...args);
    t.is(code, 64);
    t.regex(err, message);
    t.is(out, "");
  });
}

test("an empty list of flows in an assertion file is refused, and so is an assertion without words", async (t) => {
  const path = join(temporaryDirectory(t), "a.yaml");
  for (const [text, message] of [
    ["- { assert: 'rtos = 0', flow: [] }\n", /a\.yaml: assertion 1: flow is an empty list/],
    ["- /* nothing */\n", /a\.yaml: assertion 1: says nothing/],
    ["- { name: x, assert: '' }\n", /a\.yaml: assertion 1: says nothing/],
  ] as const) {
    writeFileSync(path, text);
    const { code, err } = await analyze("check", kmod, "--assertions", path);
    t.is(code, 64);
    t.regex(err, message);
  }
});

test("values that are gathered may be given again", async (t) => {
  const args = ["--assert", "rtos = 0", "--assert", "flow < 3", "--flow", "1", "--flow", "2"];
  t.is((await analyze("check", kmod, ...args)).code, 0);
});

test("a pipe or a device in the place of a capture is named at once (66)", async (t) => {
  const pipe = join(temporaryDirectory(t), "pipe");
  spawnSync("mkfifo", [pipe]);
  for (const args of [
    ["flows", pipe],
    ["info", pipe],
    ["verify", pipe],
    ["import", pipe, "-o", `${pipe}.tpp`],
  ]) {
    const { code, err } = await analyze(...args);
    t.is(code, 66, args[0]);
    t.is(
      err,
      `analyze: ${pipe}: is a pipe, which can be read only once. Save what comes out of it to a file and give that.\n`,
    );
  }
  t.is((await analyze("flows", "/dev/null")).code, 66);
  const piped = spawnSync("sh", ["-c", 'cat "$3" | "$1" "$2" flows /dev/stdin', "sh", process.execPath, bin, kmod], {
    encoding: "utf8",
  });
  t.is(piped.status, 66);
  t.regex(piped.stderr, /^analyze: \/dev\/stdin: is a pipe, .*\n$/);
});
