// The kernels that the module is tested on: one Debian suite each.
import { homedir } from "node:os";
import path from "node:path";

export type Kernel = {
  name: string;
  suite: string;
  /** Second suite that the kernel itself comes from. */
  backports?: string;
};

export const kernels: readonly Kernel[] = [
  { name: "5.10", suite: "bullseye" },
  { name: "6.1", suite: "bookworm" },
  { name: "6.12", suite: "trixie" },
  { name: "7", suite: "trixie", backports: "trixie-backports" },
];

export function kernelNamed(name: string): Kernel {
  const kernel = kernels.find((k) => k.name === name);
  if (!kernel) {
    const known = kernels.map((k) => k.name).join(", ");
    throw new RangeError(`no kernel "${name}"; known: ${known}`);
  }
  return kernel;
}

/** Kernels named in TPP_KERNELS ("6.1", "5.10,6.12", "all"); 6.1 when it is unset. */
export function chosenKernels(): Kernel[] {
  const names = process.env.TPP_KERNELS || "6.1";
  return names === "all" ? [...kernels] : names.split(",").map((n) => kernelNamed(n.trim()));
}

/** Trees, disks and runs live here, never in the repository. */
export function cacheFolder(...parts: string[]): string {
  const base = process.env.XDG_CACHE_HOME || path.join(homedir(), ".cache");
  return path.join(base, "tcpprobe_plus", ...parts);
}
