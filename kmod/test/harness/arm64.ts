// Debian's arm64 kernels on this machine: a cross compiler beside their headers, and an emulator that boots one of
// them.
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { moduleFolder, moduleSources } from "./build.ts";
import { cacheFolder } from "./kernels.ts";
import { mirror } from "./mirror.ts";
import { alone, ownFolder } from "./own-folder.ts";
import { logged, sh } from "./sh.ts";

export type Arm64 = {
  name: string;
  /** Debian suite. */
  suite: string;
};

export const arm64Kernels: readonly Arm64[] = [
  { name: "6.1", suite: "bookworm" },
  { name: "6.12", suite: "trixie" },
];

/** Compiler, emulator and what packs a first file system. */
const packages = ["cpio", "gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross", "make", "perl", "qemu-system-arm"];

/** Headers as if installed; image and busybox beside, in /arm64. */
const fetchScript = `#!/bin/sh
set -e
root=$1
chroot "$root" sh -ec '
  mkdir -p /arm64 && cd /arm64
  newest() { apt-cache depends "$1:arm64" | sed -n "s/^ *Depends: \\([^: ]*\\).*/\\1/p" | grep -E "$2" | head -1; }
  headers=$(newest linux-headers-arm64 "^linux-headers-[0-9].*-arm64$")
  image=$(newest linux-image-arm64 "^linux-image-[0-9].*-arm64$")
  apt-get download "$headers:arm64" "$(echo $headers | sed "s/-arm64$/-common/")" "$image:arm64" busybox-static:arm64
  for deb in *.deb; do dpkg-deb -x "$deb" /arm64; done
  # their links to each other and to linux-kbuild are for this place
  mv usr/src/linux-headers-* /usr/src/
  rm ./*.deb
'
`;

const recipe = JSON.stringify([packages, fetchScript]);

/** The folder with the tree, made unless it is in the cache; needs root. */
function tools(kernel: Arm64): Promise<string> {
  return alone(`arm64/${kernel.name}`, async () => {
    const folder = cacheFolder("arm64", kernel.name);
    const root = path.join(folder, "tree");
    const stamp = path.join(folder, "recipe");
    if (existsSync(stamp) && readFileSync(stamp, "utf8") === recipe) return root;
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const hook = path.join(folder, "fetch");
    writeFileSync(hook, fetchScript, { mode: 0o755 });
    const include = [...packages, `linux-kbuild-${kernel.name}`].join(",");
    const args = ["--variant=minbase", "--mode=root", "--architectures=amd64,arm64", `--include=${include}`];
    args.push(`--customize-hook=${hook} "$1"`, kernel.suite, root, `deb ${mirror()} ${kernel.suite} main`);
    await logged("mmdebstrap", args, path.join(folder, "mmdebstrap.log"), 2400);
    writeFileSync(stamp, recipe);
    return root;
  });
}

export type Arm64Build = { root: string; module: string; log: string };

/** Cross-builds the module for this kernel. */
export async function buildForArm64(kernel: Arm64): Promise<Arm64Build> {
  const root = await tools(kernel);
  const out = ownFolder("built", `arm64-${kernel.name}`, "module");
  const inside = `/tmp/module-${process.pid}`;
  const work = path.join(root, inside);
  mkdirSync(work, { recursive: true });
  try {
    for (const file of moduleSources()) cpSync(path.join(moduleFolder, file), path.join(work, file));
    const headers = readdirSync(path.join(root, "usr/src")).find((f) => f.endsWith("-arm64"));
    const log = path.join(out, "build.log");
    await logged(
      "chroot",
      [
        ...[root, "make", "-C", inside, `KDIR=/usr/src/${headers}`, "W=1"],
        ...["ARCH=arm64", "CROSS_COMPILE=aarch64-linux-gnu-"],
      ],
      log,
      1200,
    );
    const module = path.join(out, "tcpprobe_plus.ko");
    copyFileSync(path.join(work, "tcpprobe_plus.ko"), module);
    return { root, module, log: readFileSync(log, "utf8") };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Boots that kernel with guest/arm64-init as its first process; returns what its console showed. */
export async function bootArm64({ root, module }: Arm64Build): Promise<string> {
  const guest = path.join(moduleFolder, "test/guest");
  const inside = `/tmp/boot-${process.pid}`;
  const work = path.join(root, inside);
  const first = path.join(work, "first");
  mkdirSync(path.join(first, "bin"), { recursive: true });
  try {
    for (const name of ["tcp", "reader", "readers"]) {
      copyFileSync(path.join(guest, `${name}.c`), path.join(work, `${name}.c`));
      const compile = ["aarch64-linux-gnu-gcc", "-O1", "-static", "-pthread", "-w"];
      sh("chroot", [root, ...compile, "-o", `${inside}/first/bin/${name}`, `${inside}/${name}.c`]);
    }
    const busybox = ["usr/bin/busybox", "bin/busybox"].map((f) => path.join(root, "arm64", f)).find(existsSync);
    copyFileSync(busybox ?? "", path.join(first, "bin/busybox"));
    cpSync(path.join(guest, "arm64-init"), path.join(first, "init"));
    copyFileSync(module, path.join(first, "tcpprobe_plus.ko"));
    sh("chroot", [root, "sh", "-c", `cd ${inside}/first && chmod 755 init && find . | cpio -o -H newc >../initrd`]);
    const image = readdirSync(path.join(root, "arm64/boot")).find((f) => f.startsWith("vmlinuz-"));
    const consoleFile = path.join(ownFolder("runs", "arm64", "boot"), "console.log");
    const emulator = [
      ...["qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a72", "-smp", "2", "-m", "1024", "-nographic"],
      ...["-no-reboot", "-monitor", "none", "-nic", "none", "-kernel", `/arm64/boot/${image}`],
      ...["-initrd", `${inside}/initrd`, "-append", "console=ttyAMA0 quiet loglevel=1 panic=-1 nokaslr"],
    ];
    const words = { text: "GUEST BEGINS", seconds: 900 };
    await logged("chroot", [root, ...emulator], consoleFile, 900, words);
    return readFileSync(consoleFile, "utf8");
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
