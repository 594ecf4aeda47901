/** `--source`: chooses the source, and describes in one line what it lacks. */

import { existsSync } from "node:fs";
import { type SourceName, sourceNames } from "@tcpprobe-plus/tpp/columns";
import { BpfPermissionError, NoBpfError } from "../bpf/errors.ts";
import { hooksFunctions } from "../bpf/hooks.ts";
import {
  FilterError,
  ModuleOptionError,
  NoEventError,
  NoSourceError,
  NoTracefsError,
  NotRootError,
} from "../errors.ts";
import { type Ability, type Filter, refuseFilter } from "../filter/filter.ts";
import { dataPath } from "../module/paths.ts";
import type { ModuleSettings } from "../module/settings.ts";
import type { Source, Usability } from "./source.ts";

export const sourceChoices = ["auto", ...sourceNames] as const;
export type SourceChoice = (typeof sourceChoices)[number];

/** Settings of the module that options ask for. */
export interface ModuleWishes {
  /** Null leaves the module's setting unchanged. */
  readonly full: boolean | null;
  readonly probetimeMs: number | null;
  readonly extended: boolean;
  /** Save its text, even if it has binary records. */
  readonly text: boolean;
}

export interface ChooseOptions {
  readonly source: SourceChoice;
  readonly filter: Filter;
  readonly bufferSizeKb: number | null;
  readonly intervalMs: number;
  readonly kmodFile: string | null;
  readonly module: ModuleWishes;
  readonly say: (line: string) => void;
  /** Ends the attempts to open a source. */
  readonly signal?: AbortSignal;
}

const about = {
  kmod: "the tcpprobe_plus module: every documented field, sends and timeouts too",
  tracefs:
    "the kernel's tracepoints: received segments, retransmissions, state changes, resets; no sends, no timeouts, no rto, lost or sacked counts",
  ss: "tcp_info as ss shows it, polled: cwnd, rtt, rto, retransmissions, pacing, delivery, limits; nothing between two polls, no single segments",
};
const aboutBpf = {
  functions: "BPF at the kernel's TCP functions: every documented field, sends and timeouts too",
  tracepoints:
    "BPF at the kernel's tracepoints: received segments, retransmissions, states and resets with every field; no other sends, no timeouts, as this kernel lets no functions be hooked",
};

/** The filters that each source can apply in the kernel, and why it cannot apply others. */
const abilities: Readonly<Record<Exclude<SourceChoice, "auto">, { can: readonly Ability[]; reason: string }>> = {
  kmod: { can: ["port"], reason: "the module's one setting for it is a single port" },
  bpf: { can: ["port", "ports", "host", "netns", "cgroup", "pid", "sample"], reason: "" },
  tracefs: { can: ["port", "ports"], reason: "the kernel filters its tracepoints by port" },
  ss: { can: ["port", "ports", "host", "netns"], reason: "ss selects by port, address and network namespace" },
};

const aboutOf = (source: Source): string =>
  source.name === "bpf"
    ? aboutBpf[source.bpf && hooksFunctions(source.bpf) ? "functions" : "tracepoints"]
    : about[source.name];

// A source's module is loaded when it is opened, so that unused sources take no time at the start.

/** Opens the source and describes it in one line. Throws what opening it throws. */
export async function chooseSource(options: ChooseOptions): Promise<{ source: Source; summary: string }> {
  if (options.kmodFile !== null) {
    refuseModuleOptions(options, `--kmod-file`);
    refuseFilter(options.filter, "--kmod-file", [], "a file is saved without changes");
    const { openTextFile } = await import("./text-file.ts");
    return { source: openTextFile(options.kmodFile), summary: `source kmod: text of the module's form from a file` };
  }
  if (options.source === "auto") return automatic(options);
  const source = await open(options.source, options);
  return { source, summary: `source ${source.name}: ${aboutOf(source)}` };
}

/** Chooses the module if it is loaded, else BPF, else tracepoints, else ss. */
async function automatic(options: ChooseOptions): Promise<{ source: Source; summary: string }> {
  const loaded = existsSync(dataPath);
  const reasons = loaded ? [] : ["no module loaded"];
  // If the module is loaded, the user most likely wants it. It is passed over only if it cannot apply the filter.
  const byModule = loaded && canFilter(options, "kmod");
  if (loaded && !byModule) reasons.push("the module filters a single port only");
  for (const choice of byModule ? (["kmod", "ss"] as const) : (["bpf", "tracefs", "ss"] as const)) {
    try {
      const source = await open(choice, options);
      const why = choice === "kmod" ? "loaded" : reasons.join(", ");
      return { source, summary: `source ${source.name} (${why}): ${aboutOf(source)}` };
    } catch (error) {
      const why = choice === "ss" && !(error instanceof FilterError) ? null : whyNot(error);
      if (why === null) throw error;
      if (!reasons.includes(why)) reasons.push(why);
    }
  }
  throw new NoSourceError(reasons);
}

function canFilter({ filter }: ChooseOptions, choice: Exclude<SourceChoice, "auto">): boolean {
  try {
    refuseFilter(filter, choice, abilities[choice].can, "");
    return true;
  } catch {
    return false;
  }
}

/** Why the next source is tried. Null for an error that must be reported to the user. */
function whyNot(error: unknown): string | null {
  if (error instanceof NoBpfError || error instanceof BpfPermissionError) return error.lacks;
  if (error instanceof FilterError) return error.lacks;
  if (error instanceof NotRootError) return "not root, which module and tracepoints need";
  if (error instanceof NoTracefsError) return "tracefs not mounted";
  if (error instanceof NoEventError) return "no tracepoint tcp_probe in this kernel";
  return null;
}

interface SourceKind {
  readonly open: (options: ChooseOptions) => Promise<Source>;
  /** Whether the source works here. Throws a CaptureError if it does not. */
  readonly look: () => Promise<Usability>;
}

const kinds: Readonly<Record<SourceName, SourceKind>> = {
  kmod: {
    open: async (options) => {
      const { openKmod } = await import("./kmod.ts");
      return openKmod({ settings: settingsOf(options), text: options.module.text, say: options.say });
    },
    look: async () => (await import("./kmod.ts")).lookAtKmod(),
  },
  bpf: {
    open: async (options) => (await import("./bpf.ts")).openBpf({ ...options, extended: options.module.extended }),
    look: async () => (await import("./bpf.ts")).lookAtBpf(),
  },
  tracefs: {
    open: async (options) => (await import("./tracefs.ts")).openTracefs(options),
    look: async () => (await import("./tracefs.ts")).lookAtTracefs(),
  },
  ss: {
    open: async (options) => (await import("./ss.ts")).openSs(options),
    look: async () => (await import("./ss.ts")).lookAtSs(),
  },
};

/** For `capture doctor`: functions that check each source, in the order of the column table. */
export const looks = (): (readonly [SourceName, () => Promise<Usability>])[] =>
  sourceNames.map((name) => [name, kinds[name].look]);

async function open(choice: SourceName, options: ChooseOptions): Promise<Source> {
  const { can, reason } = abilities[choice];
  refuseFilter(options.filter, `source ${choice}`, can, reason);
  if (choice !== "kmod") refuseModuleOptions(options, `source ${choice}`);
  return kinds[choice].open(options);
}

function settingsOf({ filter, module }: ChooseOptions): ModuleSettings {
  const [port] = filter.ports;
  return {
    ...(port === undefined ? {} : { port: String(port[0]) }),
    ...(module.full === null ? {} : { full: module.full ? "1" : "0" }),
    ...(module.probetimeMs === null ? {} : { probetime: String(module.probetimeMs) }),
    extended: module.extended ? "1" : "0",
  };
}

function refuseModuleOptions({ module }: ChooseOptions, taken: string): void {
  if (module.full !== null) throw new ModuleOptionError(module.full ? "--full" : "--cwnd-changes", taken);
  if (module.text) throw new ModuleOptionError("--text", taken);
  if (module.probetimeMs !== null) throw new ModuleOptionError("--probetime", taken);
}
