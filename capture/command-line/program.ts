/** The commands and options of `capture`. Most of them are in run-options.ts and module-options.ts. */
import { exitCodes, foreignText } from "@tcpprobe-plus/tpp/base";
import { Command } from "commander";
import type { Io } from "../terminal/io.ts";
import { version } from "../version.ts";
import { addModuleCommands } from "./module-options.ts";
import { addRun, wholeNumber } from "./run-options.ts";

interface RecoverFlags {
  readonly maxExpansion?: number;
  readonly output: string;
  readonly force?: true;
  readonly quiet?: true;
}

/** Defines the commands. Each action imports the one function that it calls. */
export function buildProgram(argv: readonly string[], io: Io, done: (exitCode: number) => void): Command {
  const program = new Command("capture")
    .description("Save the kernel's record of what TCP senders knew at every packet to a .tpp file.")
    .version(version)
    .option("--debug", "print a stack trace with an error")
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) })
    .configureOutput({ outputError: (text, write) => write(usageError(text, ownArguments(argv).includes("--json"))) })
    .configureOutput({ getOutHelpWidth: () => 100, getErrHelpWidth: () => 100 })
    .exitOverride();
  addRun(program, argv, async (options) => {
    const { run } = await import("../commands/run.ts");
    done(await run(options, io));
  });
  program
    .command("recover <input>")
    .description("write the intact frames of a damaged or cut file to a whole one")
    .requiredOption("-o, --output <file>", "file to write; an existing one is refused")
    .option("-f, --force", "overwrite the output file")
    .option(
      "--max-expansion <n>",
      "bytes of text that a byte of the file may stand for (default: 2000)",
      wholeNumber("--max-expansion", 1, 1_000_000, "a number"),
    )
    .option("--quiet", "print errors only")
    .option("--debug", "print a stack trace with an error")
    .action(async (input: string, flags: RecoverFlags) => {
      const { recover } = await import("../commands/recover.ts");
      const { output, force = false, quiet = false, maxExpansion } = flags;
      const reading = maxExpansion === undefined ? {} : { maxExpansion };
      done(await recover(input, { output, overwrite: force, quiet, ...reading }, io));
    });
  addModuleCommands(program, io, done);
  return program;
}

/** One line: "capture: …. See `capture --help`." */
function usageError(said: string, json: boolean): string {
  const line = said
    .replace(/^error: /, "")
    .trim()
    .replaceAll("\n", " ")
    .replace(/\.$/, "");
  const text = `${line}. See \`capture --help\`.`;
  if (json) return `${JSON.stringify({ event: "error", text, exit_code: exitCodes.usage })}\n`;
  return `capture: ${foreignText(text)}\n`;
}

/** The arguments before `--`, which belong to capture and not to the command that it runs. */
export function ownArguments(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf("--");
  return end === -1 ? argv : argv.slice(0, end);
}
