/**
 * `npm run build:bpf [-- FILE]`: builds capture/bpf/tcpprobe.bpf.o from its source. The object is kept in the
 * repository, so that users need no compiler. A test builds it again and compares. Needs clang, llvm-strip, libbpf-dev
 * and bpftool.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../../capture/bpf", import.meta.url));
/** bpftool is in a folder that only root has in its PATH. */
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin:/usr/lib/llvm-14/bin` };

/** Throws with the tools' messages. */
export function buildBpf(target: string): void {
  const work = mkdtempSync(join(tmpdir(), "capture-bpf-"));
  const run = (program: string, ...args: string[]): void => {
    execFileSync(program, args, { cwd: folder, env, stdio: ["ignore", "ignore", "inherit"] });
  };
  try {
    const compiled = join(work, "tcpprobe.bpf.o");
    // Use only instructions that Linux 5.8 knows, and paths that are the same on every machine.
    run(
      "clang",
      "-O2",
      "-g",
      "-target",
      "bpf",
      "-mcpu=v3",
      "-D__TARGET_ARCH_x86",
      "-Wall",
      "-Werror",
      `-fdebug-prefix-map=${folder}=.`,
      "-c",
      "tcpprobe.bpf.c",
      "-o",
      compiled,
    );
    run("llvm-strip", "-g", compiled);
    run("bpftool", "gen", "object", target, compiled);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  buildBpf(resolve(process.argv[2] ?? join(folder, "tcpprobe.bpf.o")));
