/**
 * `npm start [-- --recording] [-- --out DIR]`: captures real TCP traffic and shows it. If this machine does not allow
 * that, or with --recording, the recording that comes with the project is shown instead.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Background, run } from "../lab/command.ts";
import { hasNamespaces, hasTool, hasTracefs, isRoot } from "../lab/machine.ts";
import { startRecording } from "../lab/recording.ts";
import { ShapedPath } from "../lab/shaped-path.ts";
import { mountTracefs } from "./mount-tracefs.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const port = 5001;
const seconds = 8;
/** What the kernel knew about each connection. A dash marks what the source does not supply. */
const heldByKernel =
  "SELECT flow, max(packets_out + retrans_out - sacked_out - lost_out) AS inflight_max_packets, max(lost_out) AS lost_max_packets, " +
  "min(rto_ms) AS rto_min_ms, max(rto_ms) AS rto_max_ms FROM trace GROUP BY flow ORDER BY flow";

const { values: options } = parseArgs({
  options: { recording: { type: "boolean", default: false }, out: { type: "string", default: here("../out") } },
});
const out = resolve(options.out);
mkdirSync(out, { recursive: true });
if (!options.recording) mountTracefs();
const why = options.recording ? "as asked" : whyNotHere();
const file = why === null ? await captureHere(join(out, "capture.tpp")) : bundled(why);
const svg = join(out, "cwnd.svg");
const page = join(out, "cwnd.html");
analyze("flows", file);
if (why === null) analyze("sql", file, heldByKernel);
analyze("plot", file, "cwnd", "-f", "-o", svg);
analyze("plot", file, "cwnd", "-f", "-o", page);
console.log(`\nThe congestion window as a picture, and as a page to open in a browser:\n${svg}\n${page}`);

/** Why traffic cannot be made and captured on this machine, in words. Null if it can. */
function whyNotHere(): string | null {
  if (!isRoot) return "capturing needs root";
  if (!hasTracefs()) return "this kernel offers no tracefs with tcp_probe";
  if (!hasTool("ip") || !hasTool("tc")) return "making traffic needs ip and tc (package iproute2)";
  return hasNamespaces() ? null : "network namespaces with a shaped link cannot be made here";
}

function bundled(why: string): string {
  console.log(`Showing the recording that comes with the project (${why}): test/fixtures/shaped-loss.tpp`);
  return here("../test/fixtures/shaped-loss.tpp");
}

async function captureHere(file: string): Promise<string> {
  console.log(`Sending over a path of 20 Mbit/s with a few random losses for ${seconds} s, and capturing it:`);
  using path = await ShapedPath.make({ rateMbit: 20, queueBytes: 120_000, dropsPer100k: 30 });
  const traffic = [process.execPath, here("../lab/traffic.ts")];
  await using server = new Background(path.onServer(...traffic, "serve", String(port)));
  await server.prints(/listening/);
  await using recording = await startRecording(file, "-f", "--port", String(port));
  await run(path.onClient(...traffic, "send", path.serverAddress, String(port), String(seconds), "2"));
  console.log((await recording.finish()).trim());
  return file;
}

function analyze(...args: string[]): void {
  console.log(`\n$ bin/analyze ${args.map(short).join(" ")}`);
  const { status } = spawnSync(process.execPath, [here("../analyze/bin/analyze.js"), ...args], { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 70);
}

/** A path below the current directory, as a user would type it. */
function short(arg: string): string {
  const path = arg.startsWith("/") ? relative(process.cwd(), arg) : arg;
  return path.startsWith("..") ? arg : path;
}
