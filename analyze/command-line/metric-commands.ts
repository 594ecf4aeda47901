/** The definitions of the commands that query the metrics. program.ts has the others, and what all share. */
import { type Command, Option } from "commander";
import type { CheckOptions } from "../commands/check.ts";
import type { CompareOptions } from "../commands/compare.ts";
import type { MetricsOptions } from "../commands/metrics.ts";
import type { CommandIo } from "../commands/open.ts";
import type { FormatOptions } from "../commands/rows.ts";
import type { SqlOptions } from "../commands/sql.ts";
import { metricNames, viewNames } from "../trace/views.ts";
import { flowNumbers, texts, windowSeconds } from "./options.ts";
import { filesAndWord } from "./words.ts";

export interface Definition {
  readonly add: (usage: string, description: string) => Command;
  readonly jsonOrCsv: (command: Command) => Command;
  readonly io: CommandIo;
  readonly setExitCode: (code: number) => void;
}

const outputInstead = () =>
  new Option("-o, --output <file>", "x.parquet, x.arrow, x.csv or x.json instead of printing").conflicts([
    "json",
    "csv",
  ]);

export function addMetricCommands({ add, jsonOrCsv, io, setExitCode }: Definition): void {
  jsonOrCsv(add("events <file...>", "timeouts, episodes, ends of slow start, resets, in order of time"))
    .option("--flow <n...>", "only these flows", flowNumbers)
    .action(async (files: string[], options: FormatOptions & { flow?: number[] }) => {
      await (await import("../commands/events.ts")).events(files, options, io);
    });
  jsonOrCsv(
    add("metrics [words...]", `every row of a metric: ${metricNames.join(", ")}`).usage("[options] <file...> <name>"),
  )
    .addOption(outputInstead())
    .option("-f, --force", "overwrite the output")
    .option("--with <file...>", "further captures, like those after the first one")
    .option("--flow <n...>", "only these flows", flowNumbers)
    .option("--window <length>", "length of the windows, such as 100ms or 0.1 (default 100ms)", windowSeconds)
    .action(async (words: string[], options: MetricsOptions & { with?: string[] }) => {
      const { files, word } = await filesAndWord(words, "the name of a metric", (text) => metricNames.includes(text));
      await (await import("../commands/metrics.ts")).metrics([...files, ...(options.with ?? [])], word, options, io);
    });
  add("diagnose <file...>", "what limited each flow, how much time that cost, when, and what shows it")
    .option("--flow <n...>", "only these flows", flowNumbers)
    .option("--json", "print JSON")
    .action(async (files: string[], options: { flow?: number[]; json?: boolean }) => {
      await (await import("../commands/diagnose.ts")).diagnose(files, options, io);
    });
  jsonOrCsv(add("compare <file...>", "runs side by side: the first, and how the others differ from it"))
    .option(
      "--group <pattern>",
      "runs of one experiment, such as 'cubic-*': their mean, interval and a test (may be given again)",
      texts,
    )
    .option("--label <text>", "name of a group, in their order (may be given again)", texts)
    .action(async (files: string[], options: CompareOptions) => {
      await (await import("../commands/compare.ts")).compare(files, options, io);
    });
  add("check [file...]", "hold assertions and rules against the flows; exit code 1 where one does not hold")
    .option("--assert <expression>", 'such as "goodput_bps > 9e6" or "sum(rtos) = 0" (may be given again)', texts)
    .option("--assertions <file>", "a YAML or JSON list of assertions")
    .option(
      "--pack [name]",
      "rules: a pack's name, or a YAML file (may be given again; without one, lists them)",
      texts,
    )
    .option("--flow <n...>", "only these flows (default: those that carry data)", flowNumbers)
    .option("--junit <file>", "write a JUnit report too")
    .option("--json", "print JSON")
    .action(async (files: string[], options: CheckOptions) => {
      setExitCode(await (await import("../commands/check.ts")).check(files, options, io));
    });
  jsonOrCsv(
    add("sql [words...]", `run a DuckDB query (- reads it from standard input) over ${viewNames.join(", ")}`).usage(
      "[options] <file...> [query]",
    ),
  )
    .addOption(new Option("--parquet", "write Parquet to standard output").conflicts(["json", "csv", "output"]))
    .addOption(outputInstead())
    .option("-f, --force", "overwrite the output")
    .option("--query-file <file>", "read the query from a file")
    .option("--with <file...>", "further captures, like those after the first one")
    .option("--window <length>", "length of the windows, such as 100ms or 0.1 (default 100ms)", windowSeconds)
    .option("--allow-files", "let the query do all that DuckDB can: read and write files, load extensions")
    .action(async (words: string[], options: SqlOptions & { with?: string[]; queryFile?: string }) => {
      const { filesAndQuery, queryText } = await import("../commands/query-text.ts");
      const { files, typed } = await filesAndQuery(words, options.queryFile !== undefined);
      const query = await queryText(typed, options.queryFile);
      await (await import("../commands/sql.ts")).sql([...files, ...(options.with ?? [])], query, options, io);
    });
  add("schema [view]", "the documented columns of a view; without one, what each view is")
    .option("--json", "print JSON")
    .action(async (view: string | undefined, options: { json?: boolean }) => {
      await (await import("../commands/schema.ts")).schema(view, options, io);
    });
}

/**
 * A query that begins with a SQL comment (`-- …`) would be taken for an option. A line feed before it prevents this.
 */
export const withQueries = (argv: readonly string[]): string[] =>
  argv.includes("sql") ? argv.map((arg) => (/^--(\s|.*\n)/.test(arg) ? `\n${arg}` : arg)) : [...argv];
