/** The Debian packages of packages.txt: which are missing, and installing them. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

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

/** Installs what is missing where that is allowed; says what it does, or why not. Never fails: suites name what they lack. */
export function provideSystemPackages(): void {
  if (!existsSync("/usr/bin/apt-get") || !existsSync("/usr/bin/dpkg-query")) {
    say("Not Debian or Ubuntu: system packages are not looked at; scripts/packages.txt lists what the suites use.");
    return;
  }
  const missing = missingPackages();
  if (missing.length === 0) return;
  const list = missing.join(" ");
  if (process.env.TPP_NO_APT === "1") say(`TPP_NO_APT=1: not installing ${list}`);
  else if (process.getuid?.() !== 0) say(`Not root, so not installed: ${list}\n(sudo apt-get install ${list})`);
  else install(missing);
}

function install(names: readonly string[]): void {
  say(`Installing system packages: ${names.join(" ")}`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const apt = (...args: string[]): boolean => {
    const { status, stdout, stderr } = spawnSync("apt-get", ["-q", "-y", ...args], { env, encoding: "utf8" });
    if (status !== 0) say(`apt-get ${args.join(" ")} failed:\n${stdout}${stderr}`.trimEnd());
    return status === 0;
  };
  apt("update");
  if (apt("install", "--no-install-recommends", ...names)) return;
  // One package that a release does not have must not cost all the others.
  for (const name of names) apt("install", "--no-install-recommends", name);
}
