/**
 * `npm run build:bpf [-- FILE]`: capture/bpf/tcpprobe.bpf.o from its source. The object is kept in the repository, so
 * that nothing is compiled where it is used; a test builds it again and compares. Needs clang, llvm-strip, libbpf-dev
 * and bpftool.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../../capture/bpf", import.meta.url));
/** bpftool lives where only root looks. */
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin:/usr/lib/llvm-14/bin` };

/** Throws what the tools say. */
export function buildBpf(target: string): void {
  const work = mkdtempSync(join(tmpdir(), "capture-bpf-"));
  const run = (program: string, ...args: string[]): void => {
    execFileSync(program, args, { cwd: folder, env, stdio: ["ignore", "ignore", "inherit"] });
  };
  try {
    const compiled = join(work, "tcpprobe.bpf.o");
    // Instructions that Linux 5.8 knows; paths and line numbers beside them are the same everywhere.
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
