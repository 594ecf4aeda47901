/** `capture run`: from the source to .tpp files until it is stopped. */
import type { TppHeader } from "@tcpprobe-plus/tpp";
import { failureReason, TppError } from "@tcpprobe-plus/tpp";
import { CommandStartError, ModuleRemovedError, OptionsError } from "../errors.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Io, StopSignal } from "../io.ts";
import { Command, exitCodeOf } from "../run/command.ts";
import { finish } from "../run/finish.ts";
import type { Rotation } from "../run/limits.ts";
import { Output } from "../run/output.ts";
import { record } from "../run/record.ts";
import { makeReporter, type Reporter } from "../run/reporter.ts";
import { StopRequest } from "../run/stop-request.ts";
import { takeSnapshot } from "../snapshot/header.ts";
import { type ChooseOptions, chooseSource } from "../sources/choose.ts";
import type { Source } from "../sources/source.ts";

export interface RunOptions extends Omit<ChooseOptions, "say"> {
  /** `-` for standard output. */
  readonly output: string;
  readonly overwrite: boolean;
  readonly level: number;
  readonly rotate: Rotation | null;
  readonly keep: number | null;
  readonly maxBytes: number | null;
  readonly durationS: number | null;
  /** What to run under the capture; empty for nothing. */
  readonly command: readonly string[];
  readonly hostname: boolean;
  readonly quiet: boolean;
  readonly json: boolean;
  readonly commandLine: readonly string[];
}

/** After the command's end its connections still close. */
const afterCommandMs = 200;

/** Returns the exit code. Throws the errors of errors.ts and the writer's; the files are whole then, too. */
export async function run(options: RunOptions, io: Io): Promise<number> {
  if (options.output === "-" && io.stdout.isTTY) {
    throw new OptionsError("-o -: standard output is a terminal. Send it to a file or a pipe: `capture run -o - | …`.");
  }
  const reporter = makeReporter(io.stderr, options);
  const { say } = reporter;
  const capture = new Capture(options, reporter);
  const ignoreSignals = io.onSignal((signal) => {
    capture.signal(signal, io.stdin.isTTY);
    if (capture.stop.urgent) ignoreSignals(); // one more ends it as if there were no handler
  });
  let source: Source | undefined;
  try {
    const chosen = await chooseSource({ ...options, say });
    source = chosen.source;
    await capture.run(source, chosen.summary);
    await source.dispose();
    return await capture.exitCode();
  } finally {
    await source?.dispose();
    ignoreSignals();
  }
}

class Capture {
  readonly stop = new StopRequest();
  readonly #options: RunOptions;
  readonly #reporter: Reporter;
  #command: Command | null = null;
  #signals = 0;

  constructor(options: RunOptions, reporter: Reporter) {
    this.#options = options;
    this.#reporter = reporter;
  }

  /** The first signal is the command's while one runs: the capture goes on until it has ended. */
  signal(signal: StopSignal, fromTerminal: boolean): void {
    this.#signals += 1;
    if (this.#command === null || this.#command.end || this.#signals > 1) {
      this.stop.request(`signal ${signal}`, true);
      return;
    }
    // The terminal has sent Ctrl-C to the command, too.
    if (!(signal === "SIGINT" && fromTerminal)) this.#command.signal(signal);
    this.#reporter.say(`${signal}: waiting for the command to end; once more stops the capture without it`);
  }

  async run(source: Source, summary: string): Promise<void> {
    const { command, output: path, durationS } = this.#options;
    const snapshot = await takeSnapshot(this.#options);
    source.start();
    const output = await Output.create(source, snapshot, {
      ...this.#options,
      path,
      command: this.#commandNote(),
      say: this.#reporter.say,
    });
    this.#reporter.say(summary);
    this.#reporter.say(`capturing to ${path === "-" ? "standard output" : output.paths[0]}${this.#until()}`);
    const alarm =
      durationS === null ? undefined : setTimeout(() => this.stop.request("duration", false), durationS * 1000);
    let outcome: { readonly reason: string; readonly error?: unknown };
    try {
      if (command.length > 0) await this.#startCommand();
      this.#reporter.follow(() => statusOf(output, source));
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

  #commandNote(): TppHeader["command"] | null {
    const { command } = this.#options;
    if (command.length === 0) return null;
    return { argv: command, started_monotonic_ns: String(process.hrtime.bigint()) };
  }

  async #startCommand(): Promise<void> {
    const command = await Command.start(this.#options.command, this.#options.output === "-");
    this.#command = command;
    void command.ended.then(() => setTimeout(() => this.stop.request("command ended", false), afterCommandMs));
  }

  #until(): string {
    if (this.#options.command.length > 0) return `; until ${this.#options.command[0]} ends`;
    return this.#options.durationS === null ? "; Ctrl-C ends it" : ` for ${this.#options.durationS} s`;
  }

  /** Waits for a command that still runs, unless a signal says not to. */
  async exitCode(): Promise<number> {
    const command = this.#command;
    if (this.stop.urgent) return exitCodes.interrupted;
    if (command === null) return exitCodes.ok;
    if (command.end === null && this.#signals > 1) {
      this.#reporter.say(`the command (pid ${command.pid}) still runs`);
      return exitCodes.interrupted;
    }
    if (command.end === null) this.#reporter.say(`waiting for the command (pid ${command.pid}) to end`);
    return exitCodeOf(await command.ended);
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof ModuleRemovedError) return "module removed";
  if (error instanceof CommandStartError) return "command not started";
  return error instanceof TppError ? failureReason(error) : "reading failed";
}

function statusOf(output: Output, source: Source) {
  const { duration_s, lines, rawBytes, fileBytes, lost } = output.totals;
  return { duration_s, records: lines - source.otherLines, raw_bytes: rawBytes, file_bytes: fileBytes, lost };
}
