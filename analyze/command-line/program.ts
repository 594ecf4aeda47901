/** The commands and options of `analyze`. metric-commands.ts has the commands that query the metrics. */
import { foreignText } from "@tcpprobe-plus/tpp/base";
import { Command, Option } from "commander";
import type { FlowsOptions } from "../commands/flows.ts";
import type { CommandIo } from "../commands/open.ts";
import type { PlotCommandOptions } from "../commands/plot.ts";
import type { ReportOptions } from "../commands/report.ts";
import type { ServeCommandOptions } from "../commands/serve.ts";
import { UsageError } from "../errors.ts";
import { eventNames } from "../import/event-names.ts";
import type { ImportOptions } from "../import/import.ts";
import { alignments, legendPlaces, themeNames } from "../plots/choices.ts";
import { isPlotName, plotNames } from "../plots/names.ts";
import { protocols } from "../terminal/inline-picture.ts";
import { version } from "../version.ts";
import { length, points } from "./lengths.ts";
import { maxExpansion } from "./max-expansion.ts";
import { addMetricCommands } from "./metric-commands.ts";
import {
  flowNumbers,
  howMany,
  port,
  ports,
  refuseRepeated,
  seconds,
  texts,
  wholeNumber,
  windowSeconds,
} from "./options.ts";
import { filesAndWord } from "./words.ts";

/** Defines the commands. Each action imports the one function that it calls. */
export function buildProgram(io: CommandIo, setExitCode: (code: number) => void = () => {}): Command {
  const program = new Command("analyze")
    .description("Tables, Parquet and pictures from captures of TCP state (.tpp, or the Parquet that convert writes).")
    .version(version)
    .option("--debug", "print a stack trace with an error")
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      outputError: (text, write) => write(usageText(text)),
      getOutHelpWidth: () => 100,
      getErrHelpWidth: () => 100,
    })
    .showHelpAfterError("(analyze --help lists the commands)")
    .exitOverride();

  const jsonOrCsv = (command: Command) =>
    command
      .addOption(new Option("--json", "print JSON, one array of objects").conflicts("csv"))
      .addOption(new Option("--csv", "print CSV with a header line"));
  const add = (usage: string, description: string) =>
    program
      .command(usage)
      .description(description)
      .option("--debug", "print a stack trace with an error")
      .option("--no-pager", "in a terminal, print what is longer than the screen without a pager")
      .option("--no-cache", "parse the capture again, and keep nothing of it for the next command")
      .option("--max-expansion <n>", "bytes of text that a byte of a .tpp may stand for (default: 2000)", maxExpansion);

  add("info <file...>", "what a capture is: header, settings, time span, frames, losses, integrity")
    .option("--settings", "print every saved setting too")
    .option("--json", "print JSON")
    .action(async (files: string[], options: { settings?: boolean; json?: boolean }) => {
      await (await import("../commands/info.ts")).info(files, options, io);
    });
  add("verify <file...>", "check every frame's checksum; exit code 65 where a file is damaged or cut").action(
    async (files: string[]) => {
      setExitCode(await (await import("../commands/verify.ts")).verify(files, io));
    },
  );
  add("convert <file...>", "write the trace as Parquet, Arrow or CSV, or records as the module's text")
    .requiredOption("-o, --output <file>", "x.parquet, x.arrow, x.csv, x.txt, or - for CSV on standard output")
    .option("-f, --force", "overwrite the output")
    .action(async (files: string[], options: { output: string; force?: boolean }) => {
      await (await import("../commands/convert.ts")).convert(files, options, io);
    });
  add(
    "import <path>",
    "make a .tpp of perf script, trace-cmd, trace_pipe, tcp_probe or ss text (- reads standard input)",
  )
    .requiredOption("-o, --output <file>", "capture to write")
    .option("-f, --force", "overwrite the output")
    .option("--began <time>", "when the first record was made, such as 2026-11-22T20:41:14Z", moment)
    .option("--hz <n>", "CONFIG_HZ of the machine, for times in jiffies", hertz)
    .addOption(
      new Option("--events <name...>", "tracepoints that were recorded, whether any came or not").choices(eventNames),
    )
    .addOption(
      new Option("--srtt-unit <unit>", "of the kernel's own tcp_probe: us since Linux 3.15, jiffies before").choices([
        "us",
        "jiffies",
      ]),
    )
    .action(async (path: string, options: ImportOptions & { output: string; force?: boolean }) => {
      await (await import("../commands/import.ts")).importCapture(path, options, io);
    });
  jsonOrCsv(add("flows <file...>", "one line a connection"))
    .option("--sort <column>", "by a column of the table or of the view flows, the largest number first")
    .option("--reverse", "the other way round")
    .option("--top <n>", "only the first so many (without --sort: those with most bytes acknowledged)", howMany)
    .option("--flow <n...>", "only these flows", flowNumbers)
    .option("--port <port...>", "only flows with one of these ports at either end", ports)
    .option("--all", "in the table, other ends without data of the flows shown, too")
    .action(async (files: string[], options: FlowsOptions) => {
      await (await import("../commands/flows.ts")).flows(files, options, io);
    });
  add("plot [words...]", `draw ${plotNames.join(", ")}`)
    .usage("[options] <file...> <plot>")
    .option("--list", "say of each plot what it shows and what it needs")
    .option(
      "-o, --output <file>",
      "x.svg, x.png, x.pdf, x.html or x.json (default: a terminal that shows pictures, else CAPTURE.PLOT.svg here)",
    )
    .addOption(
      new Option("--inline <protocol>", "draw in the terminal by kitty's, iTerm2's or the sixel protocol")
        .choices(protocols)
        .conflicts("output"),
    )
    .option("-f, --force", "overwrite the output")
    .option("--with <file...>", "further captures, like those after the first one")
    .option("--flow <n...>", "only these flows", flowNumbers)
    .option("--from <s>", "from this time on, seconds since the capture began", seconds)
    .option("--to <s>", "up to this time", seconds)
    .option(
      "--window <length>",
      "length of the windows of goodput, such as 100ms (default: about 150 in the picture)",
      windowSeconds,
    )
    .addOption(
      new Option("--unit <unit>", "what inflight counts (default: packets where the source does)").choices([
        "packets",
        "bytes",
      ]),
    )
    .option("--of <what>", "what cdf is of: rtt (the samples), or a numeric column of flows")
    .option("--overlay", "flows of all captures in one panel, each from its start (see --align)")
    .addOption(
      new Option("--align <where>", "where time begins (default: capture; start with --overlay or --group)").choices(
        alignments,
      ),
    )
    .option("--label <text>", "name of a capture, or of a group, in their order (may be given again)", texts)
    .option(
      "--group <pattern>",
      "captures that are runs of one experiment, such as 'cubic-*' (may be given again)",
      texts,
    )
    .option("--free-scales", "an axis of its own for each flow's panel; else those of the same quantity have one")
    .addOption(new Option("--theme <name>", "light (the default), print or dark").choices(themeNames))
    .option("--size <length>", "width of the whole picture, such as 84mm, 3.3in or 400px", length)
    .option("--height <length>", "height of the whole picture, likewise", length)
    .option("--font <name>", "an installed font, or the path of a .ttf or .otf file (default: DejaVu Sans)")
    .option("--font-size <pt>", "size of labels in points (default: 8.25; 7 where --size is small)", points)
    .addOption(new Option("--legend <place>", "where the legend stands (default: top)").choices(legendPlaces))
    .option("--width <px>", "width of the plotting area (default 800)", pixels)
    .option("--title <text>", "title instead of the plot's name")
    .option("--no-title", "neither title nor caption, for figures with a text of their own")
    .action(async (words: string[], options: PlotCommandOptions & { list?: boolean }) => {
      const { listPlots, plot } = await import("../commands/plot.ts");
      if (options.list) return listPlots(io);
      const { files, word } = await filesAndWord(words, "the name of a plot", isPlotName);
      await plot([...files, ...(options.with ?? [])], word, options, io);
    });
  add("report <file...>", "one page to explore with: flows, linked panels, events, diagnosis; it needs no network")
    .requiredOption("-o, --output <file>", "x.html")
    .option("-f, --force", "overwrite the output")
    .action(async (files: string[], options: ReportOptions) => {
      await (await import("../commands/report.ts")).report(files, options, io);
    });
  add("serve <file...>", "show captures in a browser, with SQL; one that is still being written is followed")
    .option("--port <n>", "port to listen on (default: any that is free)", port)
    .option("--listen <address>", "address to listen on (default: 127.0.0.1, which only this machine can reach)")
    .action(async (files: string[], options: ServeCommandOptions) => {
      await (await import("../commands/serve.ts")).serve(files, options, io);
    });
  addMetricCommands({ add, jsonOrCsv, io, setExitCode });
  for (const command of program.commands) refuseRepeated(command);
  return program;
}

/**
 * The parser's message, which quotes what was typed: `error: unknown option '--x'`, and below it perhaps a suggestion.
 */
function usageText(text: string): string {
  const [, line = "", guess = ""] = /^(?:error: )?([\s\S]*?)(\n\(Did you mean .*\))?\n?$/.exec(text) ?? [];
  return `analyze: ${foreignText(line)}${guess}\n`;
}

function moment(text: string): Date {
  const value = new Date(text);
  if (Number.isNaN(value.getTime()))
    throw new UsageError(`${text}: not a moment. Give one such as 2026-11-22T20:41:14Z`);
  return value;
}

function hertz(text: string): number {
  const value = wholeNumber(text, 1, 10_000);
  if (value === null) throw new UsageError(`${text}: not a CONFIG_HZ. Usual are 100, 250, 300 and 1000`);
  return value;
}

function pixels(text: string): number {
  const value = wholeNumber(text, 200, 10_000);
  if (value === null) throw new UsageError(`${text}: not a width. Give pixels from 200 to 10000`);
  return value;
}
