/** Files that the published package and the single executable of capture contain in addition to its code. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isModuleSource } from "../../capture/module/build/sources.ts";

export const root = fileURLToPath(new URL("../..", import.meta.url));

export interface PackageFile {
  /** Path in the repository. */
  readonly from: string;
  /** Name in the executable. */
  readonly name: string;
}

/** The module's sources, the BPF object and the completions. */
export function packageFiles(): PackageFile[] {
  const sources = readdirSync(join(root, "kmod")).filter(isModuleSource).sort();
  const completions = readdirSync(join(root, "capture/completions")).sort();
  return [
    ...sources.map((name) => ({ from: `kmod/${name}`, name: `kmod/${name}` })),
    { from: "capture/bpf/tcpprobe.bpf.o", name: "bpf/tcpprobe.bpf.o" },
    ...completions.map((name) => ({ from: `capture/completions/${name}`, name: `completions/${name}` })),
  ];
}
