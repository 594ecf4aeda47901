/** Helpers for the tests of capture: a silent terminal, loopback traffic, a running capture. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { zstdDecompressSync } from "node:zlib";
import test, { type ExecutionContext, type TestFn } from "ava";
import { main } from "../../capture/cli.ts";
import type { OutputOptions } from "../../capture/run/output.ts";
import { findProgram } from "../../capture/system/programs.ts";
import type { Io, StopSignal } from "../../capture/terminal/io.ts";

const bin = fileURLToPath(new URL("../../capture/bin/capture.js", import.meta.url));

export interface SilentIo extends Io {
  out: string;
  err: string;
  signal(signal: StopSignal): void;
  /** Does what SIGUSR1 does. */
  report(): void;
}

export function silentIo(isTTY = false): SilentIo {
  const handlers = new Set<(signal: StopSignal) => void>();
  const reports = new Set<() => void>();
  const io: SilentIo = {
    out: "",
    err: "",
    stdout: { write: (text) => (io.out += text), offer: (text) => (io.out += text), isTTY, columns: 100 },
    stderr: { write: (text) => (io.err += text), offer: (text) => (io.err += text), isTTY, columns: 100 },
    onSignal: (handler) => {
      handlers.add(handler);
      return () => handlers.delete(handler);
    },
    onReport: (handler) => {
      reports.add(handler);
      return () => reports.delete(handler);
    },
    settle: async () => {},
    report: () => {
      for (const handler of reports) handler();
    },
    signal: (signal) => {
      for (const handler of handlers) handler(signal);
    },
  };
  return io;
}

export { temporaryDirectory } from "./temporary-directory.ts";

const cannot =
  process.getuid?.() !== 0
    ? "needs root"
    : existsSync("/sys/kernel/tracing/events/tcp/tcp_probe")
      ? null
      : "needs tracefs with tcp:tcp_probe";

/** For tests on the real kernel. Where that is not possible they are skipped, with the reason, except in CI. */
export const live: TestFn["serial"] = ((title: string, body: (t: ExecutionContext) => Promise<void>) => {
  if (cannot === null) return test.serial(title, body);
  if (process.env.CI === "true") return test.serial(title, (t) => t.fail(cannot));
  return test.skip(`${title} (${cannot})`, () => {});
}) as TestFn["serial"];

/** Options for a single file and no special features. */
export const plainOutput = (path: string): OutputOptions => ({
  path,
  overwrite: false,
  inputs: [],
  owner: null,
  level: 3,
  rotate: null,
  keep: null,
  maxBytes: null,
  command: null,
  say: () => {},
});

export interface Traffic {
  readonly port: number;
  /** The port of the client. */
  readonly clientPort: number;
  readonly sentBytes: () => number;
  /** Closes the connection properly. Without it, traffic continues until the test ends. */
  readonly end: () => Promise<void>;
}

/** A loopback connection. The client writes `bytes` every `everyMs` ms, or as fast as possible for 0. */
export async function startTraffic(t: ExecutionContext, bytes: number, everyMs: number): Promise<Traffic> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("end", () => socket.end());
    socket.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { port, ...(await startClient(t, port, bytes, everyMs, () => server.close())) };
}

async function startClient(t: ExecutionContext, port: number, bytes: number, everyMs: number, close: () => void) {
  const client = connect(port, "127.0.0.1");
  client.on("error", () => {});
  client.resume();
  await new Promise<void>((resolve) => client.once("connect", resolve));
  const { localPort: clientPort = 0 } = client;
  const data = Buffer.alloc(bytes, "x");
  let sent = 0;
  let going = true;
  const send = (): void => {
    if (!going || client.destroyed) return;
    sent += bytes;
    if (everyMs === 0) client.write(data, send);
    else client.write(data);
  };
  const timer = everyMs > 0 ? setInterval(send, everyMs) : undefined;
  send();
  const stop = (): void => {
    going = false;
    clearInterval(timer);
    close();
  };
  t.teardown(() => {
    stop();
    client.destroy();
  });
  const end = async (): Promise<void> => {
    stop();
    const closed = new Promise<void>((resolve) => client.once("close", () => resolve()));
    client.end();
    await closed;
  };
  return { clientPort, sentBytes: () => sent, end };
}

/** The text in a .tpp, as `zstd` decompresses it. */
export const textOf = (path: string): string =>
  execFileSync("zstd", ["-dcq", path], { maxBuffer: 1 << 30, stdio: ["ignore", "pipe", "ignore"] }).toString("latin1");

/** Size of a file's header frame. */
export const headerBytes = (path: string): number => 8 + readFileSync(path).readUInt32LE(4);

/** Text of the module, recorded in a guest. */
export const moduleText = (name: string): Buffer =>
  zstdDecompressSync(readFileSync(new URL(`../fixtures/kmod-raw/${name}.txt.zst`, import.meta.url)));

/** Runs the command line in this process. Returns its exit code and what it printed on standard error. */
export async function captureHere(...args: string[]): Promise<{ code: number; err: string }> {
  const io = silentIo();
  const code = await main(["node", "capture", ...args], io);
  return { code, err: io.err };
}

export const instancesFolder = "/sys/kernel/tracing/instances";

/** Names of the tracing instances of a process. */
export const instancesOf = (pid: number): string[] =>
  readdirSync(instancesFolder).filter((name) => name.startsWith(`tcpprobe_plus-${pid}-`));

/** A counter of a running capture's tracing ring, over all CPUs. */
export function ringCounter(pid: number, name: string): number {
  const folder = join(instancesFolder, instancesOf(pid)[0] ?? "", "per_cpu");
  const counter = new RegExp(`^${name}: (\\d+)$`, "m");
  const counts = readdirSync(folder).map((cpu) => counter.exec(readFileSync(join(folder, cpu, "stats"), "utf8"))?.[1]);
  return counts.reduce((sum, count) => sum + Number(count ?? 0), 0);
}

/** Writes a script as a program into a folder. */
export function program(folder: string, name: string, script: string): string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return join(folder, name);
}

/**
 * A command that runs capture in a mount namespace of its own, in which a system program is replaced by another one.
 */
export function withProgram(name: string, stand: string, ...args: string[]): [string, string[]] {
  const script = 'mount --bind "$1" "$2"; shift 2; exec "$@"';
  return ["unshare", ["-m", "sh", "-c", script, "sh", stand, findProgram(name)!, process.execPath, bin, ...args]];
}

export interface Running {
  readonly child: ChildProcess;
  /** Everything on standard error so far. */
  readonly err: () => string;
  readonly ended: Promise<number | null>;
}

/** Starts `capture run …` as a process and waits until it reports that it captures, or ends. */
export async function startCapture(
  t: ExecutionContext,
  args: readonly string[],
  stdout: "ignore" | "pipe" = "ignore",
  env: NodeJS.ProcessEnv = process.env,
): Promise<Running> {
  return await follow(t, [process.execPath, [bin, "run", ...args]], stdout, env);
}

/** The same for a command that starts capture. */
export async function follow(
  t: ExecutionContext,
  [command, args]: readonly [string, readonly string[]],
  stdout: "ignore" | "pipe" = "ignore",
  env: NodeJS.ProcessEnv = process.env,
): Promise<Running> {
  const child = spawn(command, args, { stdio: ["ignore", stdout, "pipe"], env });
  t.teardown(() => child.kill("SIGKILL"));
  let err = "";
  const ended = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
  const capturing = new Promise<void>((resolve) => {
    child.stderr?.on("data", (data: Buffer) => {
      err += data.toString();
      if (/capturing to/.test(err)) resolve();
    });
  });
  await Promise.race([capturing, ended]);
  return { child, err: () => err, ended };
}
