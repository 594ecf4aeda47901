/** Each source: usable now or not, found by trying as much of it as changes nothing. */
import { existsSync } from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import { hooksFunctions } from "../bpf/hooks.ts";
import { CaptureError, NoEventError, NotRootError } from "../errors.ts";
import { everything, onePort } from "../filter/filter.ts";
import { findReaders, nameReaders } from "../module/build/readers.ts";
import { kernelProblem, namespaceProblem } from "../module/build/requirements.ts";
import { dataPath } from "../module/paths.ts";
import { moduleStatistics } from "../module/statistics.ts";
import { openBpf } from "../sources/bpf.ts";
import { openSs } from "../sources/ss.ts";
import { reachTracefs } from "../sources/tracefs.ts";
import { planEvents } from "../tracefs/trace-events.ts";
import { type Finding, findingsOf, fromError, type State } from "./finding.ts";

type Found = readonly [state: State, text: string, next?: string | null];

const finding = findingsOf("sources");
const isRoot = (): boolean => process.geteuid?.() === 0;

export async function sourceFindings(): Promise<Finding[]> {
  const found: [string, Found][] = [
    ["kmod", await tried(kmod)],
    ["bpf", await tried(bpf)],
    ["tracefs", await tried(tracefs)],
    ["ss", await tried(ss)],
  ];
  const first = found.find(([, [state]]) => usable(state))?.[0];
  // A loaded module is taken or, while somebody else reads it, the capture refused: the user has to know of that.
  const taken = existsSync(dataPath) && isRoot() && first !== "kmod" ? null : first;
  return found.map(([name, [state, text, next = null]]) =>
    finding(name, state, name === taken ? `${text}; --source auto takes it` : text, next),
  );
}

export const usable = (state: State): boolean => state === "ok" || state === "note";

async function tried(look: () => Found | Promise<Found>): Promise<Found> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    const { text, next } = fromError(error);
    return ["problem", text, next];
  }
}

function kmod(): Found {
  const problem = namespaceProblem();
  if (problem) throw problem;
  if (!existsSync(dataPath)) {
    return kernelProblem()
      ? ["problem", "the module is not loaded and cannot be on this kernel: see module, below"]
      : ["problem", "the module is not loaded", "sudo capture load"];
  }
  if (!isRoot()) throw new NotRootError(dataPath);
  const statistics = moduleStatistics();
  if (statistics?.open) {
    return ["problem", `in use: ${nameReaders(findReaders())} reads it, and it serves one at a time`, "end that first"];
  }
  return ["ok", `usable: module ${statistics?.version}`];
}

/** Loads all of it with small rings, attaches nothing. */
async function bpf(): Promise<Found> {
  const source = await openBpf({ filter: everything, bufferSizeKb: 64, extended: true });
  const { hooks, refused } = source.bpf!;
  await source.dispose();
  if (hooksFunctions({ hooks })) return ["ok", `usable: ${hooks.length} hooks, by ${source.path}`];
  const why = Object.values(refused)[0] ?? "refused";
  return ["note", `usable, but hooks on functions are ${why}: no sends but retransmissions, and no timeouts`];
}

async function tracefs(): Promise<Found> {
  const reached = await reachTracefs();
  const { root } = reached;
  const plan = planEvents(join(root, "events"), []);
  reached.release();
  if (plan.missing) throw new NoEventError(plan.missing, release());
  if (plan.notes.length > 0) return ["note", `usable; ${plan.notes.join("; ")}`];
  return ["ok", `usable: ${plan.events.length} kinds of events in ${root}`];
}

/** Asks for connections of a port that has hardly any. */
async function ss(): Promise<Found> {
  await (await openSs({ filter: onePort(1), intervalMs: 100, say: () => {} })).dispose();
  return ["ok", isRoot() ? "usable" : "usable, without root"];
}
