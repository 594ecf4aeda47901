/**
 * Standard output that is full, or that nobody reads any more, and signals: the right exit code, one line or none,
 * nothing left.
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import test, { type ExecutionContext } from "ava";
import { fixture, temporaryDirectory } from "../../../test/support/analyze.ts";

const bin = fileURLToPath(new URL("../../bin/analyze.js", import.meta.url));
const kmod = fixture("kmod-loss");
const shaped = fixture("shaped-loss");

/** A directory for temporary files, and what is in it but Node's own cache. */
function temporary(t: ExecutionContext): { env: NodeJS.ProcessEnv; left: () => string[] } {
  const directory = join(temporaryDirectory(t), "tmp");
  mkdirSync(directory);
  const left = () => readdirSync(directory);
  return { env: { ...process.env, TMPDIR: directory }, left };
}

const commands: string[][] = [
  ["check", kmod, "--assert", "rtos = 0"],
  ["sql", kmod, "FROM flows"],
  ["sql", kmod, "FROM flows", "--json"],
  ["sql", kmod, "FROM flows", "--parquet"],
  ["convert", kmod, "-o", "-"],
  ["info", kmod],
  ["diagnose", kmod],
  ["--version"],
  ["--help"],
  ["flows", "--help"],
];
for (const args of commands) {
  test(`${args.join(" ").replace(kmod, "kmod-loss.tpp")} > /dev/full: one line, 73, nothing left`, (t) => {
    const { env, left } = temporary(t);
    const shell = ["-c", '"$@" > /dev/full', "sh", process.execPath, bin, ...args];
    const { status, stderr } = spawnSync("sh", shell, { encoding: "utf8", env });
    t.is(stderr, "analyze: cannot write to standard output: the disk is full. Free some space and run again.\n");
    t.is(status, 73);
    t.deepEqual(left(), []);
  });
}

for (const args of [["convert", shaped, "-o", "-"], ["sql", shaped, "FROM trace, range(3)", "--csv"], ["--help"]]) {
  test(`${args[0]} | head -n 1 ends without a word, and nothing is left`, (t) => {
    const { env, left } = temporary(t);
    const shell = ["-c", '{ "$@"; echo "code $?" >&2; } | head -n 1', "sh", process.execPath, bin, ...args];
    const { stdout, stderr } = spawnSync("sh", shell, { encoding: "utf8", env });
    t.regex(stdout, /^\S.*\n$/);
    t.is(stderr, "code 0\n");
    t.deepEqual(left(), []);
  });
}

test("check's verdict is its exit code where nobody reads the report", (t) => {
  const { env } = temporary(t);
  const args = [bin, "check", kmod, "--assert", "goodput_bps > 1e12"];
  const { stderr } = spawnSync("sh", ["-c", '{ "$@"; echo "code $?" >&2; } | true', "sh", process.execPath, ...args], {
    encoding: "utf8",
    env,
  });
  t.is(stderr, "code 1\n");
});

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const) {
  test(`${signal} ends a query, and nothing is left`, async (t) => {
    const { env, left } = temporary(t);
    const endless = "SELECT count(*) FROM range(100000000) a, range(100000000) b WHERE hash(a.range + b.range) = 1";
    const child = spawn(process.execPath, [bin, "sql", kmod, endless], { env, stdio: "ignore" });
    const ended = new Promise((resolve) => child.on("exit", (code, how) => resolve(how ?? code)));
    while (left().length === 0) await setTimeout(20);
    await setTimeout(300);
    child.kill(signal);
    t.is(await ended, signal);
    t.deepEqual(left(), []);
  });
}

test("a signal ends a command whose reader has stopped reading, and nothing is left", async (t) => {
  const { env, left } = temporary(t);
  const child = spawn(process.execPath, [bin, "convert", shaped, "-o", "-"], {
    env,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const ended = new Promise((resolve) => child.on("exit", (code, how) => resolve(how ?? code)));
  await new Promise((begun) => child.stdout.once("readable", begun)); // and never read
  await setTimeout(300);
  child.kill("SIGTERM");
  t.is(await ended, "SIGTERM");
  t.deepEqual(left(), []);
});
