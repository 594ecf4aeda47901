/** Analyze as JavaScript, packed and installed where nothing of this repository is: the same answers. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { output } from "../../lab/command.ts";
import { fixture } from "../../test/support/analyze.ts";
import { temporaryDirectory } from "../../test/support/capture.ts";
import { type Installed, installPackage } from "../../test/support/package.ts";

let installed: Installed;

test.before((t) => {
  t.timeout(5 * 60 * 1000);
  installed = installPackage("analyze");
});
test.after.always(() => installed?.remove());

const here = new URL("../bin/analyze.js", import.meta.url).pathname;
const run = (program: string, args: readonly string[]) => output([process.execPath, program, ...args], { cwd: "/" });

test("it holds no TypeScript but types, no tests, and nothing that leads out of it", (t) => {
  const folder = join(installed.modules, "@tcpprobe-plus/analyze");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  t.deepEqual(
    files.filter((path) => /(?<!\.d)\.ts$/.test(path) || /(^|\/)test\//.test(path)),
    [],
  );
  t.deepEqual(
    files.filter(
      (path) => path.endsWith(".js") && readFileSync(join(folder, path), "utf8").includes('"@tcpprobe-plus/tpp'),
    ),
    [],
  );
});

for (const args of [
  ["flows", fixture("kmod-loss-extended")],
  ["flows", fixture("loopback"), "--json"],
  ["diagnose", fixture("shaped-loss")],
  ["info", fixture("ss-loss")],
  ["schema"],
  ["check", fixture("loopback"), "--assert", "rto_events = 0"],
  ["sql", fixture("kmod-bbr"), "SELECT flow, count(*) AS n FROM trace GROUP BY flow ORDER BY flow"],
  ["flows", "/nowhere.tpp"],
])
  test(`it answers as the sources do: ${args.join(" ").replaceAll(/\/\S*\//g, "")}`, async (t) => {
    const [theirs, ours] = await Promise.all([run(installed.bin, args), run(here, args)]);
    t.deepEqual(theirs, ours);
    t.not(theirs.stdout + theirs.stderr, "");
  });

test("it draws the same picture", async (t) => {
  const folder = temporaryDirectory(t);
  const pictures = await Promise.all(
    [installed.bin, here].map(async (program, index) => {
      const path = join(folder, `${index}.svg`);
      const { status, stderr } = await run(program, ["plot", fixture("kmod-loss"), "cwnd", "-o", path, "--no-cache"]);
      t.is(status, 0, stderr);
      return readFileSync(path, "utf8");
    }),
  );
  t.is(pictures[0], pictures[1]);
});

test("a program imports the library, with its types", async (t) => {
  const program = join(installed.folder, "program.mjs");
  writeFileSync(
    program,
    `import { openTrace } from "@tcpprobe-plus/analyze";
await using trace = await openTrace([process.argv[2]], { cache: false });
console.log(JSON.stringify(await trace.rows("SELECT count(*) AS flows FROM flows")));
`,
  );
  t.deepEqual(await run(program, [fixture("loopback")]), { status: 0, stdout: '[{"flows":4}]\n', stderr: "" });
  const types = readFileSync(join(installed.modules, "@tcpprobe-plus/analyze/analyze/index.d.ts"), "utf8");
  t.regex(types, /openTrace/);
});
