// One Debian tree and one bootable disk per kernel, made once and kept.
import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { cacheFolder, type Kernel } from "./kernels.ts";
import { mirror } from "./mirror.ts";
import { alone } from "./own-folder.ts";
import { logged, sh } from "./sh.ts";

export type Tree = {
  kernel: Kernel;
  root: string;
  disk: string;
  vmlinuz: string;
  initrd: string;
  release: string;
};

const packages = [
  "linux-image-amd64",
  "linux-headers-amd64",
  "dkms",
  "ethtool",
  "gcc",
  "initramfs-tools",
  "iperf3",
  "iproute2",
  "kmod",
  "libc6-dev",
  "make",
  "perl",
  "procps",
  "tcpdump",
];

// A small initrd boots much faster under emulation than one with every driver.
const initrdModules = ["virtio_pci", "virtio_blk", "ext4"];

const init = `#!/bin/sh
# Unpacks the payload (second disk), runs it, packs /out onto the third disk, powers off.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev 2>/dev/null
mkdir -p /dev/shm /run /out /payload
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /out
mount -t tracefs tracefs /sys/kernel/tracing
mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null
tar -xf /dev/vdb -C /payload
ip link set lo up
cd /payload && ./run >/out/run.log 2>&1
echo $? >/out/status
dmesg >/out/dmesg.txt
tar -cf /dev/vdc -C /out .
sync
echo "GUEST DONE"
echo o >/proc/sysrq-trigger
sleep 60
`;

const recipe = () =>
  createHash("sha256")
    .update(JSON.stringify([packages, initrdModules, init]))
    .digest("hex");

function describe(kernel: Kernel, folder: string): Tree {
  const root = path.join(folder, "tree");
  const modules = readdirSync(path.join(root, "lib/modules"));
  const release = modules.find((m) => existsSync(path.join(root, "boot", `vmlinuz-${m}`)));
  if (!release) throw new Error(`${root}: no bootable kernel in it; remove ${folder} and run again`);
  return {
    kernel,
    root,
    release,
    disk: path.join(folder, "disk.img"),
    vmlinuz: path.join(folder, "vmlinuz"),
    initrd: path.join(folder, "initrd"),
  };
}

/** Makes the tree and the disk unless they are in the cache; needs root. */
export function tree(kernel: Kernel): Promise<Tree> {
  return alone(`kernels/${kernel.name}`, () => make(kernel));
}

/**
 * An interrupted mmdebstrap may still have /proc and /sys mounted here: to remove those files would be to change the
 * host.
 */
function refuseMounts(folder: string): void {
  const mounts = readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "");
  const below = mounts.filter((place) => place.startsWith(`${folder}/`));
  if (below.length > 0)
    throw new Error(`${below.join(", ")} still mounted by a build that was interrupted: umount, and run again`);
}

/** The host's devices are mounted into a tree while it is made: one run left the host's /dev/null with mode 0644. */
async function keepingNull(work: () => Promise<unknown>): Promise<void> {
  const { mode } = statSync("/dev/null");
  try {
    await work();
  } finally {
    if (statSync("/dev/null").mode !== mode) chmodSync("/dev/null", mode & 0o7777);
  }
}

async function make(kernel: Kernel): Promise<Tree> {
  const folder = cacheFolder("kernels", kernel.name);
  const stamp = path.join(folder, "recipe");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === recipe()) return describe(kernel, folder);

  refuseMounts(folder);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const root = path.join(folder, "tree");
  const sources = [`deb ${mirror()} ${kernel.suite} main`];
  const args = ["--variant=minbase", "--mode=root", `--include=${packages.join(",")}`];
  if (kernel.backports) {
    sources.push(`deb ${mirror()} ${kernel.backports} main`);
    args.push(`--aptopt=APT::Default-Release "${kernel.backports}"`);
  }
  args.push(
    '--essential-hook=mkdir -p "$1/etc/initramfs-tools/conf.d"',
    '--essential-hook=echo MODULES=list > "$1/etc/initramfs-tools/conf.d/tcpprobe"',
    `--essential-hook=printf '%s\\n' ${initrdModules.join(" ")} > "$1/etc/initramfs-tools/modules"`,
    // initramfs-tools ships that file as a configuration file: ours stays
    "--dpkgopt=force-confold",
    kernel.suite,
    root,
    ...sources,
  );
  await keepingNull(() => logged("mmdebstrap", args, path.join(folder, "mmdebstrap.log"), 1200));

  writeFileSync(path.join(root, "tpp-init"), init, { mode: 0o755 });
  const made = describe(kernel, folder);
  copyFileSync(path.join(root, "boot", `vmlinuz-${made.release}`), made.vmlinuz);
  copyFileSync(path.join(root, "boot", `initrd.img-${made.release}`), made.initrd);
  const half = `${made.disk}.part`;
  sh("/sbin/mke2fs", ["-q", "-F", "-t", "ext4", "-d", root, half, "3000M"]);
  renameSync(half, made.disk);
  writeFileSync(stamp, recipe());
  return made;
}
