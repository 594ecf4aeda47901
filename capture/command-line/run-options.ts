/** The command line of `capture run`. */
import { type Command, Option } from "commander";
import type { RunOptions } from "../commands/run.ts";
import { BadBufferSizeError, BadLabelError, BadModeError, BadNumberError, OptionsError } from "../errors.ts";
import {
  type Cgroup,
  everything,
  type Filter,
  type HostRange,
  type Namespace,
  type PortRange,
} from "../filter/filter.ts";
import { findCgroup, findNamespace, findProcess, parseHosts, parsePorts, parseSample } from "../filter/parse.ts";
import { defaultName } from "../run/default-name.ts";
import { parseDuration, parseRotation, parseSize, type Rotation, secondsIn } from "../run/limits.ts";
import { parseRule, type Rule } from "../run/rules.ts";
import { type SourceChoice, sourceChoices } from "../sources/choose.ts";

interface RunFlags {
  readonly output?: string;
  readonly force?: true;
  readonly port?: readonly PortRange[];
  readonly host?: readonly HostRange[];
  readonly netns?: Namespace;
  readonly cgroup?: Cgroup;
  readonly pid?: number;
  readonly sample?: number;
  readonly mode?: number;
  readonly label?: string;
  readonly source: SourceChoice;
  readonly kmodFile?: string;
  readonly duration?: number;
  readonly maxSize?: number;
  readonly rotate?: Rotation;
  readonly keep?: number;
  readonly last?: number;
  readonly dumpOn?: readonly (Rule | "SIGUSR1")[];
  readonly lastMemory: number;
  readonly level: number;
  readonly bufferSizeKb?: number;
  readonly interval: number;
  readonly full?: true;
  readonly cwndChanges?: true;
  readonly probetime?: number;
  readonly extended: boolean;
  readonly text?: true;
  readonly as?: string;
  readonly hostname?: true;
  readonly quiet?: true;
  readonly json?: true;
}

/** A parser for whole numbers within a range. Throws a BadNumberError. */
export const wholeNumber =
  (option: string, least: number, most: number, unit: string) =>
  (text: string): number => {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= least && value <= most)) throw new BadNumberError(option, text, least, most, unit);
    return value;
  };

export function addRun(program: Command, argv: readonly string[], act: (options: RunOptions) => Promise<void>): void {
  program
    .command("run")
    .description("capture until Ctrl-C, a limit, the command's end or the source's end")
    .argument("[command...]", "after --: run this command once the capture is ready, and capture until it ends")
    .option("--as <user>", "run the command as this user instead of root")
    .option(
      "-o, --output <file>",
      "file to write, - for standard output; an existing one is refused (default: capture-TIME.tpp here)",
    )
    .option("-f, --force", "overwrite the output file")
    .option("--mode <octal>", "who may read the file, such as 640 (default: 600)", parseMode)
    .option("--label <text>", "what this capture is, kept in the file", parseLabel)
    .option(
      "--port <ports>",
      "only connections with this port, or one of 5000-5010, at either end; may be repeated",
      parsePorts,
    )
    .option(
      "--host <address>",
      "only with this address, or one of 10.0.0.0/8, at either end; may be repeated",
      parseHosts,
    )
    .option(
      "--netns <name>",
      "only in this network namespace: a name of `ip netns`, or the id of a process in it",
      findNamespace,
    )
    .option("--cgroup <folder>", "bpf: only sockets created in this cgroup (version 2) or one below it", findCgroup)
    .option("--pid <pid>", "bpf: only connections that this process opens, accepts, sends or reads on", findProcess)
    .option(
      "--sample <1/n>",
      "bpf: only one connection in n, all of its records, the same connections at both ends",
      parseSample,
    )
    .addOption(new Option("--source <source>", "where records come from").choices(sourceChoices).default("auto"))
    .option("--duration <time>", "stop after this time: seconds, or 500ms, 90s, 10m, 1h", parseDuration)
    .option("--max-size <size>", "stop when the files hold about this much (500MB, 2GiB)", parseSize)
    .option("--rotate <size|time>", "begin a new file after this size (100MB) or time (10m, 1h)", parseRotation)
    .option(
      "--keep <n>",
      "with --rotate: keep only the newest n files",
      wholeNumber("--keep", 1, 1_000_000, "a number of files"),
    )
    .option(
      "--last <time>",
      "keep only the last records (30s, 5m), in memory, and write them to files on --dump-on",
      parseLast,
    )
    .option(
      "--dump-on <rule>",
      'with --last: write when this holds, such as "rto >= 2" or "retransmits/s > 100"; SIGUSR1 always does; may be repeated',
      parseDumpOn,
    )
    .option(
      "--last-memory <size>",
      "with --last: use at most this much memory (default: 256MiB)",
      parseSize,
      256 * 2 ** 20,
    )
    .option("--level <n>", "zstd level", wholeNumber("--level", 1, 19, "a level"), 3)
    .option("--full", "module: every segment")
    .option("--cwnd-changes", "module: only segments at which the connection's cwnd has changed")
    .option(
      "--probetime <ms>",
      "module: time between two samples of a connection",
      wholeNumber("--probetime", 0, 86_400_000, "milliseconds"),
    )
    .option("--no-extended", "module, bpf: the 30 documented fields only")
    .option("--text", "module: save its text instead of its binary records, which are cheaper to read")
    .option(
      "--buffer-size-kb <kib>",
      "bpf, tracefs: ring for each CPU (default: 16384, at most 256 MiB together)",
      parseBufferSize,
    )
    .option("--interval <ms>", "ss: time between polls", wholeNumber("--interval", 10, 3_600_000, "milliseconds"), 100)
    .option("--kmod-file <path>", "read 30-field text from this file or FIFO instead of the module's")
    .option("--hostname", "put this host's name in the file")
    .option("--quiet", "print errors only")
    .option("--json", "status, end and errors as JSON, one object a line, on standard error")
    .option("--debug", "print a stack trace with an error")
    .action((command: string[], flags: RunFlags) => act(optionsOf(command, flags, argv)));
}

function optionsOf(command: string[], flags: RunFlags, argv: readonly string[]): RunOptions {
  if (command.length > 0 && !argv.includes("--")) {
    throw new OptionsError(
      `${command[0]}: not an option. A command to run goes after \`--\`: capture run … -- ${command.join(" ")}`,
    );
  }
  if (flags.as !== undefined && command.length === 0) {
    throw new OptionsError("--as: only with a command, which then runs as that user. Give one after `--`.");
  }
  if (flags.full && flags.cwndChanges)
    throw new OptionsError("--full and --cwnd-changes exclude each other. Give one of them.");
  if (flags.keep !== undefined && !flags.rotate) {
    throw new OptionsError("--keep: only with --rotate, which makes several files. Give --rotate, too.");
  }
  if (flags.last === undefined && flags.dumpOn) {
    throw new OptionsError("--dump-on: only with --last, which sets how much is kept. Give --last, too.");
  }
  if (flags.last !== undefined && (flags.rotate || flags.maxSize !== undefined || flags.output === "-")) {
    throw new OptionsError(
      "--last: writes files on request, so --rotate, --max-size and -o - cannot be combined with it.",
    );
  }
  if (flags.output === "-" && flags.rotate) {
    throw new OptionsError("--rotate: standard output is one stream. Give a file with -o, or leave --rotate out.");
  }
  return {
    output: flags.output ?? defaultName(),
    overwrite: flags.force ?? false,
    mode: flags.mode ?? null,
    label: flags.label ?? null,
    filter: filterOf(flags),
    source: flags.source,
    kmodFile: flags.kmodFile ?? null,
    durationS: flags.duration ?? null,
    maxBytes: flags.maxSize ?? null,
    rotate: flags.rotate ?? null,
    keep: flags.keep ?? null,
    last:
      flags.last === undefined ? null : { lastS: flags.last, rules: rulesOf(flags), maxMemoryBytes: flags.lastMemory },
    level: flags.level,
    bufferSizeKb: flags.bufferSizeKb ?? null,
    intervalMs: flags.interval,
    module: {
      full: flags.full ? true : flags.cwndChanges ? false : null,
      probetimeMs: flags.probetime ?? null,
      extended: flags.extended,
      text: flags.text ?? false,
    },
    command,
    as: flags.as ?? null,
    hostname: flags.hostname ?? false,
    quiet: flags.quiet ?? false,
    json: flags.json ?? false,
    commandLine: ["capture", ...argv.slice(2)],
  };
}

const rulesOf = ({ dumpOn = [] }: RunFlags): Rule[] => dumpOn.flatMap((one) => (one === "SIGUSR1" ? [] : [one]));

/** Throws a BadRuleError. */
const parseDumpOn = (text: string, before: readonly (Rule | "SIGUSR1")[] = []): readonly (Rule | "SIGUSR1")[] => [
  ...before,
  text === "SIGUSR1" ? text : parseRule(text),
];

/** Throws a BadNumberError. */
function parseLast(text: string): number {
  const seconds = secondsIn(text);
  if (seconds === null || seconds < 1 || seconds > 3600)
    throw new BadNumberError("--last", text, 1, 3600, "seconds, or 30s, 5m,");
  return seconds;
}

/** The filter for these options. Without any it is the object `everything`. */
function filterOf({ port = [], host = [], netns, cgroup, pid, sample }: RunFlags): Filter {
  const isAll = port.length + host.length === 0 && !netns && !cgroup && pid === undefined && sample === undefined;
  if (isAll) return everything;
  const rest = { netns: netns ?? null, cgroup: cgroup ?? null, pid: pid ?? null, sample: sample ?? null };
  return { ports: port, hosts: host, ...rest };
}

/** The limit of the file's header. */
const longestLabel = 1024;

/** Throws a BadModeError. */
function parseMode(text: string): number {
  const mode = /^0?[0-7]{3}$/.test(text) ? Number.parseInt(text, 8) : 0;
  if ((mode & 0o600) !== 0o600 || (mode & 0o111) !== 0) throw new BadModeError(text);
  return mode;
}

/** Throws a BadLabelError. */
function parseLabel(text: string): string {
  if (text.length < 1 || text.length > longestLabel) throw new BadLabelError(text.length, longestLabel);
  return text;
}

function parseBufferSize(text: string): number {
  const kib = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (kib < 64 || kib > 4 * 1024 * 1024) throw new BadBufferSizeError(text);
  return kib;
}
