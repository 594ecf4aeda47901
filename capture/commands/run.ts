/** `capture run`: writes records from a source to .tpp files until it is stopped. */
import { bytesText, exitCodes, failureReason, TppError, type TppHeader } from "@tcpprobe-plus/tpp/write";
import { CalledOffError, CommandStartError, ModuleRemovedError, OptionsError } from "../errors.ts";
import type { Command } from "../run/command.ts";
import { numberedPath } from "../run/file-set.ts";
import { finish } from "../run/finish.ts";
import { type FlightOptions, FlightRecorder } from "../run/flight-recorder.ts";
import type { Rotation } from "../run/limits.ts";
import { Output } from "../run/output.ts";
import { record } from "../run/record.ts";
import { makeReporter, type Reporter } from "../run/reporter.ts";
import { exitCodeOf, exitCodeOfSignal, Signals } from "../run/signals.ts";
import { StopRequest } from "../run/stop-request.ts";
import type { User } from "../run/user.ts";
import { type Snapshot, takeSnapshot } from "../snapshot/header.ts";
import { socketsNow } from "../snapshot/sockets.ts";
import { type ChooseOptions, chooseSource } from "../sources/choose.ts";
import { hasOwnCounts, type Source } from "../sources/source.ts";
import { callerOf } from "../system/sudo.ts";
import type { Io } from "../terminal/io.ts";
import { formatCount, formatLost } from "../terminal/numbers.ts";

export interface RunOptions extends Omit<ChooseOptions, "say" | "signal"> {
  /** `-` for standard output. */
  readonly output: string;
  readonly overwrite: boolean;
  /** Permission bits of the files. Null for 0600. */
  readonly mode: number | null;
  readonly label: string | null;
  readonly level: number;
  readonly rotate: Rotation | null;
  readonly keep: number | null;
  readonly maxBytes: number | null;
  /** Keep only the most recent records, in memory. Null to write all records to files. */
  readonly last: Pick<FlightOptions, "lastS" | "rules" | "maxMemoryBytes"> | null;
  readonly durationS: number | null;
  /** The command to run under the capture, empty for none. */
  readonly command: readonly string[];
  /** The user to run the command as. Null for the user of the capture. */
  readonly as: string | null;
  readonly hostname: boolean;
  readonly quiet: boolean;
  readonly json: boolean;
  readonly commandLine: readonly string[];
}

/** The capture continues this long after the command's end, because its connections still have to close. */
const afterCommandMs = 200;

/** Returns the exit code. Throws the errors of errors.ts and the writer's. The files are whole in that case, too. */
export async function run(options: RunOptions, io: Io): Promise<number> {
  if (options.output === "-" && io.stdout.isTTY) {
    throw new OptionsError("-o -: standard output is a terminal. Send it to a file or a pipe: `capture run -o - | …`.");
  }
  const reporter = makeReporter(io.stderr, options);
  const capture = new Capture(options, reporter);
  const ignoreSignals = io.onSignal((signal) => {
    if (capture.signals.came(signal)) ignoreSignals(); // the next signal ends the process
  });
  const ignoreReports = io.onReport(() => capture.report());
  let source: Source | null = null;
  try {
    const { signal } = capture.stop;
    const choice = chooseSource({ ...options, say: reporter.say, signal });
    const chosen = await capture.stop.unlessAsked(choice, (late) => late.source.dispose());
    if (chosen === null) throw capture.calledOff();
    source = chosen.source;
    await capture.run(source, chosen.summary);
    await source.dispose();
    return await capture.exitCode();
  } finally {
    await source?.dispose();
    ignoreSignals();
    ignoreReports();
  }
}

class Capture {
  readonly stop = new StopRequest();
  readonly signals: Signals;
  readonly #options: RunOptions;
  readonly #reporter: Reporter;
  #command: Command | null = null;
  #report = (): void => this.#reporter.answer("starting: nothing is captured yet", { records: 0 });

  constructor(options: RunOptions, reporter: Reporter) {
    this.#options = options;
    this.#reporter = reporter;
    this.signals = new Signals(this.stop, reporter.say);
  }

  /** Reports the totals so far, on request (SIGUSR1). */
  report(): void {
    this.#report();
  }

  calledOff(): CalledOffError {
    const signal = this.signals.first ?? "SIGTERM";
    return new CalledOffError(signal, exitCodeOfSignal(signal));
  }

  async run(source: Source, summary: string): Promise<void> {
    const { output: path, durationS } = this.#options;
    const user = await this.#user();
    const { netns } = this.#options.filter;
    const taking = takeSnapshot({ ...this.#options, netns, signal: this.stop.signal });
    const taken = await this.stop.unlessAsked(taking, () => {});
    const asking = hasOwnCounts(source) ? Promise.resolve(null) : socketsNow(source.filter, this.stop.signal);
    const sockets = await this.stop.unlessAsked(asking, () => {});
    const snapshot = taken && sockets ? { ...taken, sockets } : taken;
    if (snapshot === null || this.stop.reason !== null) throw this.calledOff();
    if (this.#options.last !== null) return this.#keepLast(source, snapshot, summary, user);
    source.start();
    const output = await Output.create(source, snapshot, {
      ...this.#options,
      path,
      inputs: this.#options.kmodFile === null ? [] : [this.#options.kmodFile],
      owner: callerOf(),
      signal: this.stop.signal,
      command: this.#commandNote(),
      say: this.#reporter.say,
    });
    this.#report = () => this.#reporter.answerStatus(statusOf(output));
    this.#reporter.say(summary);
    this.#reporter.say(`capturing to ${path === "-" ? "standard output" : output.paths[0]}${this.#until()}`);
    const alarm =
      durationS === null ? undefined : setTimeout(() => this.stop.request("duration", false), durationS * 1000);
    let outcome: { readonly reason: string; readonly error?: unknown };
    try {
      await this.#startCommand(user);
      this.#reporter.follow(() => statusOf(output));
      outcome = { reason: await record(source, output, this.stop) };
    } catch (error) {
      outcome = { reason: reasonOf(error), error };
    } finally {
      clearTimeout(alarm);
      this.#reporter.stop();
    }
    await finish(source, output, this.stop, outcome, this.#reporter, {
      path,
      command: () => this.#command?.end ?? null,
    });
  }

  /** Runs a capture with `--last`. */
  async #keepLast(source: Source, snapshot: Snapshot, summary: string, user: User | null): Promise<void> {
    const { output: path, durationS, last, mode, level } = this.#options;
    const { lastS, rules, maxMemoryBytes } = last!;
    if (rules.length > 0 && source.text !== "records") {
      const next = "Take --source bpf, or the module without --text; SIGUSR1 works with all.";
      throw new OptionsError(
        `--dump-on ${rules[0]!.text}: rules need binary records, and source ${source.name} gives text. ${next}`,
      );
    }
    const { say } = this.#reporter;
    source.start();
    const recorder = new FlightRecorder(source, snapshot, {
      ...{ path, mode, level, lastS, rules, maxMemoryBytes, say },
      owner: callerOf(),
      command: this.#commandNote(),
    });
    this.#report = () => void recorder.dump("SIGUSR1");
    const on = [...rules.map(({ text }) => text), "SIGUSR1"].join(", ");
    say(summary);
    say(
      `the last ${lastS} s in at most ${bytesText(maxMemoryBytes)} of memory; capturing to ${numberedPath(path, 1)} and so on, on ${on}${this.#until()}`,
    );
    const alarm =
      durationS === null ? undefined : setTimeout(() => this.stop.request("duration", false), durationS * 1000);
    try {
      await this.#startCommand(user);
      this.#reporter.follow(() => recorder.status);
      await record(source, recorder, this.stop);
    } finally {
      clearTimeout(alarm);
      this.#reporter.stop();
      source.halt();
      await recorder.close();
    }
    const { status, paths } = recorder;
    const files = paths.length === 0 ? "no file was written" : `${paths.length} files written: ${paths.join(", ")}`;
    const line = `${formatCount(status.records)} records seen in ${status.duration_s.toFixed(1)} s, lost ${formatLost(status.lost)}; ${files}`;
    this.#reporter.end(line, { ...status, files: paths, reason: this.stop.reason });
  }

  async #user(): Promise<User | null> {
    const { as } = this.#options;
    return as === null ? null : await (await import("../run/user.ts")).findUser(as);
  }

  #commandNote(): TppHeader["command"] | null {
    const { command } = this.#options;
    if (command.length === 0) return null;
    return { argv: command, started_monotonic_ns: String(process.hrtime.bigint()) };
  }

  /** Starts the command, unless a signal has already asked to stop. */
  async #startCommand(as: User | null): Promise<void> {
    const { command, output } = this.#options;
    if (command.length === 0 || this.stop.reason !== null) return;
    this.#sayWhoRunsIt(command[0]!, as);
    const { Command } = await import("../run/command.ts");
    const started = await Command.start(command, { keepStdout: output === "-", as });
    this.#command = started;
    this.signals.commandRuns(started);
    void started.ended.then(() => setTimeout(() => this.stop.request("command ended", false), afterCommandMs));
  }

  #sayWhoRunsIt(program: string, as: User | null): void {
    const caller = callerOf();
    if (as !== null) this.#reporter.say(`${program} runs as ${as.name} (uid ${as.uid})`);
    else if (caller) {
      this.#reporter.say(`${program} runs as root (uid 0), as this capture does; --as ${caller.name} runs it as you`);
    }
  }

  #until(): string {
    if (this.#options.command.length > 0) return `; until ${this.#options.command[0]} ends`;
    return this.#options.durationS === null ? "; Ctrl-C ends it" : ` for ${this.#options.durationS} s`;
  }

  /** Waits for a command that still runs, until a signal ends the wait. */
  async exitCode(): Promise<number> {
    const command = this.#command;
    if (this.stop.urgent) return exitCodes.interrupted;
    if (command === null) return this.#withoutCommand();
    if (command.end === null) this.#reporter.say(`waiting for the command (pid ${command.pid}) to end`);
    if ((await this.signals.waitForCommand(command)) === "ended") return exitCodeOf(await command.ended);
    command.leave();
    this.#reporter.say(`the command (pid ${command.pid}) still runs`);
    return exitCodes.interrupted;
  }

  #withoutCommand(): number {
    if (this.#options.command.length === 0) return exitCodes.ok;
    this.#reporter.say(`${this.#options.command[0]} was not started`);
    return exitCodeOfSignal(this.signals.first ?? "SIGTERM");
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof ModuleRemovedError) return "module removed";
  if (error instanceof CommandStartError) return "command not started";
  return error instanceof TppError ? failureReason(error) : "reading failed";
}

function statusOf(output: Output) {
  const { duration_s, records, rawBytes, fileBytes, lost } = output.totals;
  return { duration_s, records, raw_bytes: rawBytes, file_bytes: fileBytes, lost };
}
