/**
 * The cases in booted guests (Linux 6.1, the module with extended=1): boots them and brings the evidence back.
 *
 * The emulator counts instructions for the guest's clock, so that what else the machine does cannot come between a
 * packet's passing the device, where tcpdump stamps it, and the kernel's handling it.
 */
import { cpSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { captureInGuest } from "../support/guest.ts";
import type { Case, Control } from "./cases.ts";

/**
 * Runs every one of these cases with every one of these controls under one capture in one boot. The evidence goes into
 * the folder, which gets one for each run in it. `part` makes the transfers so many times shorter.
 */
export async function runInGuest(
  cases: readonly Case[],
  controls: readonly Control[],
  folder: string,
  part = 1,
): Promise<void> {
  const evidence = await captureInGuest("6.1", {
    name: "oracles",
    files: [join(import.meta.dirname, "inside-guest")],
    command: `PART=${part} sh inside-guest/matrix.sh set "${cases.join(" ")}" "${controls.join(" ")}"`,
    cpus: 1,
    accel: "tcg,thread=single",
    qemu: ["-icount", "shift=0,sleep=off"],
    memoryMiB: 3072,
    limit: 3000,
  });
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(dirname(folder), { recursive: true });
  cpSync(join(evidence.folder, "set"), folder, { recursive: true });
}

/** What the guest ran. */
export const guestTools = (folder: string): string[] =>
  ["release", "iperf3", "tcpdump", "iproute2"].map((tool) => readFileSync(join(folder, `${tool}.txt`), "utf8").trim());
