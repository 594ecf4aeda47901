// What this machine lacks for booting kernels; empty if nothing.
import { has } from "./sh.ts";

export function missingForGuests(): string | null {
  if (process.getuid?.() !== 0) return "needs root (mmdebstrap and chroot)";
  if (process.arch !== "x64") return "the test kernels are for x86-64";
  const tools = ["mmdebstrap", "qemu-system-x86_64", "mke2fs", "chroot", "tar"].filter((t) => !has(t));
  return tools.length ? `not installed: ${tools.join(", ")} (kmod/test/packages.txt)` : null;
}
