/**
 * `publish.ts capture | analyze`: makes the folder to publish. It contains tpp, compiled to JavaScript, so that the
 * package needs neither this repository nor a separate package for tpp.
 *
 * capture/dist: `npm pack -w capture` makes it first. It contains the module's sources, at the same path relative to
 * capture's code as in the repository, where `capture load` finds them.
 *
 * analyze/dist: a package of its own (`npm pack ./analyze/dist`), because it exports other files than the workspace.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { packageFiles, root } from "./package-files.ts";
import { pageFolders } from "./page.ts";

const tpp = "@tcpprobe-plus/tpp";

/** The files that the workspace's names of tpp refer to. */
const tppFiles: Readonly<Record<string, string>> = {
  [tpp]: "tpp/index.js",
  [`${tpp}/write`]: "tpp/write.js",
  [`${tpp}/base`]: "tpp/base.js",
  [`${tpp}/columns`]: "tpp/columns/columns.js",
  [`${tpp}/code-cache`]: "tpp/code-cache.js",
};

const name = process.argv[2];
if (name !== "capture" && name !== "analyze") throw new Error("publish.ts capture | analyze");
const out = join(root, name, "dist");

function compile(project: string): void {
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const { status } = spawnSync(process.execPath, [compiler, "-p", join(root, "scripts/build", project)], {
    stdio: ["ignore", 2, 2], // npm's own output is on standard output
  });
  if (status !== 0) throw new Error(`tsc ended with ${status}: its messages are above`);
}

/** Replaces the workspace's names of tpp by relative paths. */
function linkTpp(): void {
  const files = readdirSync(out, { recursive: true, encoding: "utf8" }).filter((name) => /\.(js|d\.ts)$/.test(name));
  for (const file of files) {
    const path = join(out, file);
    const text = readFileSync(path, "utf8");
    let linked = text;
    for (const [exported, of] of Object.entries(tppFiles)) {
      const target = relative(dirname(path), join(out, of));
      linked = linked.replaceAll(`"${exported}"`, JSON.stringify(target.startsWith(".") ? target : `./${target}`));
    }
    if (linked !== text) writeFileSync(path, linked);
  }
}

function copy(from: string, to = from): void {
  mkdirSync(dirname(join(out, to)), { recursive: true });
  cpSync(join(root, from), join(out, to), { recursive: true });
}

function publishCapture(): void {
  compile("tsconfig.json");
  for (const { from } of packageFiles()) copy(from);
}

function publishAnalyze(): void {
  compile("tsconfig.analyze.json");
  copy("analyze/sql");
  copy("analyze/records/start-worker.js");
  copy("analyze/records/texts/lines.wasm");
  for (const folder of pageFolders) for (const name of ["client.js", "client.css"]) copy(`${folder}/${name}`);
  const start = readFileSync(join(root, "analyze/bin/analyze.js"), "utf8");
  mkdirSync(join(out, "bin"));
  writeFileSync(join(out, "bin/analyze.js"), start.replace('"../cli.ts"', '"../analyze/cli.js"'), { mode: 0o755 });
  const { dependencies, ...described } = JSON.parse(readFileSync(join(root, "analyze/package.json"), "utf8"));
  delete dependencies[tpp];
  const exports = { ".": { types: "./analyze/index.d.ts", default: "./analyze/index.js" } };
  const description = { ...described, man: ["./man/analyze.1"], exports, dependencies };
  writeFileSync(join(out, "package.json"), `${JSON.stringify(description, null, 2)}\n`);
}

rmSync(out, { recursive: true, force: true });
if (name === "capture") publishCapture();
else publishAnalyze();
copy("tpp/code-cache.js");
copy(`man/${name}.1`);
copy("LICENSE");
linkTpp();
