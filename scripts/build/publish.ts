/**
 * `npm pack -w capture` calls this first: makes capture/dist, the folder that is published. It holds capture and tpp as
 * JavaScript side by side, so that the package needs neither this repository nor a package of tpp's own, and the
 * module's sources where `capture load` looks for them, at the same place relative to capture's code as here.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { packageFiles, root } from "./package-files.ts";

const out = join(root, "capture/dist");
const tpp = "@tcpprobe-plus/tpp";

function compile(): void {
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const { status } = spawnSync(process.execPath, [compiler, "-p", join(root, "scripts/build/tsconfig.json")], {
    stdio: ["ignore", 2, 2], // npm's own output is on standard output
  });
  if (status !== 0) throw new Error(`tsc ended with ${status}: its messages are above`);
}

/** The workspace's name of tpp becomes the path to what lies beside. */
function linkTpp(): void {
  const files = readdirSync(out, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".js"));
  for (const name of files) {
    const path = join(out, name);
    const text = readFileSync(path, "utf8");
    let linked = text;
    for (const [exported, file] of [
      [tpp, "tpp/index.js"],
      [`${tpp}/write`, "tpp/write.js"],
      [`${tpp}/base`, "tpp/base.js"],
      [`${tpp}/columns`, "tpp/columns/columns.js"],
    ] as const) {
      const target = relative(dirname(path), join(out, file));
      linked = linked.replaceAll(`"${exported}"`, JSON.stringify(target.startsWith(".") ? target : `./${target}`));
    }
    if (linked !== text) writeFileSync(path, linked);
  }
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(join(out, to)), { recursive: true });
  cpSync(join(root, from), join(out, to));
}

rmSync(out, { recursive: true, force: true });
compile();
linkTpp();
for (const { from } of packageFiles()) copy(from, from);
copy("tpp/code-cache.js", "tpp/code-cache.js");
copy("man/capture.1", "man/capture.1");
copy("LICENSE", "LICENSE");
