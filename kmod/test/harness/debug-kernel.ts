// Builds a 6.1 kernel with every checker that finds a driver's mistakes, from Debian's own source package.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import path from "node:path";
import { cacheFolder } from "./kernels.ts";
import { alone } from "./own-folder.ts";
import { logged, sh } from "./sh.ts";

const sourcePackage = "linux-source-6.1";

const on = [
  // what the guest needs, built in: there is no initrd
  ..."MODULES MODULE_UNLOAD EXT4_FS VIRTIO VIRTIO_PCI VIRTIO_BLK SERIAL_8250 SERIAL_8250_CONSOLE DEVTMPFS".split(" "),
  ..."TMPFS NAMESPACES NET_NS INET IPV6 PACKET INET_DIAG INET_TCP_DIAG VETH NET_SCHED NET_SCH_NETEM".split(" "),
  ..."TCP_CONG_ADVANCED TCP_CONG_BBR TCP_CONG_CUBIC BPF_SYSCALL MAGIC_SYSRQ PROC_FS SYSFS".split(" "),
  // what the module needs
  ..."FTRACE FUNCTION_TRACER DYNAMIC_FTRACE KALLSYMS TRACEPOINTS ENABLE_DEFAULT_TRACERS".split(" "),
  // the checkers
  ..."DEBUG_KERNEL KASAN KASAN_GENERIC KASAN_INLINE KASAN_VMALLOC PROVE_LOCKING PROVE_RCU DEBUG_ATOMIC_SLEEP".split(
    " ",
  ),
  ..."DEBUG_KMEMLEAK DEBUG_LIST DEBUG_OBJECTS DEBUG_OBJECTS_FREE DEBUG_OBJECTS_TIMERS DEBUG_OBJECTS_WORK".split(" "),
  ..."DEBUG_OBJECTS_RCU_HEAD DEBUG_PREEMPT PREEMPT SOFTLOCKUP_DETECTOR DETECT_HUNG_TASK WQ_WATCHDOG".split(" "),
  ..."DEBUG_SPINLOCK DEBUG_MUTEXES DEBUG_LOCK_ALLOC SLUB_DEBUG SLUB_DEBUG_ON DEBUG_NOTIFIERS".split(" "),
  // For emulated CPUs: fewer ticks, stacks walked by frame pointers instead of tables (each allocation keeps its own),
  // and a task preempted while it reads under RCU is let go on.
  ..."HZ_100 UNWINDER_FRAME_POINTER RCU_EXPERT RCU_BOOST".split(" "),
];

const off = [
  ..."DEBUG_INFO_DWARF_TOOLCHAIN_DEFAULT DEBUG_INFO_BTF MODULE_SIG SYSTEM_TRUSTED_KEYRING SOUND DRM USB".split(" "),
  ..."WLAN WIRELESS CFG80211 MAC80211 RFKILL ATA SCSI HID INPUT_MOUSE MD NFS_FS NFSD ISO9660_FS VFAT_FS".split(" "),
  ..."CPU_FREQ HIBERNATION SUSPEND ACPI_DOCK PCMCIA CARDBUS AGP NETFILTER SECURITY_SELINUX AUDIT".split(" "),
  ..."HZ_1000 UNWINDER_ORC DEBUG_STACK_USAGE".split(" "),
  ..."ETHERNET I2C THERMAL WATCHDOG RANDOMIZE_BASE X86_MSR MICROCODE PROFILING NETWORK_FILESYSTEMS".split(" "),
  // nothing of these is in the guest, and each file takes a second
  ..."INPUT VT FB LOGO NVME_CORE BLK_DEV_NVME IOMMU_SUPPORT INTEL_IOMMU AMD_IOMMU DMADEVICES HWMON POWER_SUPPLY".split(
    " ",
  ),
  ..."X86_PLATFORM_DEVICES CHROME_PLATFORMS EFI KEXEC KEXEC_FILE CRASH_DUMP CGROUPS IO_URING FUSE_FS AUTOFS_FS QUOTA".split(
    " ",
  ),
  ..."CONNECTOR RTC_CLASS MAILBOX PSTORE KPROBES BLK_DEV_IO_TRACE UPROBE_EVENTS MPTCP NETLABEL HAMRADIO XFRM_USER".split(
    " ",
  ),
  ..."SUSPEND_FREEZER PM ACPI_BUTTON ACPI_BATTERY ACPI_AC ACPI_FAN ACPI_PROCESSOR ACPI_VIDEO PERF_EVENTS_INTEL_RAPL".split(
    " ",
  ),
];

export type DebugKernel = { vmlinuz: string; buildFolder: string };

const jobs = availableParallelism();

const recipe = JSON.stringify([sourcePackage, on, off]);

/** Builds it unless it is in the cache: about 12 minutes on two cores. */
export function debugKernel(): Promise<DebugKernel> {
  return alone("debug-kernel", make);
}

async function unpack(folder: string, log: (name: string) => string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await logged(
    "sh",
    ["-c", `cd "$1" && apt-get download ${sourcePackage} && dpkg-deb -x ./*.deb . && rm ./*.deb`, "sh", folder],
    log("source"),
    600,
  );
  const tarball = path.join(folder, "usr/src", `${sourcePackage}.tar.xz`);
  await logged("tar", ["-C", folder, "-xJf", tarball], log("unpack"), 600);
  rmSync(path.join(folder, "usr"), { recursive: true });
}

async function make(): Promise<DebugKernel> {
  const folder = cacheFolder("debug-kernel");
  const made = { vmlinuz: path.join(folder, "vmlinuz"), buildFolder: path.join(folder, sourcePackage) };
  const stamp = path.join(folder, "recipe");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === recipe) return made;

  const log = (name: string) => path.join(folder, `${name}.log`);
  // what an earlier run was stopped in goes on from there
  const begun = path.join(folder, "begun");
  if (!existsSync(begun) || readFileSync(begun, "utf8") !== recipe) {
    await unpack(folder, log);
    writeFileSync(begun, recipe);
  }
  const args = ["-C", made.buildFolder, "ARCH=x86_64"];
  await logged("make", [...args, "defconfig", "kvm_guest.config"], log("defconfig"), 300);
  const flags = [...off.flatMap((name) => ["--disable", name]), ...on.flatMap((name) => ["--enable", name])];
  sh(path.join(made.buildFolder, "scripts/config"), [
    ...["--file", path.join(made.buildFolder, ".config")],
    ...flags,
    ...[
      "--enable",
      "DEBUG_INFO_NONE",
      "--set-str",
      "SYSTEM_TRUSTED_KEYS",
      "",
      "--set-val",
      "DEBUG_KMEMLEAK_MEM_POOL_SIZE",
      "16000",
    ],
  ]);
  await logged("make", [...args, "olddefconfig"], log("olddefconfig"), 300);
  await logged(
    "nice",
    ["-n", "15", "make", ...args, `-j${jobs}`, "bzImage", "modules_prepare"],
    log("build"),
    4 * 3600,
  );
  // out-of-tree modules need the symbol list, which "modules" of an almost module-free configuration makes
  await logged("nice", ["-n", "15", "make", ...args, `-j${jobs}`, "modules"], log("modules"), 2 * 3600);
  renameSync(path.join(made.buildFolder, "arch/x86/boot/bzImage"), made.vmlinuz);
  writeFileSync(stamp, recipe);
  return made;
}
