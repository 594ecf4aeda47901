// Congestion control of the kernel's own source with a constant changed. The source comes from Debian's package and
// stays in the cache; what is changed is here.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type Built, buildFiles } from "./build.ts";
import { cacheFolder } from "./kernels.ts";
import { alone, ownFolder } from "./own-folder.ts";
import { logged } from "./sh.ts";
import type { Tree } from "./tree.ts";

export type Change = {
  /** Of the module; the algorithm keeps its own. */
  name: string;
  /** File of net/ipv4/. */
  file: "tcp_cubic.c" | "tcp_bbr.c";
  /** What stands there exactly once, and what is to stand instead; null: nothing is changed. */
  constant: readonly [from: string, to: string] | null;
};

const sourcePackage = "linux-source-6.1";
const files = ["tcp_cubic.c", "tcp_bbr.c"];

/** The folder with those files of net/ipv4/; fetched once. */
function sources(): Promise<string> {
  return alone(sourcePackage, async () => {
    const folder = cacheFolder(sourcePackage);
    const found = path.join(folder, sourcePackage, "net/ipv4");
    if (files.every((file) => existsSync(path.join(found, file)))) return found;
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const get = `cd "$1" && apt-get download ${sourcePackage} && dpkg-deb --fsys-tarfile ./*.deb | tar -xf - ./usr/src/${sourcePackage}.tar.xz && rm ./*.deb`;
    await logged("sh", ["-c", get, "sh", folder], path.join(folder, "source.log"), 600);
    const wanted = files.map((file) => `${sourcePackage}/net/ipv4/${file}`);
    const tarball = path.join(folder, "usr/src", `${sourcePackage}.tar.xz`);
    const args = ["-C", folder, "--occurrence=1", "-xJf", tarball, ...wanted];
    await logged("tar", args, path.join(folder, "unpack.log"), 600);
    rmSync(path.join(folder, "usr"), { recursive: true });
    return found;
  });
}

/** Builds it against a tree's kernel. */
export async function buildChanged(tree: Tree, { name, file, constant }: Change): Promise<Built> {
  let text = readFileSync(path.join(await sources(), file), "utf8");
  const replace = (from: string | RegExp, to: string) => {
    if (text.split(from).length !== 2) throw new Error(`${file}: ${from} does not stand there once`);
    text = text.replace(from, to);
  };
  if (constant) replace(...constant);
  // A module of its own has no BTF, and needs none: no BPF program calls into it.
  replace(/register_btf_kfunc_id_set\(BPF_PROG_TYPE_STRUCT_OPS, &\w+\)/, "0");
  text = text.replace(/static const struct btf_kfunc_id_set /, "static const struct btf_kfunc_id_set __maybe_unused ");
  const folder = ownFolder("built", tree.kernel.name, `source-${name}`);
  writeFileSync(path.join(folder, `${name}.c`), text);
  writeFileSync(path.join(folder, "Kbuild"), `obj-m := ${name}.o\n`);
  return buildFiles(tree, name, [path.join(folder, `${name}.c`), path.join(folder, "Kbuild")]);
}
