/**
 * `npm run check`: the checks before a commit that need no traffic: types, lint, format, docs, shell and C style.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { release } from "node:os";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { hasTool, systemPath } from "../lab/machine.ts";
import { commentFaults, headlessFiles } from "./comments.ts";
import { withoutReason } from "./dependencies.ts";
import { staleDocuments } from "./generated-documents.ts";
import { wrongInSqlFiles } from "./sql/files.ts";
import { structureFaults } from "./structure/structure.ts";

interface Check {
  readonly name: string;
  readonly tools?: readonly string[];
  /** Whether the check is possible on this machine. If not, it is skipped even in CI. */
  readonly where?: boolean;
  /** Returns what is wrong, or "". */
  readonly run: () => string;
}

const root = fileURLToPath(new URL("..", import.meta.url));
const tracked = (pattern: string): string[] =>
  output("git", "ls-files", "--cached", "--others", "--exclude-standard", pattern).split("\n").filter(Boolean);

/** A file without a #! line is only sourced by others, and checked with them. */
const isProgram = (path: string): boolean => readFileSync(`${root}/${path}`, "utf8").startsWith("#!");
/** Files that another check covers: checkpatch has its own limit for kernel code. */
const hasOwnLimit = /^kmod\//;
const commented = (): string[] => ["*.ts", "*.js", "*.sql"].flatMap(tracked).filter((path) => !hasOwnLimit.test(path));
const products = (): string[] =>
  ["tpp/*.ts", "capture/*.ts", "analyze/*.ts", "lab/*.ts", "scripts/*.ts"]
    .flatMap(tracked)
    .filter((path) => !/\/test\//.test(path));
const types = (project: string): string =>
  complaint(process.execPath, "node_modules/typescript/bin/tsc", "-p", project);
const make = (target: string): string => complaint("make", "-s", "-C", "kmod", target);
const kernelHas = (path: string): boolean => existsSync(`/lib/modules/${release()}/build/${path}`);

const checks: readonly Check[] = [
  { name: "types", run: () => types(".") },
  { name: "types of the page's script", run: () => types("analyze/report/client") },
  {
    name: "lint and format",
    run: () => complaint(process.execPath, "node_modules/@biomejs/biome/bin/biome", "check", "."),
  },
  { name: "SQL lint and format", run: () => wrongInSqlFiles().join("\n") },
  { name: "folders: no circle, no import upwards", run: () => structureFaults().join("\n") },
  { name: "each dependency has its reason", run: () => withoutReason().join("\n") },
  { name: "each file says what it is", run: () => headlessFiles(root, products()).join("\n") },
  {
    name: "length of comment lines",
    run: () => commentFaults(root, commented()).join("\n"),
  },
  {
    name: "docs, manuals and completions in step with the code",
    run: () =>
      staleDocuments()
        .map((path) => `${relative(root, path)} is out of step: npm run docs`)
        .join("\n"),
  },
  {
    name: "manuals",
    tools: ["mandoc"],
    run: () => complaint("mandoc", "-T", "lint", "-W", "warning", ...tracked("man/*.1")),
  },
  {
    name: "shell scripts",
    tools: ["shellcheck"],
    run: () =>
      complaint(
        "shellcheck",
        "-S",
        "warning",
        "-x",
        "-P",
        "kmod/test",
        ...tracked("*.sh").filter(isProgram),
        ".ci/run",
        ...tracked("*/completions/*.bash"),
      ),
  },
  {
    // Outside a clone, npx would fetch and run other people's packages of these names.
    name: "no text starts our commands through npx",
    run: () => output("git", "grep", "-nE", "npx (--no -- )?(capture|analyze)", "--", ".", ":!scripts/check.ts").trim(),
  },
  { name: "C format", tools: ["make", "clang-format"], run: () => make("check-format") },
  {
    name: "C style (checkpatch)",
    where: kernelHas("scripts/checkpatch.pl"),
    tools: ["make"],
    run: () => make("check-patch"),
  },
  {
    name: "C types (sparse)",
    where: kernelHas("Makefile"),
    tools: ["make", "sparse"],
    run: () => make("check-sparse"),
  },
];

function output(program: string, ...args: string[]): string {
  return spawnSync(program, args, { cwd: root, encoding: "utf8", env: { ...process.env, PATH: systemPath } }).stdout;
}

/** The output of a program that fails, or "". */
function complaint(program: string, ...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, PATH: systemPath },
  });
  if (error) return error.message;
  return status === 0 ? "" : `${stdout}${stderr}`.trim() || `ended with ${status}`;
}

for (const { name, tools = [], where = true, run } of checks) {
  if (!where) continue;
  const missing = tools.filter((tool) => !hasTool(tool));
  const skip = missing.length > 0 && process.env.CI !== "true";
  const wrong = missing.length > 0 ? `needs ${missing.join(", ")} (scripts/packages.txt)` : run();
  if (wrong === "") console.log(`✔ ${name}`);
  else console.log(skip ? `- ${name}: skipped, ${wrong}` : `✘ ${name}\n${wrong}`);
  if (wrong !== "" && !skip) process.exitCode = 1;
}
