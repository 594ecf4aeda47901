// node kmod/test/install.ts [--kernels 6.1,...|all]: make load, make unload and DKMS as kmod/README.md has them, in
// guests.
import { cpSync, mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { boot, type Evidence, splatsIn } from "./harness/boot.ts";
import { moduleFolder, moduleSources } from "./harness/build.ts";
import { cacheFolder, kernelNamed, kernels } from "./harness/kernels.ts";
import { missingForGuests } from "./harness/needs.ts";
import { tree } from "./harness/tree.ts";

const { values } = parseArgs({ options: { kernels: { type: "string", default: "all" } } });
const missing = missingForGuests();
if (missing) throw new Error(missing);

const sources = path.join(cacheFolder("built"), `sources.${process.pid}`, "kmod");
mkdirSync(sources, { recursive: true });
for (const file of [...moduleSources(), "dkms.conf", "reload_module.sh", "tcpprobe_plus.modprobe.conf"]) {
  cpSync(path.join(moduleFolder, file), path.join(sources, file));
}

/** What the older README's listing and examples give. */
const older = new RegExp(
  [
    "^5001",
    "bufsize -r--r--r--",
    "readnum -rw-r--r--",
    "debug -rw-r--r--",
    "full -rw-r--r--",
    "hashsize -r--r--r--",
    ...["maxflows", "port", "probetime", "purgetime"].map((name) => `${name} -rw-r--r--`),
    ...["readnum 1024", "debug 0", "full 0", "maxflows 1000000", "port 5001", "probetime 200", "purgetime 200"],
    "$",
  ].join("\n"),
);

function problemsOf(evidence: Evidence): string[] {
  const problems = splatsIn(evidence.dmesg);
  if (evidence.status !== 0) return [...problems, `the script ended with ${evidence.status}`, evidence.text("run.log")];
  const expected: [string, RegExp][] = [
    ["loaded.txt", /port:5001\n[\s\S]*extended:1\n[\s\S]*bufsize:8192\n/],
    ["reloaded.txt", /^5002\n$/],
    ["older.txt", older],
    ["at-load.txt", /^1024\n16384\n$/],
    ["status.txt", /tcpprobe_plus.*: installed/],
    ["modprobe.txt", /tcpprobe_plus\/port:/],
  ];
  for (const [file, pattern] of expected) {
    const text = evidence.text(`install/${file}`);
    if (!pattern.test(text)) problems.push(`${file}: ${text}`);
  }
  if (/warning:/i.test(evidence.text("install/make.txt"))) problems.push(evidence.text("install/make.txt"));
  return problems;
}

for (const name of values.kernels === "all" ? kernels.map((k) => k.name) : values.kernels.split(",")) {
  const evidence = await boot(await tree(kernelNamed(name)), {
    name: "install",
    files: [sources, path.join(moduleFolder, "test/guest")],
    command: "sh guest/install.sh",
    limit: 2400,
  });
  const problems = problemsOf(evidence);
  for (const problem of problems) console.log(`${name}: ${problem}`);
  console.log(`${name}: ${evidence.text("install/status.txt").trim()}: ${problems.length ? "FAILED" : "good"}`);
  if (problems.length) process.exitCode = 1;
}
rmSync(path.dirname(sources), { recursive: true, force: true });
