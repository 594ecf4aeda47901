/**
 * npm run soak [-- MINUTES]: captures loopback traffic for half an hour. Memory must not grow, and the files must be
 * whole. Ends with 1 otherwise.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { verifyTpp } from "@tcpprobe-plus/tpp";

const minutes = Number(process.argv[2] ?? 30);
/** Time for Node's initial growth, until its caches are filled. */
const warmUpS = 20;
const everyMs = 2000;
/** Allowed growth of the second half's mean over the first's. */
const allowedGrowth = 0.1;
const port = 5327;
const bin = fileURLToPath(new URL("../bin/capture.js", import.meta.url));
const directory = mkdtempSync(join(tmpdir(), "capture-soak-"));

const residentMb = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Some ten thousand records a second. */
async function startTraffic(): Promise<() => void> {
  const server = createServer((socket) => socket.on("error", () => {}).resume());
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const client = connect(port, "127.0.0.1").setNoDelay();
  client.on("error", () => {});
  const data = Buffer.alloc(1000, "x");
  const send = (): void => {
    for (let count = 0; count < 50; count += 1) client.write(data);
  };
  const timer = setInterval(send, 5);
  return () => {
    clearInterval(timer);
    client.destroy();
    server.close();
  };
}

const stopTraffic = await startTraffic();
const args = [
  bin,
  "run",
  "--source",
  "tracefs",
  "--port",
  String(port),
  "--rotate",
  "20MB",
  "--keep",
  "5",
  "-o",
  join(directory, "a.tpp"),
];
const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
try {
  await wait(warmUpS * 1000);
  const samples: number[] = [];
  const until = performance.now() + minutes * 60_000;
  for (let shown = 0; performance.now() < until && child.exitCode === null; ) {
    await wait(everyMs);
    samples.push(residentMb(child.pid!));
    if (samples.length - shown < 30) continue;
    const last = samples.slice(shown);
    console.log(
      `${((samples.length * everyMs) / 60_000).toFixed(0)} min: ${Math.min(...last).toFixed(0)} to ${Math.max(...last).toFixed(0)} MB`,
    );
    shown = samples.length;
  }
  child.kill("SIGINT");
  const code = await ended;
  const half = Math.floor(samples.length / 2);
  const [first, second] = [mean(samples.slice(0, half)), mean(samples.slice(half))];
  const growth = second / first - 1;
  console.log(
    `resident ${Math.min(...samples).toFixed(0)} to ${Math.max(...samples).toFixed(0)} MB; mean of the first half ${first.toFixed(1)}, of the second ${second.toFixed(1)} MB (${(growth * 100).toFixed(1)} %)`,
  );
  const names = readdirSync(directory).sort();
  const walks = await Promise.all(names.map((name) => verifyTpp(join(directory, name))));
  const damaged = walks.filter(({ damage }) => damage.length > 0).length;
  console.log(`${names.length} files left, ${damaged} damaged, exit code ${code}`);
  process.exitCode = code === 0 && damaged === 0 && growth < allowedGrowth ? 0 : 1;
} finally {
  child.kill("SIGKILL");
  stopTraffic();
  rmSync(directory, { recursive: true, force: true });
}
