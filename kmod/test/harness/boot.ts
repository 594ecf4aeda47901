// Boots a kernel under QEMU's emulator, runs one scenario in it and brings back what it left in /out.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import { emulator } from "./emulator.ts";
import { ownFolder } from "./own-folder.ts";
import { logged, NoFirstWordsError, sh } from "./sh.ts";
import type { Tree } from "./tree.ts";

export type Scenario = {
  name: string;
  /** Files and folders put beside each other in /payload. */
  files: string[];
  /** Shell command line, run in /payload. */
  command: string;
  cpus?: number;
  memoryMiB?: number;
  /** Seconds from the scenario's begin until the guest is given up. */
  limit?: number;
  /** Seconds for the kernel to come as far as the scenario. */
  bootLimit?: number;
  /** QEMU's accelerator; never KVM, which may hang. */
  accel?: string;
  /** Further QEMU arguments (`-icount`). */
  qemu?: string[];
  /** Other kernel than the tree's own. */
  vmlinuz?: string;
  initrd?: string | null;
  kernelArgs?: string;
};

export type Evidence = {
  folder: string;
  /** Exit code of the command. */
  status: number;
  console: string;
  dmesg: string;
  text(file: string): string;
};

/** On the console as soon as the scenario begins. */
const firstWords = "GUEST BEGINS";

/** Anything in a kernel log that says something went wrong in the kernel. */
const splats =
  /(?<!MP-BIOS )BUG:|WARNING:|\bOops\b|Call Trace|soft lockup|hard LOCKUP|rcu.*detected (expedited )?stall|possible .*deadlock|INFO: task .* blocked|kmemleak: [0-9]+ new|general protection|unable to handle|Kernel panic|inconsistent lock state|sleeping function called|scheduling while atomic|refcount_t|UBSAN/i;

export function splatsIn(log: string): string[] {
  return log.split("\n").filter((line) => splats.test(line));
}

/** Boots, runs, and unpacks the evidence into the cache. Throws if the guest did not finish. */
export async function boot(tree: Tree, scenario: Scenario): Promise<Evidence> {
  const folder = ownFolder("runs", tree.kernel.name, scenario.name);
  const payload = path.join(folder, "payload");
  mkdirSync(payload, { recursive: true });
  for (const file of scenario.files) {
    cpSync(file, path.join(payload, path.basename(file)), { recursive: true });
  }
  // its output also goes to the console, where one can watch it
  const script = `#!/bin/sh\necho "${firstWords}" >/dev/console\n( (\n${scenario.command}\n); echo $? >/run/status; pkill -x tee ) 2>&1 | tee /dev/console\nexit $(cat /run/status)\n`;
  writeFileSync(path.join(payload, "run"), script, { mode: 0o755 });

  const payloadDisk = path.join(folder, "payload.img");
  sh("tar", ["-C", payload, "--owner=0", "--group=0", "-cf", payloadDisk, "."]);
  const resultDisk = path.join(folder, "result.img");
  writeFileSync(resultDisk, "");
  truncateSync(resultDisk, 512 << 20);

  const disk = (file: string, more: string) => ["-drive", `file=${file},if=virtio,format=raw,cache=unsafe${more}`];
  const initrd = scenario.initrd === undefined ? tree.initrd : scenario.initrd;
  const args = [
    ...["-accel", scenario.accel ?? "tcg,thread=multi", "-cpu", "max", "-m", String(scenario.memoryMiB ?? 2048)],
    ...["-smp", String(scenario.cpus ?? 2), "-nographic", "-no-reboot", "-monitor", "none"],
    ...["-kernel", scenario.vmlinuz ?? tree.vmlinuz],
    ...(initrd ? ["-initrd", initrd] : []),
    ...disk(tree.disk, ",snapshot=on"),
    ...disk(payloadDisk, ",readonly=on"),
    ...disk(resultDisk, ""),
    "-append",
    // The emulator's CPUs count the same host clock; a kernel that does not trust that reads the slow HPET instead. Nor
    // need it test that timers interrupt: an emulator that gets no CPU for a moment would fail.
    `root=/dev/vda rw console=ttyS0 panic=-1 init=/tpp-init nokaslr mitigations=off tsc=reliable no_timer_check ${scenario.kernelArgs ?? "quiet"}`,
    ...["-nic", "none"],
    ...(scenario.qemu ?? []),
  ];
  const consoleFile = path.join(folder, "console.log");
  const [command = "", ...before] = await emulator();
  const words = { text: firstWords, seconds: scenario.bootLimit ?? 300 };
  const once = () => logged(command, [...before, ...args], consoleFile, scenario.limit ?? 300, words);
  await once().catch((error: unknown) => {
    // Where the emulator gets no CPU a kernel may wait for ever for a timer of its own, or panic of it, before it runs
    // anything.
    if (!(error instanceof NoFirstWordsError)) throw error;
    return once();
  });

  const console = readFileSync(consoleFile, "utf8");
  if (!console.includes("GUEST DONE")) {
    throw new Error(`the guest did not finish; its console is in ${consoleFile}\n${console.slice(-2000)}`);
  }
  const out = path.join(folder, "out");
  mkdirSync(out);
  sh("tar", ["-C", out, "-xf", resultDisk]);
  rmSync(resultDisk);
  rmSync(payloadDisk);
  const text = (file: string) => readFileSync(path.join(out, file), "utf8");
  return { folder: out, status: Number(text("status")), console, dmesg: text("dmesg.txt"), text };
}

/** Is there a file of that name in the evidence? */
export function left(evidence: Evidence, file: string): boolean {
  return existsSync(path.join(evidence.folder, file));
}

export function listing(evidence: Evidence): string[] {
  return readdirSync(evidence.folder);
}
