// Builds the module in the chroot of a kernel's tree, as a user of that Debian release would.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { ownFolder } from "./own-folder.ts";
import { logged } from "./sh.ts";
import type { Tree } from "./tree.ts";

export const moduleFolder = path.resolve(import.meta.dirname, "../..");

/** What make printed, and where the module is. */
export type Built = { module: string; log: string };

export function moduleSources(): string[] {
  return readdirSync(moduleFolder).filter((f) => /\.[ch]$|^Kbuild$|^Makefile$/.test(f));
}

/** Builds tcpprobe_plus.ko for a tree's kernel. `args` go to make (`W=1`). */
export function buildModule(tree: Tree, args: string[] = []): Promise<Built> {
  const files = moduleSources().map((file) => path.join(moduleFolder, file));
  const kdir = `KDIR=/lib/modules/${tree.release}/build`;
  return build(tree, "tcpprobe_plus", files, (inside) => ["-C", inside, kdir, ...args]);
}

/** Builds a module of the tests, from a folder of guest/ with its name. */
export function buildTestModule(tree: Tree, name: string): Promise<Built> {
  const folder = path.resolve(import.meta.dirname, "../guest", name);
  return buildFiles(
    tree,
    name,
    readdirSync(folder).map((file) => path.join(folder, file)),
  );
}

/** Builds a module of these files, one of which is its Kbuild. */
export function buildFiles(tree: Tree, name: string, files: readonly string[]): Promise<Built> {
  return build(tree, name, files, (inside) => ["-C", `/lib/modules/${tree.release}/build`, `M=${inside}`, "modules"]);
}

async function build(
  tree: Tree,
  name: string,
  files: readonly string[],
  makeArgs: (inside: string) => string[],
): Promise<Built> {
  const work = mkdtempSync(path.join(tree.root, "tmp", "build-"));
  const inside = `/tmp/${path.basename(work)}`;
  try {
    for (const file of files) cpSync(file, path.join(work, path.basename(file)));
    const out = ownFolder("built", tree.kernel.name, name === "tcpprobe_plus" ? "module" : name);
    const log = path.join(out, "build.log");
    // newer kernels' objtool looks into /proc
    const enter = 'mount -t proc proc "$1/proc" && root=$1 && shift && exec chroot "$root" make "$@"';
    await logged("unshare", ["-m", "sh", "-c", enter, "sh", tree.root, ...makeArgs(inside)], log, 1200);
    const module = path.join(out, `${name}.ko`);
    cpSync(path.join(work, `${name}.ko`), module);
    return { module, log: readFileSync(log, "utf8") };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Builds the module against a kernel's build folder on this machine. */
export async function buildModuleOnHost(buildFolder: string, name: string): Promise<Built> {
  const out = ownFolder("built", name, "module");
  for (const file of moduleSources()) cpSync(path.join(moduleFolder, file), path.join(out, file));
  const log = path.join(out, "build.log");
  await logged("make", ["-C", out, `KDIR=${buildFolder}`], log, 600);
  return { module: path.join(out, "tcpprobe_plus.ko"), log: readFileSync(log, "utf8") };
}

/** Compiles the guest's C programs in the tree, for its C library; returns the folder with them. */
export async function buildPrograms(tree: Tree): Promise<string> {
  const sources = path.resolve(import.meta.dirname, "../guest");
  const work = mkdtempSync(path.join(tree.root, "tmp", "programs-"));
  const inside = `/tmp/${path.basename(work)}`;
  const out = path.join(ownFolder("built", tree.kernel.name, "guest"), "programs");
  mkdirSync(out);
  try {
    for (const file of readdirSync(sources).filter((f) => f.endsWith(".c"))) {
      const name = path.basename(file, ".c");
      cpSync(path.join(sources, file), path.join(work, file));
      const command = ["gcc", "-O1", "-Wall", "-Wextra", "-Werror", "-pthread", "-o"];
      await logged(
        "chroot",
        [tree.root, ...command, `${inside}/${name}`, `${inside}/${file}`],
        path.join(work, `${name}.log`),
        600,
      );
      cpSync(path.join(work, name), path.join(out, name));
    }
    return out;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
