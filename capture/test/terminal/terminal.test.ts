/** Stopped terminals, readers that do not read, and which process gets a terminal's signals. */
import { execFileSync, spawn } from "node:child_process";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { verifyTpp } from "@tcpprobe-plus/tpp";
import type { ExecutionContext } from "ava";
import { instancesOf, live, startTraffic, temporaryDirectory } from "../../../test/support/capture.ts";
import { requires } from "../../../test/support/requires.ts";

const test = requires({ tools: ["python3", "ss"] });
const bin = fileURLToPath(new URL("../../bin/capture.js", import.meta.url));
const terminal = fileURLToPath(new URL("./terminal.py", import.meta.url));

type Action = readonly ["until" | "type" | "kill", string] | readonly ["wait", number] | readonly ["hangup"];

interface Shown {
  readonly text: string;
  /** Null if the program did not end in time. */
  readonly code: number | null;
}

async function onTerminal(actions: readonly Action[], seconds: number, ...command: string[]): Promise<Shown> {
  const child = spawn("python3", [terminal, JSON.stringify(actions), String(seconds), ...command]);
  let out = "";
  child.stdout.on("data", (data: Buffer) => {
    out += data.toString();
  });
  await new Promise((resolve) => child.once("close", resolve));
  return JSON.parse(out) as Shown;
}

const xoff = "\x13";
const captureArguments = (path: string, ...more: string[]): string[] => [
  ...[process.execPath, bin, "run", "--source", "ss", "-f", "-o", path],
  ...more,
];

test("a terminal that Ctrl-S has stopped stops neither the capture nor its end", async (t) => {
  const path = join(temporaryDirectory(t), "a.tpp");
  const stopped: Action[] = [
    ["until", "Ctrl-C"],
    ["wait", 1],
    ["type", xoff],
    ["wait", 4],
    ["kill", "TERM"],
  ];
  const { code } = await onTerminal(stopped, 10, ...captureArguments(path, "--interval", "20"));
  t.is(code, 0);
  const { damage, frames, trailer } = await verifyTpp(path);
  t.deepEqual(damage, []);
  t.is(trailer?.reason, "signal SIGTERM");
  t.true((trailer?.duration_s ?? 0) > 4);
  t.true(frames.length >= 3);
});

test("standard error that nobody reads: the capture goes on, and one signal ends it", async (t) => {
  const path = join(temporaryDirectory(t), "a.tpp");
  const [program, ...args] = captureArguments(path, "--json", "--interval", "50");
  const script = `
import subprocess, os, fcntl, time, signal, sys
r, w = os.pipe()
fcntl.fcntl(w, 1031, 4096)
os.write(w, b"x" * 4096)
p = subprocess.Popen(sys.argv[1:], stderr=w)
time.sleep(4)
p.send_signal(signal.SIGTERM)
try:
    print(p.wait(8))
except subprocess.TimeoutExpired:
    p.kill()
    print("did not end")
`;
  const out = execFileSync("python3", ["-c", script, program!, ...args], { encoding: "utf8" });
  t.is(out, "0\n");
  const { damage, trailer } = await verifyTpp(path);
  t.deepEqual([damage, trailer?.reason], [[], "signal SIGTERM"]);
});

/** A program that writes each signal it receives to a file, and ends shortly after the first. */
const counting = `import signal, sys, time
got = []
def note(number, frame): got.append(signal.Signals(number).name)
for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"): signal.signal(getattr(signal, name), note)
open(sys.argv[1], "w").write("ready")
end = time.time() + 20
while time.time() < end and not got: time.sleep(0.02)
time.sleep(0.6)
open(sys.argv[1], "w").write(" ".join(got))
`;

const ready = async (path: string): Promise<void> => {
  for (let tries = 0; tries < 600; tries += 1) {
    if (statSync(path, { throwIfNoEntry: false })?.size === 5) return;
    await wait(50);
  }
};

const deliveries: [string, (command: string) => string, Action, string][] = [
  ["Ctrl-C on the terminal", (run) => `exec ${run}`, ["type", "\x03"], "SIGINT"],
  ["Ctrl-\\ on the terminal", (run) => `exec ${run}`, ["type", "\x1c"], "SIGQUIT"],
  ["kill -INT of the capture alone, whose input is the terminal", (run) => `exec ${run}`, ["kill", "INT"], "SIGINT"],
  ["Ctrl-C where the input is no terminal", (run) => `exec ${run} </dev/null`, ["type", "\x03"], "SIGINT"],
  ["Ctrl-C for a pipeline", (run) => `echo x | ${run}`, ["type", "\x03"], "SIGINT"],
  ["the terminal's end", (run) => `exec ${run}`, ["hangup"], "SIGHUP"],
];

for (const [what, line, action, signal] of deliveries) {
  test(`${what}: the command gets the signal once`, async (t) => {
    const directory = temporaryDirectory(t);
    const [program, log] = [join(directory, "counting.py"), join(directory, "signals")];
    writeFileSync(program, counting);
    const run = [...captureArguments(join(directory, "a.tpp")), "--", "python3", program, log]
      .map((word) => `'${word}'`)
      .join(" ");
    // The program has written "ready" by then. Its output is not visible here.
    const running = onTerminal([["until", "until python3 ends"], ["wait", 2.5], action], 20, "sh", "-c", line(run));
    await ready(log);
    await running;
    t.is(readFileSync(log, "utf8"), signal);
  });
}

const stray = "Debugger listening";

function startPlain(t: ExecutionContext, args: readonly string[]) {
  const child = spawn(process.execPath, [bin, "run", ...args], { stdio: ["ignore", "pipe", "pipe"] });
  t.teardown(() => child.kill("SIGKILL"));
  let err = "";
  child.stderr.on("data", (data: Buffer) => {
    err += data.toString();
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  return { child, err: () => err, ended };
}

live("SIGUSR1 prints the totals so far, and opens no debugger, from the first moment on", async (t) => {
  const path = join(temporaryDirectory(t), "a.tpp");
  const traffic = await startTraffic(t, 1000, 5);
  const running = startPlain(t, ["--source", "tracefs", "--port", String(traffic.port), "-o", path]);
  while (!running.err().includes("capturing to")) await wait(20);
  await wait(800);
  running.child.kill("SIGUSR1");
  for (let tries = 0; tries < 100 && !running.err().includes("so far"); tries += 1) await wait(20);
  t.regex(running.err(), /^capture: so far [1-9][\d ]* records in \d\.\d s, .* of text in .*, lost 0$/m);
  await t.throwsAsync(fetch("http://127.0.0.1:9229/json/list"));
  running.child.kill("SIGINT");
  t.is(await running.ended, 0);
  t.false(running.err().includes(stray));
  t.deepEqual(instancesOf(running.child.pid!), []);
});

test("SIGUSR1 in the first moment, in which Node.js still answers it: what that has opened is closed", async (t) => {
  for (const delayMs of [20, 40, 60, 80, 120]) {
    const path = join(temporaryDirectory(t), "a.tpp");
    const running = startPlain(t, ["--source", "ss", "-o", path]);
    await wait(delayMs);
    running.child.kill("SIGUSR1");
    while (!running.err().includes("capturing to") && running.child.signalCode === null) await wait(20);
    const listening = execFileSync("ss", ["-tlnpH"], { encoding: "utf8" });
    t.false(listening.includes(`pid=${running.child.pid},`), `${delayMs} ms: ${listening}`);
    running.child.kill("SIGINT");
    await running.ended;
  }
});

live("what is called off while it starts is not started", async (t) => {
  const directory = temporaryDirectory(t);
  for (const delayMs of [20, 50, 80, 110, 150, 250, 350, 500]) {
    const mark = join(directory, `${delayMs}.mark`);
    const path = join(directory, `${delayMs}.tpp`);
    const running = startPlain(t, ["--source", "tracefs", "-o", path, "--", "sh", "-c", `: >'${mark}'; sleep 6`]);
    await wait(delayMs);
    if (running.err().includes("capturing to")) continue; // too late: the command is running already
    running.child.kill("SIGTERM");
    const code = await running.ended;
    if (running.err().includes("capturing to")) continue; // so it was when the signal came
    t.true(code === 143 || running.child.signalCode === "SIGTERM", `${code} ${running.err()}`);
    t.is(statSync(mark, { throwIfNoEntry: false }), undefined);
    t.deepEqual(instancesOf(running.child.pid!), []);
  }
});

for (const signal of ["SIGQUIT", "SIGUSR2", "SIGALRM"] as const) {
  live(`${signal} ends it cleanly`, async (t) => {
    const path = join(temporaryDirectory(t), "a.tpp");
    const running = startPlain(t, ["--source", "tracefs", "-o", path]);
    while (!running.err().includes("capturing to")) await wait(20);
    running.child.kill(signal);
    t.is(await running.ended, 0);
    t.deepEqual(instancesOf(running.child.pid!), []);
    t.is((await verifyTpp(path)).trailer?.reason, `signal ${signal}`);
  });
}

test("while only the command is waited for, the first signal is its own and the second leaves it", async (t) => {
  const path = join(temporaryDirectory(t), "a.tpp");
  const stubborn = 'trap "" TERM; sleep 12';
  const running = startPlain(t, ["--source", "ss", "-o", path, "--duration", "0.5", "--", "sh", "-c", stubborn]);
  while (!running.err().includes("waiting for the command (")) await wait(20);
  running.child.kill("SIGTERM");
  await wait(700);
  t.is(running.child.exitCode, null);
  const askedMs = performance.now();
  running.child.kill("SIGTERM");
  const code = await new Promise<number | null>((resolve) => running.child.once("exit", resolve));
  t.is(code, 130);
  t.true(performance.now() - askedMs < 5000);
  t.regex(running.err(), /the command \(pid \d+\) still runs/);
});

test("a signal that `timeout` sends to its child and the group counts once", async (t) => {
  const directory = temporaryDirectory(t);
  const [program, log] = [join(directory, "counting.py"), join(directory, "signals")];
  writeFileSync(program, counting);
  const args = captureArguments(join(directory, "a.tpp"), "--", "python3", program, log);
  const child = spawn("timeout", ["4", ...args], { stdio: "ignore", detached: true });
  await new Promise((resolve) => child.once("close", resolve));
  for (let tries = 0; tries < 40 && readFileSync(log, "utf8") === "ready"; tries += 1) await wait(100);
  t.is(readFileSync(log, "utf8"), "SIGTERM");
  for (let tries = 0; tries < 40; tries += 1) {
    if ((await verifyTpp(join(directory, "a.tpp"))).trailer) break;
    await wait(100);
  }
  t.is((await verifyTpp(join(directory, "a.tpp"))).trailer?.reason, "command ended");
});
