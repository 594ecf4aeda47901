/** What captures that were killed left: settings of the module, tracing instances. */
import { CaptureError } from "../errors.ts";
import { findLeftSettings, restoreLeftSettings } from "../sources/module/settings.ts";
import { findLeftovers, findTracefs, removeLeftovers } from "../sources/trace-instance.ts";
import { type Finding, findingsOf } from "./finding.ts";

const finding = findingsOf("left behind");
const next = "sudo capture doctor --fix (the next capture does it, too)";

export function leftFindings(): Finding[] {
  const findings = [...settings(), ...instances()];
  return findings.length > 0 ? findings : [finding("nothing", "ok", "no settings, no tracing instances")];
}

function settings(): Finding[] {
  const left = findLeftSettings();
  if (left === null) return [];
  const changes = Object.entries(left.changes).map(([name, { was, set }]) => `${name} ${set} (was ${was})`);
  return [finding("settings", "note", `of a capture that was killed (pid ${left.pid}): ${changes.join(", ")}`, next)];
}

function tracefsRoot(): string | null {
  try {
    return findTracefs();
  } catch (error) {
    if (error instanceof CaptureError) return null; // told of elsewhere
    throw error;
  }
}

function instances(): Finding[] {
  const root = tracefsRoot();
  const names = root === null ? [] : findLeftovers(root);
  if (names.length === 0) return [];
  return [finding("instances", "note", `of captures that were killed, still recording: ${names.join(", ")}`, next)];
}

/** Puts it right. Returns a line for each thing done. */
export function fixLeft(): string[] {
  const root = tracefsRoot();
  return [...restoreLeftSettings(), ...(root === null ? [] : removeLeftovers(root))];
}
