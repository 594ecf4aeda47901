/**
 * `npm test [-- FILE...]`: installs the system packages if allowed, runs every suite, and ends with
 * `N passed, N failed, N skipped` on a line of its own. In CI `npm run check` comes first and counts as one more test.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { mountTracefs } from "./mount-tracefs.ts";
import { alone, quiet } from "./suites.ts";
import { provideSystemPackages } from "./system-packages.ts";
import { TapSummary } from "./tap-summary.ts";

const files = process.argv.slice(2);
provideSystemPackages();
mountTracefs();
const summary = new TapSummary();
if (process.env.CI === "true" && files.length === 0) {
  const { status } = spawnSync(process.execPath, ["scripts/check.ts"], { stdio: "inherit" });
  summary.add("npm run check", status === 0);
}

const runs = files.length > 0 ? [files] : [["--concurrency", "2", ...quiet], alone];
let status: number | null = 0;
for (const run of runs) {
  const ended = await ava(run);
  status ||= ended;
  if (ended === null) break;
}
console.log(summary.text(status));
process.exitCode = summary.ok(status) ? 0 : 1;

/** Runs AVA and shows what it says. Returns its exit code, or null where a signal ended it. */
async function ava(args: readonly string[]): Promise<number | null> {
  const child = spawn(process.execPath, ["node_modules/ava/entrypoints/cli.js", "--tap", ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const stop = (signal: NodeJS.Signals) => child.kill(signal);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, stop);
  for await (const line of createInterface({ input: child.stdout })) {
    const shown = summary.read(line);
    if (shown !== null) console.log(shown);
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, "close");
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, stop);
  return child.exitCode;
}
