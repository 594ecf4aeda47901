/**
 * npm run soak:recorder [-- MINUTES]: the flight recorder beside ten minutes of traffic through a shaped path that is
 * cut for three seconds in the middle. The one file must have what was before and after the cut, and the process's
 * memory must stay flat. Ends with 1 where that is not so. Needs root.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { verifyTpp } from "@tcpprobe-plus/tpp";
import { Background } from "../../lab/command.ts";
import { iperf3Server } from "../../lab/iperf3.ts";
import { ShapedPath } from "../../lab/shaped-path.ts";
import { rowsOf } from "./namespace-traffic.ts";

const minutes = Number(process.argv[2] ?? 10);
const lastS = 30;
/** Node's own first growth, and until so many seconds are kept. */
const warmUpS = lastS + 15;
const everyMs = 2000;
/** Of the last quarter's mean above that of the second. */
const allowedGrowth = 0.1;
const port = 5328;
const bin = fileURLToPath(new URL("../bin/capture.js", import.meta.url));
const directory = mkdtempSync(join(tmpdir(), "recorder-soak-"));

const residentMb = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

using path = await ShapedPath.make({ rateMbit: 20, queueBytes: 100_000, congestionControl: "reno" });
const server = await iperf3Server(path.serverAddress, port, (...command) => path.onServer(...command));
const args = [bin, "run", "--source", "bpf", "--port", String(port), "--last", `${lastS}s`];
const child = spawn(process.execPath, [...args, "--dump-on", "rto >= 1500ms", "-o", join(directory, "a.tpp")], {
  stdio: ["ignore", "ignore", "inherit"],
});
const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
const client = path.onClient("iperf3", "-c", path.serverAddress, "-p", String(port), "-t", String(minutes * 60));
await wait(1000);
const traffic = new Background(client);
try {
  const samples: number[] = [];
  const begin = performance.now();
  let cut: Promise<void> | null = null;
  let cutFromNs = 0;
  while (performance.now() < begin + minutes * 60_000 && child.exitCode === null) {
    await wait(everyMs);
    const s = (performance.now() - begin) / 1000;
    if (s > warmUpS) samples.push(residentMb(child.pid!));
    if (cut === null && s > minutes * 30) {
      cutFromNs = Number(process.hrtime.bigint());
      cut = path.interrupt(3);
    }
  }
  await cut;
  child.kill("SIGINT");
  const code = await ended;
  // In the first Node's heap still finds its size.
  const quarter = Math.floor(samples.length / 4);
  const means = [0, 1, 2, 3].map((index) => mean(samples.slice(index * quarter, (index + 1) * quarter)));
  const growth = means[3]! / means[1]! - 1;
  console.log(
    `resident ${Math.min(...samples).toFixed(0)} to ${Math.max(...samples).toFixed(0)} MB; means of the quarters ${means.map((one) => one.toFixed(1)).join(", ")} MB`,
  );
  const files = readdirSync(directory).sort();
  const file = join(directory, files[0]!);
  const times = (await rowsOf(file)).rows.map(({ ns }) => ns);
  const damage = (await verifyTpp(file)).damage.length;
  const before = times.filter((ns) => ns < cutFromNs).length;
  const after = times.filter((ns) => ns > cutFromNs + 3e9).length;
  const [from, to] = [times[0]!, times.at(-1)!].map((ns) => (ns - cutFromNs) / 1e9);
  console.log(
    `${files.length} file, ${damage} damages: ${before} records before the cut, ${after} after it, from ${from!.toFixed(1)} s to ${to!.toFixed(1)} s around its beginning; exit code ${code}`,
  );
  const whole = code === 0 && files.length === 1 && damage === 0 && before > 100 && after > 100;
  process.exitCode = whole && growth < allowedGrowth ? 0 : 1;
} finally {
  child.kill("SIGKILL");
  await Promise.all([traffic.stop(), server.stop()]);
  rmSync(directory, { recursive: true, force: true });
}
