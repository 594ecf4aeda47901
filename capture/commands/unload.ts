/** `capture unload`: unloads the module. */
import { existsSync } from "node:fs";
import { exitCodes } from "@tcpprobe-plus/tpp/base";
import { findReaders, nameReaders } from "../module/build/readers.ts";
import { removeModule } from "../module/build/remove.ts";
import { rightsProblem } from "../module/build/requirements.ts";
import { ModuleInUseError } from "../module/errors.ts";
import { moduleFolder } from "../module/paths.ts";
import { restoreLeftSettings } from "../module/settings.ts";
import { moduleStatistics } from "../module/statistics.ts";
import type { Io } from "../terminal/io.ts";
import { writeLine } from "../terminal/lines.ts";

export interface UnloadOptions {
  /** Unload it even if a process reads from it. */
  readonly force: boolean;
  readonly quiet: boolean;
}

/** Throws a ModuleInUseError, ModuleRightsError or ModuleRemoveError. */
export async function unload(options: UnloadOptions, io: Io): Promise<number> {
  const say = (line: string): void => {
    if (!options.quiet) writeLine(io.stderr, line);
  };
  if (!existsSync(moduleFolder)) {
    say("the module is not loaded");
    return exitCodes.ok;
  }
  const problem = rightsProblem("unloading");
  if (problem) throw problem;
  const readers = findReaders();
  if (readers.length > 0 || moduleStatistics()?.open) {
    if (!options.force) throw new ModuleInUseError(nameReaders(readers));
    say(`unloaded while in use by ${nameReaders(readers)}`);
  }
  const ignoreSignals = io.onSignal(() => {
    say("the kernel continues unloading and cannot be stopped; another signal ends this command without waiting");
    ignoreSignals();
  });
  const { seconds } = await removeModule(say).finally(ignoreSignals);
  restoreLeftSettings(); // the module is gone, so this only removes the notes about its settings
  say(`the module is unloaded (${seconds.toFixed(1)} s)`);
  return exitCodes.ok;
}
