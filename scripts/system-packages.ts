/** Finds missing Debian packages of packages.txt and installs them. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { type Apt, installPackages } from "./apt.ts";

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

export function wantedPackages(): string[] {
  const text = readFileSync(new URL("packages.txt", import.meta.url), "utf8");
  const names = text.split("\n").map((line) => line.replace(/#.*/, "").trim());
  return names.filter((name) => name !== "");
}

export function missingPackages(): string[] {
  const format = ["Package", "db:Status-Status"].map((field) => `$\{${field}}`).join(" ");
  const { stdout } = spawnSync("dpkg-query", ["-W", "-f", `${format}\n`, ...wantedPackages()], { encoding: "utf8" });
  const installed = new Set(
    stdout.split("\n").flatMap((line) => (line.endsWith(" installed") ? line.split(" ")[0] : [])),
  );
  return wantedPackages().filter((name) => !installed.has(name));
}

/**
 * Installs missing packages if that is allowed, and reports what it does, or why not. It never fails: test suites
 * report what they lack.
 */
export function provideSystemPackages(): void {
  if (!existsSync("/usr/bin/apt-get") || !existsSync("/usr/bin/dpkg-query")) {
    say("Not Debian or Ubuntu: system packages are not checked; scripts/packages.txt lists what the suites use.");
    return;
  }
  const missing = missingPackages();
  if (missing.length === 0) return;
  const list = missing.join(" ");
  if (process.env.TPP_NO_APT === "1") say(`TPP_NO_APT=1: not installing ${list}`);
  else if (process.getuid?.() !== 0) say(`Not root, so not installed: ${list}\n(sudo apt-get install ${list})`);
  else {
    say(`Installing system packages: ${list}`);
    installPackages(missing, { apt: aptGet, say, pause });
  }
}

const aptGet: Apt = (...args) => {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C.UTF-8" };
  const { status, stdout, stderr } = spawnSync("apt-get", ["-q", "-y", ...args], { env, encoding: "utf8" });
  return { ok: status === 0, text: `${stdout ?? ""}${stderr ?? ""}` };
};

const pause = (ms: number): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
};
