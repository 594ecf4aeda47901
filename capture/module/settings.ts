/**
 * The module's settings during a run. Before a run changes settings, it saves the old values in a file, so that they
 * can be restored even after the run was killed. Changes by others are not undone: a setting is restored only if it
 * still has the value that the run gave it.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ModuleSettingError, NotRootError } from "../errors.ts";
import { processNamespace, processStart, tagState } from "../system/process.ts";
import { settingsFolder } from "./paths.ts";
import { moduleStatistics } from "./statistics.ts";

/** Emptied by a reboot, as are the settings. */
const stateFolder = "/run/tcpprobe_plus";
const stateFile = "settings.json";

export interface Places {
  readonly settings: string;
  readonly state: string;
}

const usualPlaces: Places = { settings: settingsFolder, state: stateFolder };

/** Settings by the module's names, as decimal text. */
export type ModuleSettings = Readonly<Record<string, string>>;

interface Change {
  readonly was: string;
  readonly set: string;
}

/** What a run saved before it changed anything. */
export interface LeftSettings {
  readonly pid: number;
  /** When that process was started, because pids are reused. */
  readonly started: string | null;
  /** The pid namespace of the pid. Versions before 0.2 did not write it. */
  readonly namespace?: string;
  readonly changes: Readonly<Record<string, Change>>;
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);

function readSetting(places: Places, name: string): string | null {
  try {
    return readFileSync(join(places.settings, name), "latin1").trim();
  } catch {
    return null;
  }
}

/** All settings of the module. Null if it is not loaded. */
export function readSettings(places: Places = usualPlaces): ModuleSettings | null {
  let names: string[];
  try {
    names = readdirSync(places.settings).sort();
  } catch {
    return null;
  }
  const found = names.flatMap((name) => {
    const value = readSetting(places, name);
    return value === null ? [] : [[name, value]];
  });
  return found.length === 0 ? null : Object.fromEntries(found);
}

/**
 * Sets these settings of the module. The result is a function that restores the old values. It returns a line for each
 * value that it could not restore.
 */
export function changeSettings(wanted: ModuleSettings, places: Places = usualPlaces): () => string[] {
  const changes: Record<string, Change> = {};
  for (const [name, set] of Object.entries(wanted)) {
    const was = readSetting(places, name);
    if (was === null) throw new ModuleSettingError(join(places.settings, name), set, "it is not there");
    if (was !== set) changes[name] = { was, set };
  }
  if (Object.keys(changes).length === 0) return () => [];
  writeState(places, {
    pid: process.pid,
    started: processStart(process.pid),
    namespace: processNamespace(),
    changes,
  });
  const putBack = (): string[] => {
    const lines = undo(places, changes);
    rmSync(join(places.state, stateFile), { force: true });
    return lines;
  };
  try {
    for (const [name, { set }] of Object.entries(changes)) write(places, name, set);
  } catch (error) {
    putBack();
    throw error;
  }
  return putBack;
}

/** Finds settings that a run changed and did not restore before it ended. Null if there are none. Changes nothing. */
export function findLeftSettings(places: Places = usualPlaces): LeftSettings | null {
  let left: LeftSettings;
  try {
    left = JSON.parse(readFileSync(join(places.state, stateFile), "utf8")) as LeftSettings;
    if (typeof left.pid !== "number" || typeof left.changes !== "object") return null;
  } catch {
    return null;
  }
  // Whether a run in another container is still active can only be seen from the module: the run has its data file
  // open.
  const state = tagState(`${left.pid}-${left.started}-${left.namespace ?? processNamespace()}`);
  const goesOn = state === "own" || state === "running" || (state === "elsewhere" && moduleStatistics()?.open === true);
  return goesOn ? null : left;
}

/** Restores settings that a killed run left changed. Returns a line for each setting. */
export function restoreLeftSettings(places: Places = usualPlaces): string[] {
  const left = findLeftSettings(places);
  if (left === null) return [];
  const before = readSettings(places) ?? {};
  const problems = undo(places, left.changes);
  rmSync(join(places.state, stateFile), { force: true });
  const restored = Object.entries(left.changes).filter(([name, { set }]) => before[name] === set);
  const lines = restored.map(
    ([name, { was, set }]) =>
      `put the module's setting ${name} back from ${set} to ${was}, left over from a capture that did not end cleanly`,
  );
  return [...lines, ...problems];
}

function undo(places: Places, changes: LeftSettings["changes"]): string[] {
  const lines: string[] = [];
  for (const [name, { was, set }] of Object.entries(changes)) {
    const now = readSetting(places, name);
    if (now === null || now === was) continue; // the module is unloaded, or somebody restored it already
    if (now !== set) {
      lines.push(
        `the module's setting ${name} was changed by somebody else to ${now} and is not restored (it was ${was} before)`,
      );
      continue;
    }
    try {
      write(places, name, was);
    } catch (error) {
      lines.push(`${(error as Error).message}`);
    }
  }
  return lines;
}

/** Sets a setting permanently: it will not be restored. Throws a NotRootError or ModuleSettingError. */
export const setForGood = (name: string, value: string): void => write(usualPlaces, name, value);

function write(places: Places, name: string, value: string): void {
  const path = join(places.settings, name);
  try {
    writeFileSync(path, value);
  } catch (error) {
    if (["EACCES", "EPERM"].includes(codeOf(error))) throw new NotRootError(path);
    throw new ModuleSettingError(path, value, codeOf(error));
  }
}

function writeState(places: Places, state: LeftSettings): void {
  const path = join(places.state, stateFile);
  try {
    mkdirSync(places.state, { recursive: true, mode: 0o755 });
    writeFileSync(`${path}.new`, JSON.stringify(state));
    renameSync(`${path}.new`, path);
  } catch (error) {
    if (["EACCES", "EPERM"].includes(codeOf(error))) throw new NotRootError(places.state);
    throw new ModuleSettingError(path, "", codeOf(error));
  }
}
