/** The `capture` command: parses, calls one function, reports errors as one line. */
import { Command, Option } from "commander";
import { BadBufferSizeError, BadDurationError, BadPortError } from "./errors.ts";
import { exitCodes } from "./exit-codes.ts";
import { type Io, processIo } from "./io.ts";
import { reportError } from "./report-error.ts";
import { type SourceChoice, sourceChoices } from "./sources/choose.ts";
import { version } from "./version.ts";

interface RunFlags {
  readonly output: string;
  readonly force?: true;
  readonly port?: number;
  readonly source: SourceChoice;
  readonly kmodFile?: string;
  readonly duration?: number;
  readonly bufferSizeKb?: number;
  readonly hostname?: true;
  readonly quiet?: true;
}

interface RecoverFlags {
  readonly output: string;
  readonly force?: true;
  readonly quiet?: true;
}

/** Runs the command line and returns the exit code; never throws. */
export async function main(argv: readonly string[], io: Io = processIo()): Promise<number> {
  let exitCode: number = exitCodes.ok;
  const program = makeProgram(argv, io, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...argv]);
    return exitCode;
  } catch (error) {
    return reportError(error, io, argv.includes("--debug"));
  }
}

function makeProgram(argv: readonly string[], io: Io, done: (exitCode: number) => void): Command {
  const program = new Command("capture")
    .description("Save the kernel's record of what TCP senders knew at every packet to a .tpp file.")
    .version(version)
    .option("--debug", "print a stack trace with an error")
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) })
    .configureOutput({ outputError: (text, write) => write(usageError(text)) })
    .configureOutput({ getOutHelpWidth: () => 100, getErrHelpWidth: () => 100 })
    .exitOverride();
  program
    .command("run")
    .description("capture until Ctrl-C, --duration, or the source's end")
    .requiredOption("-o, --output <file>", "file to write; an existing one is refused")
    .option("-f, --force", "overwrite the output file")
    .option("--port <port>", "only connections with this port at either end", parsePort)
    .addOption(new Option("--source <source>", "where records come from").choices(sourceChoices).default("auto"))
    .option("--duration <seconds>", "stop after this time", parseDuration)
    .option(
      "--buffer-size-kb <kib>",
      "tracefs: ring for each CPU (default: 16384, at most 256 MiB together)",
      parseBufferSize,
    )
    .option("--kmod-file <path>", "read 30-field text from this file or FIFO instead of the module's")
    .option("--hostname", "put this host's name in the file")
    .option("--quiet", "print errors only")
    .option("--debug", "print a stack trace with an error")
    .action(async (flags: RunFlags) => {
      const { run } = await import("./commands/run.ts");
      const options = {
        output: flags.output,
        overwrite: flags.force ?? false,
        port: flags.port ?? null,
        source: flags.source,
        kmodFile: flags.kmodFile ?? null,
        durationS: flags.duration ?? null,
        bufferSizeKb: flags.bufferSizeKb ?? null,
        hostname: flags.hostname ?? false,
        quiet: flags.quiet ?? false,
        commandLine: ["capture", ...argv.slice(2)],
      };
      done(await run(options, io));
    });
  program
    .command("recover <input>")
    .description("write the intact frames of a damaged or cut file to a whole one")
    .requiredOption("-o, --output <file>", "file to write; an existing one is refused")
    .option("-f, --force", "overwrite the output file")
    .option("--quiet", "print errors only")
    .option("--debug", "print a stack trace with an error")
    .action(async (input: string, flags: RecoverFlags) => {
      const { recover } = await import("./commands/recover.ts");
      const { output, force = false, quiet = false } = flags;
      done(await recover(input, { output, overwrite: force, quiet }, io));
    });
  return program;
}

/** One line: "capture: …. See `capture --help`." */
const usageError = (text: string): string =>
  `capture: ${text
    .replace(/^error: /, "")
    .trim()
    .replaceAll("\n", " ")
    .replace(/\.$/, "")}. See \`capture --help\`.\n`;

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65535) throw new BadPortError(text);
  return port;
}

function parseDuration(text: string): number {
  const seconds = /^\d+(\.\d+)?$|^\.\d+$/.test(text) ? Number(text) : 0;
  if (seconds < 0.001 || seconds > 2_000_000) throw new BadDurationError(text);
  return seconds;
}

function parseBufferSize(text: string): number {
  const kib = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (kib < 64 || kib > 4 * 1024 * 1024) throw new BadBufferSizeError(text);
  return kib;
}
