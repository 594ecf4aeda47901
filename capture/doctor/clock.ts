/** The host's clocks: how expensive reading one is, and whether the time of day is synchronised. */
import { readFileSync } from "node:fs";
import { findProgram, runProgram } from "../system/programs.ts";
import { type Finding, findingsOf } from "./finding.ts";

const finding = findingsOf("clock");
const timeoutMs = 2000;

/** Clock sources that are read from a device. Each read takes microseconds, for every packet. */
const slow = ["hpet", "acpi_pm", "jiffies", "refined-jiffies", "pit"];

export async function clockFindings(): Promise<Finding[]> {
  return [source(), await synchronised()];
}

function source(): Finding {
  const folder = "/sys/devices/system/clocksource/clocksource0";
  try {
    const current = readFileSync(`${folder}/current_clocksource`, "latin1").trim();
    const available = readFileSync(`${folder}/available_clocksource`, "latin1").trim().replaceAll(" ", ", ");
    if (!slow.includes(current)) return finding("clocksource", "ok", `${current} (of ${available})`);
    const better = /\btsc\b/.test(available) ? `echo tsc > ${folder}/current_clocksource` : null;
    return finding(
      "clocksource",
      "note",
      `${current} (of ${available}): slow to read, which each record pays for`,
      better,
    );
  } catch {
    return finding("clocksource", "unknown", "cannot be read");
  }
}

async function synchronised(): Promise<Finding> {
  const keeps = (await fromChrony()) ?? (await fromSystemd());
  const why = "captures of two hosts can be compared only if it is";
  if (keeps === null) {
    return finding("time of day", "unknown", "neither chronyc nor timedatectl shows whether it is synchronised");
  }
  return keeps
    ? finding("time of day", "ok", "synchronised")
    : finding("time of day", "note", `not synchronised; ${why}`, "timedatectl set-ntp true, or run chrony or PTP");
}

async function fromChrony(): Promise<boolean | null> {
  const text = await asked("chronyc", ["-n", "tracking"]);
  const status = /^Leap status\s*:\s*(.*)$/m.exec(text ?? "")?.[1];
  return status === undefined ? null : !/not synchroni[sz]ed/i.test(status);
}

async function fromSystemd(): Promise<boolean | null> {
  const text = await asked("timedatectl", ["show", "-p", "NTPSynchronized", "--value"]);
  return text === null ? null : /^yes$/m.test(text);
}

async function asked(tool: string, args: readonly string[]): Promise<string | null> {
  const path = findProgram(tool);
  if (path === null) return null;
  const { status, stdout } = await runProgram(path, args, { timeoutMs });
  return status === 0 ? stdout.toString() : null;
}
