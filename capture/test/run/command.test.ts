/** A command under a capture: its exit code, its times, and signals while it runs. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { verifyTpp } from "@tcpprobe-plus/tpp";
import type { ExecutionContext } from "ava";
import { startCapture, temporaryDirectory } from "../../../test/support/capture.ts";
import { requires } from "../../../test/support/requires.ts";

const test = requires({ tools: ["ss"] });
const bin = fileURLToPath(new URL("../../bin/capture.js", import.meta.url));

function captureUnder(t: ExecutionContext, more: readonly string[], ...command: readonly string[]) {
  const path = join(temporaryDirectory(t), "a.tpp");
  const args = [bin, "run", "--source", "ss", "-o", path, ...more, "--", ...command];
  const { status, stderr, stdout } = spawnSync(process.execPath, args, { encoding: "utf8", timeout: 30_000 });
  return { status, stderr, stdout, path };
}

for (const [what, command, status, end] of [
  ["exit code 0", ["true"], 0, { exit_code: 0 }],
  ["another exit code", ["sh", "-c", "exit 7"], 7, { exit_code: 7 }],
  ["death by a signal", ["sh", "-c", "kill -KILL $$"], 137, { signal: "SIGKILL" }],
] as const) {
  test(`${what} is passed on and stored`, async (t) => {
    const run = captureUnder(t, [], ...command);
    t.is(run.status, status, run.stderr);
    const { header, trailer, damage } = await verifyTpp(run.path);
    t.deepEqual(damage, []);
    t.is(trailer?.reason, "command ended");
    t.deepEqual(header?.command?.argv, [...command]);
    const { ended_monotonic_ns = "0", ...stored } = trailer?.command ?? {};
    t.deepEqual(stored, end);
    t.true(BigInt(ended_monotonic_ns) > BigInt(header?.command?.started_monotonic_ns ?? 0));
    t.true(BigInt(header?.command?.started_monotonic_ns ?? 0) > BigInt(header?.clock.monotonic_ns ?? 0) - 10n ** 9n);
  });
}

test("a command that is not there: 127, said, and the file is whole", async (t) => {
  const run = captureUnder(t, [], "/nonexistent/program");
  t.is(run.status, 127);
  t.regex(run.stderr, /\/nonexistent\/program: cannot be started \(ENOENT\)/);
  const { trailer, damage } = await verifyTpp(run.path);
  t.deepEqual([trailer?.reason, damage], ["command not started", []]);
});

test("after --duration the command is waited for, and its exit code passed on", async (t) => {
  const run = captureUnder(t, ["--duration", "0.3"], "sh", "-c", "sleep 1.5; exit 4");
  t.is(run.status, 4);
  t.regex(run.stderr, /waiting for the command/);
  const { trailer } = await verifyTpp(run.path);
  t.is(trailer?.reason, "duration");
  t.is(trailer?.command, undefined);
});

test("with -o - the command's output goes to standard error, and standard output is the capture", async (t) => {
  const path = join(temporaryDirectory(t), "a.tpp");
  const command = `"${process.execPath}" "${bin}" run --source ss -o - -- echo hello >"${path}"`;
  const { status, stderr } = spawnSync("sh", ["-c", command], { encoding: "utf8" });
  t.is(status, 0, stderr);
  t.regex(stderr, /^hello$/m);
  t.deepEqual((await verifyTpp(path)).damage, []);
  execFileSync("zstd", ["-tq", path]);
});

test("SIGTERM goes to the command; the capture goes on until it has ended", async (t) => {
  const directory = temporaryDirectory(t);
  const [path, mark] = [join(directory, "a.tpp"), join(directory, "mark")];
  const script = `trap 'sleep 0.5; echo told >${mark}; exit 5' TERM; echo ready >&2; while :; do sleep 0.1; done`;
  const running = await startCapture(t, ["--source", "ss", "-o", path, "--", "sh", "-c", script]);
  while (!running.err().includes("ready")) await new Promise((resolve) => setTimeout(resolve, 20));
  running.child.kill("SIGTERM");
  t.is(await running.ended, 5, running.err());
  t.true(existsSync(mark) && readFileSync(mark, "utf8") === "told\n");
  const { trailer } = await verifyTpp(path);
  t.deepEqual([trailer?.reason, trailer?.command?.exit_code], ["command ended", 5]);
});
