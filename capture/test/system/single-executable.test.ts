import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { verifyTpp } from "@tcpprobe-plus/tpp";
import test from "ava";
import { output } from "../../../lab/command.ts";
import { follow, live, startTraffic } from "../../../test/support/capture.ts";
import { requires } from "../../../test/support/requires.ts";
import { version } from "../../version.ts";

const withSs = requires({ tools: ["ss"] });

const folder = mkdtempSync(join(tmpdir(), "capture-executable-"));
const executable = join(folder, "capture");
const script = fileURLToPath(new URL("../../../scripts/build/sea.ts", import.meta.url));

/** An environment without access to Node or this repository. */
const bare = { cwd: "/", env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", HOME: folder }, encoding: "utf8" } as const;
const capture = (...args: string[]) => spawnSync(executable, args, bare);

test.before((t) => {
  t.timeout(5 * 60 * 1000);
  t.log(execFileSync(process.execPath, [script, executable], { encoding: "utf8" }).trim());
});
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

test("the single executable knows its version and its commands", (t) => {
  t.is(capture("--version").stdout, `${version}\n`);
  t.regex(capture("run", "--help").stdout, /--output/);
  t.is(capture("run", "-o", "x", "--port", "0").status, 64);
});

test("it carries the completions and the module's sources", (t) => {
  t.is(
    capture("completion", "bash").stdout,
    readFileSync(new URL("../../completions/capture.bash", import.meta.url), "utf8"),
  );
  const { findings } = JSON.parse(capture("doctor", "--json").stdout) as { findings: { text: string }[] };
  t.false(findings.some(({ text }) => /sources are not there/.test(text)));
});

live("it captures, and its files are whole", async (t) => {
  const traffic = await startTraffic(t, 1000, 5);
  const file = join(folder, "a.tpp");
  const args = ["run", "--port", String(traffic.port), "--duration", "1", "-o", file];
  const { status, stderr } = await output([executable, ...args], { cwd: "/" });
  t.is(status, 0, stderr);
  const walk = await verifyTpp(file);
  t.deepEqual(walk.damage, []);
  t.true(walk.frames.length > 0);
});

(existsSync("/sys/kernel/btf/vmlinux") ? live : test.skip)(
  "it has bpf: the object, and koffi's native part",
  async (t) => {
    const traffic = await startTraffic(t, 1000, 5);
    const file = join(folder, "bpf.tpp");
    const args = ["run", "--source", "bpf", "--port", String(traffic.port), "--duration", "1", "-o", file];
    const { status, stderr } = await output([executable, ...args], { cwd: "/" });
    t.is(status, 0, stderr);
    const { header, trailer, damage } = await verifyTpp(file);
    t.deepEqual([header?.source, header?.text, damage], ["bpf", "records", []]);
    t.true(trailer!.lines > 10);
  },
);

withSs("SIGUSR1 prints its totals and opens no debugger", async (t) => {
  const file = join(folder, "usr1.tpp");
  const running = await follow(t, [executable, ["run", "--source", "ss", "-o", file]]);
  running.child.kill("SIGUSR1");
  for (let tries = 0; tries < 200 && !running.err().includes("so far"); tries += 1) await wait(50);
  t.regex(running.err(), /^capture: so far \d/m);
  t.false(execFileSync("ss", ["-tlnpH"], { encoding: "utf8" }).includes(`pid=${running.child.pid},`));
  running.child.kill("SIGINT");
  t.is(await running.ended, 0);
});

test("where the module cannot be loaded, it says why in one line", (t) => {
  const { status, stderr } = capture("load", "--port", "5001");
  if (status === 0) return t.pass("it can be loaded here");
  t.true([69, 77].includes(status ?? -1));
  t.regex(stderr, /^capture: .*\S.*\n$/);
});
