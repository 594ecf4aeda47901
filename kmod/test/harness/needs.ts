// What this machine lacks for booting kernels.
import { mirror } from "./mirror.ts";
import { has } from "./sh.ts";

/** The reason why guests cannot run here; null if they can. */
export function missingForGuests(): string | null {
  if (process.getuid?.() !== 0) return "needs root (mmdebstrap and chroot)";
  if (process.arch !== "x64") return "the test kernels are for x86-64";
  const tools = ["mmdebstrap", "mke2fs", "chroot", "unshare", "tar"].filter((t) => !has(t));
  if (tools.length) return `not installed: ${tools.join(", ")} (scripts/packages.txt)`;
  try {
    mirror();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return null;
}
