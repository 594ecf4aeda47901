// The emulator that boots the kernels: QEMU from Debian 13, in a tree of its own, whatever the machine has.
//
// Older ones run the guest's CPUs in parallel but may keep on executing a byte that another CPU has replaced since.
// The kernel replaces code all the time (ftrace, static keys, with a breakpoint in between), and then dies of a
// breakpoint that is no longer there: `Oops: int3`. guest/patching.sh shows it without the module.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { cacheFolder } from "./kernels.ts";
import { mirror } from "./mirror.ts";
import { alone } from "./own-folder.ts";
import { logged } from "./sh.ts";

const recipe = "qemu-system-x86 of trixie, 1";

/** Command and first arguments that start QEMU; it sees the cache folder. */
export async function emulator(): Promise<string[]> {
  const folder = cacheFolder("emulator");
  await alone("emulator", async () => {
    const stamp = path.join(folder, "recipe");
    if (existsSync(stamp) && readFileSync(stamp, "utf8") === recipe) return;
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const root = path.join(folder, "tree");
    const args = ["--variant=minbase", "--mode=root", "--include=qemu-system-x86"];
    const log = path.join(folder, "mmdebstrap.log");
    await logged("mmdebstrap", [...args, "trixie", root, `deb ${mirror()} trixie main`], log, 1200);
    writeFileSync(stamp, recipe);
  });
  const root = path.join(folder, "tree");
  mkdirSync(path.join(root, cacheFolder()), { recursive: true });
  const enter =
    'mount --rbind /dev "$1/dev" && mount --bind "$2" "$1$2" && root=$1 && shift 2 && exec chroot "$root" qemu-system-x86_64 "$@"';
  return ["nice", "unshare", "-m", "sh", "-c", enter, "sh", root, cacheFolder()];
}
