/** The pager, in a terminal that util-linux's `script` makes. */
import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import test from "ava";
import { temporaryDirectory } from "../../../test/support/temporary-directory.ts";
import { pagerOf } from "../../terminal/pager.ts";

const capture = "test/fixtures/kmod-loss.tpp";

/** Runs `analyze ARGS` in a terminal. Returns what the terminal was sent, and the exit code. */
function inTerminal(args: string, env: Readonly<Record<string, string>>): { shown: string; code: number | null } {
  const command = `stty cols 120 rows 20; exec ${process.execPath} analyze/bin/analyze.js ${args}`;
  const { stdout, status, error } = spawnSync("script", ["-qec", command, "/dev/null"], {
    env: { ...process.env, TERM: "xterm", LESS: undefined, PAGER: undefined, ANALYZE_PAGER: undefined, ...env },
    encoding: "utf8",
    input: "",
    timeout: 60_000,
  });
  if (error) throw error;
  return { shown: stdout, code: status };
}

test("the pager's command: ours, then everybody's, then less", (t) => {
  t.is(pagerOf({ ANALYZE_PAGER: "a", PAGER: "b" }), "a");
  t.is(pagerOf({ PAGER: "b" }), "b");
  t.is(pagerOf({}), "less");
  t.is(pagerOf({ PAGER: "cat" }), null);
  t.is(pagerOf({ PAGER: "" }), null);
  t.is(pagerOf({ TERM: "dumb" }), null);
});

test("in a terminal, tables go through the pager, with less set as git sets it", async (t) => {
  const directory = await temporaryDirectory(t);
  const [text, options] = [join(directory, "text"), join(directory, "options")];
  const { shown, code } = inTerminal(`flows ${capture}`, { PAGER: `cat > ${text}; echo "$LESS" > ${options}` });
  t.is(code, 0);
  t.notRegex(shown, /goodput/);
  t.regex(await readFile(text, "utf8"), /^flow +local > remote.*\n +1 .*\n2 flows: /);
  t.is(await readFile(options, "utf8"), "FRX\n");
});

test("the user's options of less stay", async (t) => {
  const options = join(await temporaryDirectory(t), "options");
  inTerminal(`flows ${capture}`, { PAGER: `cat > /dev/null; echo "$LESS" > ${options}`, LESS: "-S" });
  t.is(await readFile(options, "utf8"), "-S\n");
});

test("--no-pager, and outputs that are no tables, go to the terminal itself", (t) => {
  const env = { PAGER: "cat > /dev/null" };
  t.regex(inTerminal(`flows ${capture} --no-pager`, env).shown, /goodput/);
  t.regex(inTerminal(`verify ${capture}`, env).shown, /kmod-loss\.tpp: /);
});

test("a pager that is left early ends the command without a word; one that is missing is named", (t) => {
  const early = inTerminal(`sql ${capture} "SELECT * FROM trace"`, { PAGER: "head -1" });
  t.is(early.code, 0);
  t.notRegex(early.shown, /analyze:/);
  const missing = inTerminal(`flows ${capture}`, { PAGER: "no-such-pager" });
  t.is(missing.code, 73);
  t.regex(missing.shown, /analyze: the pager no-such-pager cannot be run\. --no-pager prints without one/);
});
