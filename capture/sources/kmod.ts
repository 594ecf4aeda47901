/**
 * The tcpprobe_plus module's data file. A timer starts non-blocking reads of large chunks. So the module never has to
 * wake a reader from the packet path, and no thread sleeps in the kernel.
 */
import { closeSync, constants, existsSync, openSync, readSync } from "node:fs";
import type { LossTotals, ModuleCounts, RecordLayout } from "@tcpprobe-plus/tpp/write";
import { ModuleBusyError, ModuleRemovedError, NoModuleError, NotRootError, SourceGoneError } from "../errors.ts";
import { everything, type Filter, onePort } from "../filter/filter.ts";
import { findReaders, nameReaders } from "../module/build/readers.ts";
import { kernelProblem, namespaceProblem } from "../module/build/requirements.ts";
import { binaryPath, dataPath } from "../module/paths.ts";
import { changeSettings, type ModuleSettings, readSettings, restoreLeftSettings } from "../module/settings.ts";
import { type ModuleStatistics, moduleStatistics } from "../module/statistics.ts";
import { afterFirstLine, type Source, type SourceEnd, type SourceNews, type Usability } from "./source.ts";

export interface KmodOptions {
  /** Settings of the module for this run. Other settings are not changed. */
  readonly settings: ModuleSettings;
  /** Save the module's text instead of its binary records. */
  readonly text: boolean;
  readonly say: (line: string) => void;
}

/** How often to check at the end for records that arrived while the last ones were read. */
const lastLooks = 200;

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);

/**
 * Prepares the module. Nothing is recorded yet. Throws a NoModuleError, ModuleBusyError, NotRootError or
 * ModuleSettingError.
 */
export function openKmod(options: KmodOptions): Source {
  if (!existsSync(dataPath)) throw new NoModuleError(dataPath);
  const statistics = moduleStatistics();
  if (statistics?.open) throw new ModuleBusyError(dataPath);
  const hasBinary = statistics?.layout != null && existsSync(binaryPath);
  if (!hasBinary && !options.text)
    options.say(
      `the loaded module is older than this capture and has no binary records: its text is saved. \`capture unload\` and \`capture load\` give this version's`,
    );
  for (const line of restoreLeftSettings()) options.say(line);
  return new KmodSource(changeSettings(options.settings), { ...options, text: options.text || !hasBinary });
}

/** The layout of the log's records. Early builds of the module announce the extended fields without extended=1, too. */
const layoutOf = (layout: RecordLayout, { extended }: ModuleSettings): RecordLayout =>
  extended === "0" ? { ...layout, fields: layout.fields.filter(({ only }) => only === undefined) } : layout;

class KmodSource implements Source {
  readonly name = "kmod";
  readonly text: "probe" | "records";
  readonly path: string;
  records?: RecordLayout;
  readonly notes: readonly string[] = [];
  readonly halts = false;
  readonly columns: readonly string[] | null;
  readonly module: { readonly version: string | null; readonly fields: readonly string[] };
  readonly filter: Filter;
  readonly #putBack: () => string[];
  readonly #say: (line: string) => void;
  readonly #statisticsAtStart: ModuleStatistics | null;
  #fd: number | null = null;
  #zeroMonotonicNs = "0";
  #settings: ModuleSettings;
  /** Losses reported so far, by cause. */
  readonly #reported: Record<string, number> = {};
  #halted = false;
  #looks = 0;
  /** The counters when they were last read. */
  #latest: ModuleStatistics | null = null;

  constructor(putBack: () => string[], { text, say }: KmodOptions) {
    this.#putBack = putBack;
    this.#say = say;
    this.#statisticsAtStart = moduleStatistics();
    this.#settings = readSettings() ?? {};
    const { version = null, fields = [], layout = null } = this.#statisticsAtStart ?? {};
    const isBinary = !text && layout !== null;
    this.text = isBinary ? "records" : "probe";
    this.path = isBinary ? binaryPath : dataPath;
    if (isBinary) this.records = layoutOf(layout, this.#settings);
    this.columns = isBinary ? null : fields;
    this.module = { version, fields };
    const port = Number(this.#settings.port ?? 0);
    this.filter = port > 0 ? onePort(port) : everything;
  }

  get zeroMonotonicNs(): string {
    return this.#zeroMonotonicNs;
  }

  start(): void {
    try {
      this.#fd = openSync(this.path, constants.O_RDONLY | constants.O_NONBLOCK);
    } catch (error) {
      const code = codeOf(error);
      if (code === "EBUSY") throw new ModuleBusyError(this.path);
      if (["EACCES", "EPERM"].includes(code)) throw new NotRootError(this.path);
      if (["ENOENT", "ENODEV"].includes(code)) throw new NoModuleError(this.path);
      throw new SourceGoneError(this.path, error as NodeJS.ErrnoException);
    }
    const opened = moduleStatistics();
    // Binary records have CLOCK_MONOTONIC itself, lines have the time since the log was opened.
    if (this.text === "probe") this.#zeroMonotonicNs = opened?.zeroMonotonicNs ?? "0";
    // What was announced before holds only if nobody has changed the setting since.
    else if (opened?.layout) this.records = layoutOf(opened.layout, readSettings() ?? this.#settings);
  }

  read(into: Buffer): number {
    for (;;) {
      const got = this.#read(into);
      if (got > 0 || !this.#halted || !this.#moreCame()) return got;
    }
  }

  #read(into: Buffer): number {
    let got: number;
    try {
      got = readSync(this.#fd!, into);
    } catch (error) {
      if (codeOf(error) === "EAGAIN") return 0;
      if (codeOf(error) === "EIO") throw new ModuleRemovedError(this.path); // the module and its file are gone
      throw new SourceGoneError(this.path, error as NodeJS.ErrnoException);
    }
    if (got === 0) throw new ModuleRemovedError(this.path); // the module is being unloaded and has no more records
    return got;
  }

  /**
   * Whether records were written since the ring was found empty. The counters and the text do not agree then. The
   * number of checks is limited.
   */
  #moreCame(): boolean {
    this.#looks += 1;
    const now = this.#looks > lastLooks ? null : moduleStatistics();
    return now !== null && now.read !== now.written;
  }

  saw(): void {}

  news(): SourceNews {
    const now = moduleStatistics();
    const settings = readSettings();
    const changed = settings !== null && JSON.stringify(settings) !== JSON.stringify(this.#settings);
    if (changed) {
      this.#sayChanges(settings);
      this.#settings = settings;
    }
    return {
      lost: now ? this.#unreported(now) : {},
      ...(now ? { module: this.#counts(now) } : {}),
      ...(changed ? { moduleSysctl: settings } : {}),
    };
  }

  #sayChanges(settings: ModuleSettings): void {
    for (const [name, value] of Object.entries(settings)) {
      const before = this.#settings[name];
      if (before !== value) this.#say(`the module's setting ${name} was changed from ${before} to ${value} meanwhile`);
    }
  }

  /** Losses since the log was opened. The counters of some causes started when the module was loaded. */
  #losses(now: ModuleStatistics): Record<string, number> {
    const before = this.#statisticsAtStart?.lost ?? {};
    const since = (cause: string, count: number) => (cause === "ring" ? count : count - (before[cause] ?? 0));
    return Object.fromEntries(Object.entries(now.lost).map(([cause, count]) => [cause, since(cause, count)]));
  }

  #counts(now: ModuleStatistics): ModuleCounts {
    return { written: now.written, dropped: this.#losses(now) };
  }

  #unreported(now: ModuleStatistics): LossTotals {
    this.#latest = now;
    const unreported: Record<string, number> = {};
    for (const [cause, count] of Object.entries(this.#losses(now))) {
      const more = count - (this.#reported[cause] ?? 0);
      if (more > 0) unreported[cause] = more;
      this.#reported[cause] = count;
    }
    return unreported;
  }

  cutAt(text: Buffer): number {
    if (!this.records) return afterFirstLine(text);
    return text.length < this.records.bytes ? -1 : this.records.bytes;
  }

  /** The module records while its file is open. So reading ends at a moment when everything written has been read. */
  halt(): void {
    this.#halted = true;
  }

  waiting(): number {
    const now = moduleStatistics();
    return now ? Math.max(0, now.written - now.read) : 0;
  }

  /**
   * A module that is unloaded gives its reader two seconds. How much it had written beyond that is only partly known.
   */
  finish(records: number): SourceEnd {
    const now = moduleStatistics();
    const settings = readSettings();
    const notDrained = Math.max(0, (this.#latest?.written ?? 0) - records);
    return {
      lost: now ? this.#unreported(now) : { "not drained": notDrained },
      statistics: { start: this.#statisticsAtStart?.text ?? null, end: now?.text ?? null },
      ...(settings ? { moduleSysctl: settings } : {}),
    };
  }

  advice(lost: LossTotals): readonly string[] {
    const { bufsize, maxflows } = this.#settings;
    const advice: string[] = [];
    if (lost.ring) {
      advice.push(
        `Load the module with a larger bufsize (now ${bufsize} records a CPU), or narrow it with --port, --cwnd-changes or --probetime.`,
      );
    }
    if (lost["flow limit"]) advice.push(`Raise the module's setting maxflows (now ${maxflows}).`);
    if (lost["flow memory"]) advice.push("The kernel had no memory for more connections: lower maxflows or bufsize.");
    return advice;
  }

  async dispose(): Promise<void> {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
    for (const line of this.#putBack()) this.#say(line);
  }
}

/** Whether `--source kmod` works here. Throws a CaptureError if it does not. */
export function lookAtKmod(): Usability {
  const problem = namespaceProblem();
  if (problem) throw problem;
  if (!existsSync(dataPath)) {
    return kernelProblem()
      ? ["problem", "the module is not loaded and cannot be loaded into this kernel: see module, below"]
      : ["problem", "the module is not loaded", "sudo capture load"];
  }
  if (process.geteuid?.() !== 0) throw new NotRootError(dataPath);
  const statistics = moduleStatistics();
  if (statistics?.open) {
    return ["problem", `in use: ${nameReaders(findReaders())} reads it, and it serves one at a time`, "end that first"];
  }
  return ["ok", `usable: module ${statistics?.version}`];
}
