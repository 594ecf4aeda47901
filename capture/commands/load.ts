/** `capture load`: loads the module with these settings, or sets them if it is loaded already. */
import { existsSync } from "node:fs";
import { exitCodes } from "@tcpprobe-plus/tpp/base";
import { buildModule, builtBefore } from "../module/build/build.ts";
import { insertFile, insertInstalled, StaleModuleError } from "../module/build/insert.ts";
import { asKept, isOnlyAtLoad } from "../module/build/parameters.ts";
import {
  buildProblems,
  hostKernel,
  installedModule,
  kernelProblem,
  namespaceProblem,
  rightsProblem,
  signatureProblem,
  toolProblem,
} from "../module/build/requirements.ts";
import { moduleSources } from "../module/build/sources.ts";
import { FixedSettingError, ModuleInsertError } from "../module/errors.ts";
import { dataPath } from "../module/paths.ts";
import { type ModuleSettings, readSettings, restoreLeftSettings, setForGood } from "../module/settings.ts";
import { moduleStatistics } from "../module/statistics.ts";
import type { Io } from "../terminal/io.ts";
import { writeLine } from "../terminal/lines.ts";
import { formatCount } from "../terminal/numbers.ts";

export interface LoadOptions {
  readonly settings: ModuleSettings;
  /** Build it from the sources, even if one is installed. */
  readonly build: boolean;
  readonly quiet: boolean;
}

type Say = (line: string) => void;

/** Throws the errors of module/errors.ts. */
export async function load(options: LoadOptions, io: Io): Promise<number> {
  const say: Say = options.quiet ? () => {} : (line) => writeLine(io.stderr, line);
  throwIf(rightsProblem("loading"));
  throwIf(namespaceProblem());
  for (const line of restoreLeftSettings()) say(line); // otherwise the next run would undo what this command sets
  if (existsSync(dataPath)) adjust(options.settings, say);
  else await bringIn(options, say);
  return exitCodes.ok;
}

function throwIf(problem: Error | null | undefined): void {
  if (problem) throw problem;
}

/** Changes settings of a module that is loaded already. */
function adjust(wanted: ModuleSettings, say: Say): void {
  const now = readSettings() ?? {};
  const changes = Object.entries(wanted).filter(([name, value]) => now[name] !== asKept(name, value));
  for (const [name, value] of changes) {
    if (isOnlyAtLoad(name)) throw new FixedSettingError(name, now[name] ?? "unknown", value);
  }
  for (const [name, value] of changes) setForGood(name, value);
  const said = changes.map(([name, value]) => `${name} set to ${value} (was ${now[name]})`);
  say(`the module ${moduleStatistics()?.version ?? ""} was loaded already; ${said.join(", ") || "nothing changed"}`);
}

async function bringIn(options: LoadOptions, say: Say): Promise<void> {
  throwIf(kernelProblem());
  const origin =
    installedModule() !== null && !options.build ? await loadInstalled(options) : await loadBuilt(options, say);
  if (origin === null) return adjust(options.settings, say); // another process has loaded it meanwhile
  const now = readSettings();
  const statistics = moduleStatistics();
  if (now === null || statistics === null)
    throw new ModuleInsertError("it is loaded, but shows no settings", "Look at `dmesg`.");
  const port = now.port === "0" ? "all ports" : `port ${now.port}`;
  const ring = `${formatCount(Number(now.bufsize))} records for each CPU`;
  say(`the module ${statistics.version} is loaded (${origin}): ${port}, ${ring}`);
}

/** Where the module came from, in words. Null if another process had inserted it meanwhile. */
type Origin = string | null;

async function loadInstalled({ settings }: LoadOptions): Promise<Origin> {
  throwIf(toolProblem("modprobe"));
  return (await insertInstalled(settings)) === "was there" ? null : "installed for this kernel";
}

async function loadBuilt({ settings }: LoadOptions, say: Say): Promise<Origin> {
  throwIf(signatureProblem());
  throwIf(toolProblem("insmod"));
  const kernel = hostKernel();
  const sources = moduleSources();
  const before = builtBefore(kernel, sources);
  if (before !== null) {
    try {
      return (await insertFile(before, settings)) === "was there" ? null : "built earlier";
    } catch (error) {
      if (!(error instanceof StaleModuleError)) throw error; // a stale one is built again
    }
  }
  throwIf(buildProblems(kernel)[0]);
  const { path, seconds } = await buildModule(kernel, sources, say);
  return (await insertFile(path, settings)) === "was there" ? null : `built in ${seconds.toFixed(0)} s`;
}
