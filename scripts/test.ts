/**
 * `npm test [-- FILE...]`: installs the system packages if allowed, runs every suite, and ends with
 * `N passed, N failed, N skipped` on a line of its own. In CI `npm run check` comes first and counts as one more test.
 */
import { spawn, spawnSync } from "node:child_process";
import { mountTracefs } from "./mount-tracefs.ts";
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

const ava = spawn(process.execPath, ["node_modules/ava/entrypoints/cli.js", "--tap", ...files], {
  stdio: ["ignore", "pipe", "inherit"],
});
ava.stdout.setEncoding("utf8");
let rest = "";
ava.stdout.on("data", (text: string) => {
  const lines = (rest + text).split("\n");
  rest = lines.pop() ?? "";
  for (const line of lines) show(line);
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => ava.kill(signal));
ava.on("close", (status) => {
  if (rest) show(rest);
  console.log(summary.text(status));
  process.exitCode = summary.ok(status) ? 0 : 1;
});

function show(line: string): void {
  const shown = summary.read(line);
  if (shown !== null) console.log(shown);
}
