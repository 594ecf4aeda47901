/**
 * Polls `ss` for all connections. Each answer is kept as printed. A line `# ss N BEGIN END` before it has its number
 * and the times (CLOCK_MONOTONIC, ns) just before `ss` was started and after it ended.
 */
import { countLines, type LossTotals } from "@tcpprobe-plus/tpp/write";
import { NoSsError } from "../errors.ts";
import { type Filter, onePort } from "../filter/filter.ts";
import { findProgram, firstLine, type ProgramResult, runProgram } from "../system/programs.ts";
import type { Source, SourceEnd, SourceNews, Usability } from "./source.ts";

export interface SsOptions {
  readonly filter: Filter;
  /** Time from the beginning of one poll to the beginning of the next. */
  readonly intervalMs: number;
  readonly say: (line: string) => void;
  /** Ends the first try. */
  readonly signal?: AbortSignal;
}

/** Longest answer that is kept: about a hundred thousand connections. */
const maxAnswerBytes = 64 * 1024 * 1024;
/** Room for a mark. A mark that does not fit goes into the next chunk, so that it always begins at a line. */
const maxOwnLineBytes = 4096;
/** No poll is started while more than this waits to be written. */
const maxWaitingBytes = 64 * 1024 * 1024;
const timeoutMs = 10_000;

const pollMark = "# ss ";
const pollMarkAfterLine = `\n${pollMark}`;

/**
 * -e shows the socket's cookie, which distinguishes connections that reuse a 4-tuple; -m how full its send buffer is.
 * Throws a NoSsError if `ss` cannot do this.
 */
export async function openSs(options: SsOptions): Promise<Source> {
  const { filter, signal } = options;
  const ss = findProgram("ss");
  if (ss === null) throw new NoSsError("it is not installed");
  const { program, args } = within(filter, ss, ["-tinHOem", ...expression(filter)]);
  const tried = await runProgram(program, args, {
    timeoutMs,
    maxBytes: maxAnswerBytes,
    ...(signal ? { signal } : {}),
  });
  if (tried.status !== 0) throw new NoSsError(reasonOf(tried));
  return new SsSource(program, args, options);
}

/** The command to run `ss` in the filter's network namespace. */
function within({ netns }: Filter, ss: string, args: readonly string[]): { program: string; args: string[] } {
  if (netns === null) return { program: ss, args: [...args] };
  const nsenter = findProgram("nsenter");
  if (nsenter === null) throw new NoSsError("--netns needs nsenter, which is not installed");
  return { program: nsenter, args: [`--net=${netns.path}`, ss, ...args] };
}

/** The filter as an expression of ss(8). Empty for everything. */
export function expression({ ports, hosts }: Filter): string[] {
  const any = (terms: readonly string[][]): string[] =>
    terms.length === 0 ? [] : ["(", ...terms.flatMap((term, index) => (index === 0 ? term : ["or", ...term])), ")"];
  const ofPorts = ports.flatMap(([first, last]) =>
    ["sport", "dport"].map((end) =>
      first === last ? [end, "=", `:${first}`] : ["(", end, "ge", `:${first}`, "and", end, "le", `:${last}`, ")"],
    ),
  );
  const ofHosts = hosts.flatMap(({ text }) =>
    ["src", "dst"].map((end) => [end, text.includes(":") ? bracketed(text) : text]),
  );
  const parts = [any(ofPorts), any(ofHosts)].filter(({ length }) => length > 0);
  return parts.flatMap((part, index) => (index === 0 ? part : ["and", ...part]));
}

/** `[2001:db8::]/32`. */
const bracketed = (text: string): string => text.replace(/^([^/]*)/, "[$1]");

const beginsPoll = (text: Buffer): boolean => text.toString("latin1", 0, pollMark.length) === pollMark;
const reasonOf = ({ status, stderr, problem }: ProgramResult): string =>
  problem ?? (firstLine(stderr) || `it ended with ${status}`);

/** Number of marks, which hold the times of polls. */
function pollsIn(lines: Buffer): number {
  let polls = beginsPoll(lines) ? 1 : 0;
  for (let at = lines.indexOf(pollMarkAfterLine); at !== -1; at = lines.indexOf(pollMarkAfterLine, at + 1)) polls += 1;
  return polls;
}

class SsSource implements Source {
  readonly name = "ss";
  readonly text = "ss";
  readonly columns = null;
  readonly path = "ss";
  readonly zeroMonotonicNs = "0";
  readonly filter: Filter;
  readonly notes: readonly string[];
  readonly halts = true;
  readonly recordsIn = (lines: Buffer): number => countLines(lines) - pollsIn(lines);
  readonly #program: string;
  readonly #args: readonly string[];
  readonly #intervalMs: number;
  readonly #say: (line: string) => void;
  readonly #answers: Buffer[] = [];
  #waitingBytes = 0;
  #polls = 0;
  /** Number of polls that had ended before the capture did. */
  #answered = 0;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;
  #halted = false;

  /** Kills the current poll. */
  readonly #end = new AbortController();

  constructor(program: string, args: readonly string[], options: SsOptions) {
    this.#program = program;
    this.#args = args;
    this.#intervalMs = options.intervalMs;
    this.#say = options.say;
    this.filter = options.filter;
    this.notes = [`polled every ${options.intervalMs} ms with ss ${args.join(" ")}`];
  }

  start(): void {
    this.#poll();
  }

  #poll(): void {
    const dueMs = performance.now() + this.#intervalMs;
    if (this.#waitingBytes > maxWaitingBytes) {
      this.#next(dueMs);
      return;
    }
    const number = ++this.#polls;
    const beginNs = process.hrtime.bigint();
    const options = { timeoutMs, maxBytes: maxAnswerBytes, signal: this.#end.signal };
    void runProgram(this.#program, this.#args, options).then((result) => {
      if (this.#halted) return;
      this.#answered += 1;
      const times = `${pollMark}${number} ${beginNs} ${process.hrtime.bigint()}`;
      if (result.status === 0) this.#keep(Buffer.from(`${times}\n`), result.stdout);
      else this.#keep(Buffer.from(`${times} failed: ${this.#failure(result)}\n`));
      this.#next(dueMs);
    });
  }

  /** Schedules the next poll. Polls never overlap: one that takes longer than the interval delays the next. */
  #next(dueMs: number): void {
    if (!this.#halted) this.#timer = setTimeout(() => this.#poll(), Math.max(0, dueMs - performance.now()));
  }

  #failure(result: ProgramResult): string {
    const reason = reasonOf(result);
    this.#failures += 1;
    if (this.#failures === 1) this.#say(`ss failed: ${reason}; the poll is marked as failed, and the next is tried`);
    return reason;
  }

  #keep(...chunks: Buffer[]): void {
    for (const chunk of chunks.filter(({ length }) => length > 0)) {
      this.#answers.push(chunk);
      this.#waitingBytes += chunk.length;
    }
  }

  read(into: Buffer): number {
    let done = 0;
    while (done < into.length && this.#answers.length > 0) {
      const [first] = this.#answers as [Buffer];
      if (done > 0 && first.length > into.length - done && first.length <= maxOwnLineBytes) break;
      const copied = first.copy(into, done);
      done += copied;
      if (copied === first.length) this.#answers.shift();
      else this.#answers[0] = first.subarray(copied);
    }
    this.#waitingBytes -= done;
    return done;
  }

  saw(): void {}

  news(): SourceNews {
    return { lost: {} };
  }

  /** A file must begin with a poll. */
  cutAt(text: Buffer): number {
    return beginsPoll(text) ? 0 : text.indexOf(pollMarkAfterLine) + 1 || -1;
  }

  halt(): void {
    this.#halted = true;
    this.#end.abort();
    clearTimeout(this.#timer);
  }

  waiting(): number {
    return 0;
  }

  finish(): SourceEnd {
    if (this.#failures > 0) this.#say(`${this.#failures} of ${this.#answered} polls failed; the file names each`);
    return { lost: {} };
  }

  advice(_lost: LossTotals): readonly string[] {
    return [];
  }

  async dispose(): Promise<void> {
    this.halt();
  }
}

/**
 * Whether `--source ss` works here. To find out, it lists connections of a port that is hardly used. Throws a
 * CaptureError if it does not work.
 */
export async function lookAtSs(): Promise<Usability> {
  await (await openSs({ filter: onePort(1), intervalMs: 100, say: () => {} })).dispose();
  return ["ok", process.geteuid?.() === 0 ? "usable" : "usable, without root"];
}
