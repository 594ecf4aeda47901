/** `npm start`, as scripts/start.ts, in both of its modes. */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import anyTest, { type ExecutionContext } from "ava";
import { output } from "../../lab/command.ts";
import { requires } from "../support/requires.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const script = fileURLToPath(new URL("../../scripts/start.ts", import.meta.url));

async function start(t: ExecutionContext, ...args: string[]): Promise<string> {
  const out = join(temporaryDirectory(t), "out");
  const began = performance.now();
  const { stdout, stderr, status } = await output([process.execPath, script, "--out", out, ...args]);
  t.is(status, 0, stderr);
  t.true(performance.now() - began < 60_000);
  const lines = stdout.trimEnd().split("\n");
  t.deepEqual(lines.slice(-2), [join(out, "cwnd.svg"), join(out, "cwnd.html")], "the last lines name the pictures");
  for (const path of lines.slice(-2)) t.true(existsSync(path) && statSync(path).size > 5000, path);
  t.regex(stdout, /^flow +local/m);
  return stdout;
}

anyTest("the bundled recording is shown, and said to be one", async (t) => {
  t.regex(await start(t, "--recording"), /^Showing the recording that comes with the project \(as asked\)/);
});

requires({ tracefs: true, netns: true }).serial(
  "traffic of this machine is captured and shown, all of it seen",
  async (t) => {
    const stdout = await start(t);
    t.regex(stdout, /records in .*, lost 0$/m);
    const flows = stdout.split("\n").filter((line) => /> 10\.82\.2\.2:5001 .* Mbit\/s .* whole$/.test(line));
    t.is(flows.length, 2, stdout);
  },
);
