/**
 * Part of npm run bench:capture; alone, node capture/test/bench-live.ts [ROUNDS]: bpf and tracefs beside loopback at
 * full speed for 5 s, in a network namespace of its own. The sender's goodput with and without a capture, in turn; what
 * was recorded and lost, and what CPU time capture took. Then, of connections that send segments of a byte, the
 * rate of records at which the first is lost. Needs root, iperf3, gcc, nsenter.
 */
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { verifyTpp } from "@tcpprobe-plus/tpp";
import { output } from "../../lab/command.ts";
import { inNamespace, Namespaces } from "../../lab/namespaces.ts";

const rounds = Number(process.argv[2] ?? 3);
const seconds = 5;
const connections = 8;
const rates = [20_000, 50_000, 100_000, 150_000, 200_000, 300_000, 500_000];
const bin = fileURLToPath(new URL("../bin/capture.js", import.meta.url));
const directory = mkdtempSync(join(tmpdir(), "capture-bench-live-"));
const pump = join(directory, "pump");
execFileSync("gcc", ["-O2", fileURLToPath(new URL("pump.c", import.meta.url)), "-o", pump]);
using namespaces = new Namespaces();
const namespace = await namespaces.add("bench");
await output(inNamespace(namespace, "ip", "link", "set", "lo", "up"));
const inside = async (...command: string[]): Promise<string> => {
  const { stdout, stderr, status } = await output(inNamespace(namespace, ...command));
  if (status !== 0) throw new Error(`${command.join(" ")} ended with ${status}: ${stderr}`);
  return stdout;
};
const server = spawn("ip", ["netns", "exec", namespace, "iperf3", "-s", "-p", "5201"], { stdio: "ignore" });
await wait(500);

interface Captured {
  readonly records: number;
  readonly lost: number;
  /** User and system time, s, with the start. */
  readonly cpuS: number;
}

const file = join(directory, "a.tpp");
let run = 0;

/** A capture around some traffic. */
async function captured<Result>(
  source: string,
  port: number,
  traffic: () => Promise<Result>,
): Promise<{ result: Result; captured: Captured }> {
  const times = join(directory, `times.${++run}`);
  const command = [
    process.execPath,
    bin,
    "run",
    "--quiet",
    "-f",
    "--source",
    source,
    "--port",
    String(port),
    "-o",
    file,
  ];
  const script = `"$@" & pid=$!; trap 'kill -INT $pid' USR1; wait $pid; wait $pid; times >${times}`;
  const child = spawn("ip", ["netns", "exec", namespace, "sh", "-c", script, "sh", ...command], { stdio: "ignore" });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  await wait(2500);
  const result = await traffic();
  await wait(300);
  child.kill("SIGUSR1");
  await ended;
  const [, , user = 0, system = 0] = [...readFileSync(times, "utf8").matchAll(/(\d+)m([\d.]+)s/g)].map(
    (match) => Number(match[1]) * 60 + Number(match[2]),
  );
  const { trailer, damage } = await verifyTpp(file);
  if (!trailer || damage.length > 0) throw new Error(`the capture by ${source} is not whole`);
  const lost = Object.values(trailer.lost).reduce<number>((sum, count) => sum + (count ?? 0), 0);
  return { result, captured: { records: trailer.lines, lost, cpuS: user + system } };
}

async function goodputGbps(): Promise<number> {
  const report = JSON.parse(
    await inside("iperf3", "-c", "127.0.0.1", "-p", "5201", "-t", String(seconds), "--json"),
  ) as {
    end: { sum_received: { bits_per_second: number } };
  };
  return report.end.sum_received.bits_per_second / 1e9;
}

try {
  console.log(`iperf3 over loopback, ${seconds} s at full speed; rounds in turn:`);
  console.log("  source    Gbit/s   of bare     records        a second    lost    CPU of capture");
  for (let round = 0; round < rounds; round += 1) {
    const bare = await goodputGbps();
    console.log(`  bare      ${bare.toFixed(1).padStart(6)}`);
    for (const source of ["bpf", "tracefs"]) {
      const { result, captured: got } = await captured(source, 5201, goodputGbps);
      console.log(
        `  ${source.padEnd(8)}  ${result.toFixed(1).padStart(6)}  ${`${((result / bare) * 100).toFixed(0)} %`.padStart(8)}  ${String(got.records).padStart(10)}  ${(got.records / seconds).toFixed(0).padStart(14)}  ${String(got.lost).padStart(6)}  ${got.cpuS.toFixed(2).padStart(8)} s`,
      );
    }
  }
  console.log(
    `${connections} connections, segments of a byte, ${seconds} s at each rate, until the first record is lost:`,
  );
  for (const source of ["bpf", "tracefs"]) {
    let most = 0;
    let first = "none was lost: the sender goes no faster";
    for (const rate of rates) {
      const { captured: got } = await captured(source, 5301, () =>
        inside(pump, "5301", String(rate), String(seconds), String(connections)),
      );
      const reached = (got.records + got.lost) / seconds;
      if (got.lost > 0) {
        first = `at ${reached.toFixed(0)} ${got.lost} are lost`;
        break;
      }
      if (reached < most * 1.05) break; // the sender is at its end
      most = reached;
    }
    console.log(`  ${source.padEnd(8)}  ${most.toFixed(0)} records a second without a loss; ${first}`);
  }
} finally {
  server.kill();
  rmSync(directory, { recursive: true, force: true });
}
