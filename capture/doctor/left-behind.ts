/** Finds what killed captures left behind: settings of the module and tracing instances. */
import { CaptureError } from "../errors.ts";
import { findLeftSettings, restoreLeftSettings } from "../module/settings.ts";
import { findForeign, findLeftovers, removeForeign, removeLeftovers } from "../tracefs/left-instances.ts";
import { findTracefs } from "../tracefs/trace-instance.ts";
import { type Finding, findingsOf } from "./finding.ts";

const finding = findingsOf("left behind");
const fix = "sudo capture doctor --fix";
const next = `${fix} (the next capture does it, too)`;

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
    if (error instanceof CaptureError) return null; // another section reports it
    throw error;
  }
}

function instances(): Finding[] {
  const root = tracefsRoot();
  if (root === null) return [];
  const own = findLeftovers(root);
  const { unused, unknown } = findForeign(root);
  const told = (names: readonly string[], text: string, what: string): Finding[] =>
    names.length === 0 ? [] : [finding("instances", "note", `${text}: ${names.join(", ")}`, what)];
  return [
    ...told(own, "of captures that were killed, still recording", next),
    ...told(unused, "of captures in other pid namespaces (containers), not open in any process", fix),
    ...told(unknown, "of captures in other pid namespaces, which may still run", `on the host: ${fix}`),
  ];
}

/** Cleans up. Returns a line for each thing done. */
export function fixLeft(): string[] {
  const root = tracefsRoot();
  return [...restoreLeftSettings(), ...(root === null ? [] : [...removeLeftovers(root), ...removeForeign(root)])];
}
