/**
 * The trace as programs and notebooks have it: what is asked of it comes from outside, so every argument and every
 * query is checked here, before anything is done with it. Errors are the classes of errors.ts.
 */
import { foreignText } from "@tcpprobe-plus/tpp/base";
import type { Table } from "apache-arrow";
import { asUserQuery, type Columns, type SqlValue } from "./database/database.ts";
import { objectsOf } from "./database/values.ts";
import type { Diagnosis } from "./diagnose/diagnoses.ts";
import { UsageError } from "./errors.ts";
import { alignments, legendPlaces, themeNames } from "./plots/choices.ts";
import type { PlotOptions } from "./plots/draw.ts";
import { isPlotName, type PlotName, plotNames } from "./plots/names.ts";
import type { Picture } from "./plots/picture.ts";
import { type OpenOptions, openTraceAs, Trace as PlainTrace } from "./trace/trace.ts";

/**
 * One or more captures as tables: `trace` (one row a record), and the metrics of sql/ once they are asked for.
 *
 *     await using trace = await openTrace(["run1.tpp"]);
 *     const rows = await trace.rows("SELECT flow, count(*) AS records FROM trace GROUP BY flow");
 *
 * Files may be .tpp captures or the Parquet that `analyze convert` writes; files of one rotated set are one capture.
 * Queries may read these and nothing else, unless `allowFiles` is given. Throws a UsageError, an InputError, a
 * NotACaptureError, or a TemporaryDirectoryError.
 */
export async function openTrace(paths: readonly string[], options: OpenOptions = {}): Promise<Trace> {
  if (!Array.isArray(paths) || !paths.every((path) => typeof path === "string" && path !== ""))
    throw new UsageError('openTrace takes a list of paths, such as ["run1.tpp"]');
  return openTraceAs(paths, options, (database, shared) => new Trace(database, shared));
}

/** A query for `rows`, `columns` or `arrow` is one statement that reads. Several may run at the same time. */
export class Trace extends PlainTrace {
  /**
   * One object a row, over `trace` and all views; 64-bit integers are numbers where a double holds them exactly, else
   * text.
   */
  override async rows<Row extends object = Record<string, SqlValue>>(sql: string): Promise<Row[]> {
    return objectsOf(await this.columns(sql)) as Row[];
  }

  /** The result by column. */
  override async columns(sql: string): Promise<Columns> {
    await this.#check(sql);
    return asUserQuery(() => super.columns(sql));
  }

  /** A query's result as an Arrow table; types that Arrow cannot hold alike become text or doubles. */
  async arrow(sql: string): Promise<Table> {
    await this.#check(sql);
    const { arrowTable } = await import("./export/arrow.ts");
    return asUserQuery(() => arrowTable(this.database, sql));
  }

  /**
   * What limited each flow: the main cause, what it cost, when, and what shows it, as `analyze diagnose` tells it.
   * `text` is the command's account. By default of the flows that carry data. Throws a NoSuchFlowError.
   */
  async diagnose(options: { readonly flows?: readonly number[] } = {}): Promise<(Diagnosis & { text: string })[]> {
    checkFlows("diagnose", options.flows);
    const [{ account }, { diagnosisOf, findingsOf }, { gatherFacts }] = await Promise.all([
      import("./diagnose/account.ts"),
      import("./diagnose/diagnoses.ts"),
      import("./diagnose/facts.ts"),
    ]);
    const trace = this.plain();
    const diagnoses: (Diagnosis & { text: string })[] = [];
    for await (const finding of findingsOf(trace, await gatherFacts(trace, options.flows))) {
      const path = this.captures[finding.facts.capture - 1]?.path ?? "";
      const lines = account(finding.facts, finding.verdict, finding.periods, path);
      diagnoses.push({ ...diagnosisOf(finding), text: lines.map(foreignText).join("\n") });
    }
    return diagnoses;
  }

  /** A picture of one plot. Throws a MissingColumnError where the source lacks what it needs. */
  async plot(name: PlotName, options: PlotOptions = {}): Promise<Picture> {
    checkPlot(name, options);
    const [{ drawPlot }, { toSvg }, { Picture }] = await Promise.all([
      import("./plots/draw.ts"),
      import("./plots/render.ts"),
      import("./plots/picture.ts"),
    ]);
    const { spec, notes } = await drawPlot(this.plain(), name, options);
    return new Picture(
      spec,
      await toSvg(spec),
      [`${name} of ${this.captures.map(({ path }) => path).join(", ")}`, ...notes].join("; "),
    );
  }

  /**
   * The page of `analyze report`, as HTML: flows, panels over time, events, diagnosis. It needs no network and is at
   * most about 10 MB long.
   */
  async report(): Promise<string> {
    const { reportHtml } = await import("./report/report.ts");
    return reportHtml(this.plain());
  }

  /** The views are loaded first: without them, DuckDB cannot say what the query would answer. */
  async #check(sql: string): Promise<void> {
    if (typeof sql !== "string") throw new UsageError("a query is text");
    await this.needOf(sql);
    await asUserQuery(() => this.database.statement(sql));
  }

  /** The library's own queries need no check. */
  protected override plain(): PlainTrace {
    return this.asPlain();
  }
}

function checkFlows(what: string, flows: unknown): void {
  const isFlow = (flow: unknown): boolean => Number.isSafeInteger(flow) && (flow as number) > 0;
  if (flows !== undefined && !(Array.isArray(flows) && flows.length > 0 && flows.every(isFlow)))
    throw new UsageError(`${what}: flows must be a list of flows' numbers, from 1`);
}

function checkPlot(name: string, options: PlotOptions): void {
  const { flows, from, to, window, width, title, unit, size, labels, groups, fontSize } = options;
  const must = (holds: boolean, what: string): void => {
    if (!holds) throw new UsageError(`plot: ${what}`);
  };
  const isNumber = (value: unknown, least: number, most: number): boolean =>
    typeof value === "number" && value >= least && value <= most;
  const absentOr = (value: unknown, holds: boolean): boolean => value === undefined || holds;
  must(isPlotName(name), `there is no plot ${String(name)}, but ${plotNames.join(", ")}`);
  checkFlows("plot", flows);
  must(
    absentOr(from, isNumber(from, -1e9, 1e9)) && absentOr(to, isNumber(to, -1e9, 1e9)),
    "from and to must be seconds",
  );
  must(absentOr(window, isNumber(window, 1e-6, 1e9)), "window must be seconds, from 1e-6 to 1e9");
  must(absentOr(width, isNumber(width, 10, 20_000)), "width must be pixels, from 10 to 20,000");
  must(absentOr(title, typeof title === "string" || title === false), "title must be text, or false for none");
  const isText = (value: unknown): boolean => typeof value === "string" && value !== "";
  const areTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
  must(
    absentOr(labels, areTexts(labels)) && absentOr(groups, areTexts(groups)),
    "labels and groups must be lists of text",
  );
  for (const one of ["of", "font"] as const) must(absentOr(options[one], isText(options[one])), `${one} must be text`);
  for (const one of ["overlay", "freeScales"] as const)
    must(absentOr(options[one], typeof options[one] === "boolean"), `${one} must be true or false`);
  for (const [one, words] of [
    ["theme", themeNames],
    ["legend", legendPlaces],
    ["align", alignments],
  ] as const)
    must(
      absentOr(options[one], (words as readonly unknown[]).includes(options[one])),
      `${one} must be ${words.slice(0, -1).join(", ")} or ${words.at(-1)}`,
    );
  must(absentOr(fontSize, isNumber(fontSize, 4, 96)), "fontSize must be pixels, from 4 to 96");
  must(
    absentOr(
      size,
      typeof size === "object" &&
        size !== null &&
        [size.width, size.height].every((one) => absentOr(one, isNumber(one, 80, 10_000))),
    ),
    "size must be { width, height } in pixels, from 80 to 10,000",
  );
  must(absentOr(unit, unit === "packets" || unit === "bytes"), "unit must be packets or bytes");
}
