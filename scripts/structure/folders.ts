/**
 * The folders, what each is, and which others its files may import. `npm run check` checks every import against this
 * table, and docs/architecture.md shows it. A folder comes before all folders that it may import, so the table cannot
 * contain a circle.
 */

export interface Folder {
  /** Path of the folder or file, from the root. A file belongs to the longest entry that matches. */
  readonly path: string;
  /** What it is, in a line. */
  readonly what: string;
  /** Entries of this table that it may import, in addition to itself. */
  readonly imports: readonly string[];
}

/** Files that every folder of the package may import. They import only one another. */
const analyzeBase = [
  "analyze/errors.ts",
  "analyze/version.ts",
  "analyze/nearest.ts",
  "analyze/temporary.ts",
  "tpp/base.ts",
  "tpp/columns",
  "tpp/index.ts",
];
const captureBase = ["capture/errors.ts", "capture/version.ts", "tpp/base.ts", "tpp/columns", "tpp/write.ts"];
const tppBase = ["tpp/errors.ts", "tpp/foreign-text.ts", "tpp/exit-codes.ts", "tpp/port.ts", "tpp/units.ts"];

const analyze = (name: string, what: string, ...imports: readonly string[]): Folder => ({
  path: `analyze/${name}`,
  what,
  imports: [...analyzeBase, ...imports.map((one) => `analyze/${one}`)],
});
const capture = (name: string, what: string, ...imports: readonly string[]): Folder => ({
  path: `capture/${name}`,
  what,
  imports: [...captureBase, ...imports.map((one) => `capture/${one}`)],
});
const tpp = (name: string, what: string, ...imports: readonly string[]): Folder => ({
  path: `tpp/${name}`,
  what,
  imports: [...tppBase, ...imports.map((one) => `tpp/${one}`)],
});

/**
 * `capture recover` reads files. It imports the readers only when it runs, so that `capture run` starts without them.
 */
const withReading = (folder: Folder): Folder => ({ ...folder, imports: [...folder.imports, "tpp/index.ts"] });

export const folders: readonly Folder[] = [
  tpp(
    "index.ts",
    "the format as `analyze` and other programs import it",
    "recover.ts",
    "read",
    "write",
    "format",
    "columns",
  ),
  tpp("write.ts", "the part of it that `capture` starts with: no reading", "read", "write", "format", "columns"),
  tpp("base.ts", "what a command needs before it knows what it is to do"),
  tpp("recover.ts", "the intact frames of a damaged file as a whole one", "read", "write", "format"),
  tpp("read", "walking, reading and verifying a file", "format"),
  tpp("write", "writing a file: frames, checkpoints, trailer; never over another", "format"),
  tpp("format", "what both sides share: frames, header, checkpoints, layout of binary records", "columns"),
  tpp("columns", "the table of columns: name, unit, type, meaning, the sources that supply it"),
  tpp("errors.ts", "errors of reading and writing"),
  { path: "tpp/foreign-text.ts", what: "text from outside, as people are shown it", imports: [] },
  { path: "tpp/code-cache.js", what: "where Node may keep compiled code", imports: [] },
  { path: "tpp/exit-codes.ts", what: "exit codes of both commands", imports: [] },
  { path: "tpp/port.ts", what: "a port from text", imports: [] },
  { path: "tpp/units.ts", what: "sizes and rates as text", imports: [] },

  {
    path: "capture/bin",
    what: "starts the command",
    imports: ["capture/cli.ts", "tpp/code-cache.js", "capture/dist"],
  },
  {
    path: "capture/dist",
    what: "capture and tpp as they are published, made by scripts/build/publish.ts",
    imports: [],
  },
  capture("cli.ts", "parses, runs one command, reports an error", "command-line", "terminal"),
  capture(
    "command-line",
    "what commands and options there are",
    "commands",
    "run",
    "sources",
    "module",
    "filter",
    "terminal",
  ),
  withReading(
    capture(
      "commands",
      "one function a command",
      ...["run", "doctor", "snapshot", "sources", "module", "system", "terminal"],
    ),
  ),
  capture(
    "run",
    "one recording: reading, writing, limits, signals",
    "snapshot",
    "sources",
    "filter",
    "system",
    "terminal",
  ),
  capture(
    "doctor",
    "which sources work here, or why not",
    ...["snapshot", "sources", "bpf", "module", "tracefs", "system", "terminal"],
  ),
  capture("snapshot", "the settings that go into a file's header", "sources", "module", "filter", "system"),
  capture("sources", "one file a source; `choose.ts` takes the best", "bpf", "module", "tracefs", "filter", "system"),
  capture("bpf", "the BPF program, its object (`npm run build:bpf`), and what loads and reads it", "filter", "system"),
  capture("module", "the module from outside: settings, counters; `build/` builds, loads, unloads it", "system"),
  capture("tracefs", "instances and events of tracefs", "filter", "system"),
  capture("filter", "which connections are captured: ports, addresses, namespace, cgroup, process", "system"),
  capture("system", "programs and processes of this host"),
  capture("terminal", "lines, numbers and streams for people"),
  { path: "capture/errors.ts", what: "one class an error", imports: ["tpp/base.ts"] },
  { path: "capture/version.ts", what: "the version", imports: ["capture/package.json"] },

  { path: "analyze/bin", what: "starts the command", imports: ["analyze/cli.ts", "tpp/code-cache.js"] },
  {
    path: "analyze/dist",
    what: "analyze and tpp as a package, made by scripts/build/publish.ts",
    imports: [],
  },
  analyze("cli.ts", "parses, runs one command, reports an error", "command-line", "terminal", "trace"),
  analyze("command-line", "what commands and options there are", "commands", "plots", "import", "trace", "terminal"),
  analyze(
    "commands",
    "one function a command",
    ...["serve", "report", "compare", "describe", "plots", "diagnose", "check", "packs", "export", "import"],
    ...["trace", "captures", "database", "terminal"],
  ),
  analyze(
    "index.ts",
    "what programs and notebooks import",
    "library.ts",
    "plots",
    "diagnose",
    "trace",
    "captures",
    "database",
  ),
  analyze(
    "library.ts",
    "a trace for programs: every argument is checked",
    ...["report", "plots", "diagnose", "export", "trace", "database"],
  ),
  analyze(
    "serve/client",
    "the served page's script: where its data comes from, and the place for queries",
    ...["report/client", "report"],
  ),
  analyze(
    "serve",
    "the page over HTTP: `access.ts` says who may ask, `sql.ts` which queries; growing captures are followed",
    ...["report", "export", "trace", "database"],
  ),
  analyze("report/client", "the page's script, bundled by `npm run build:page`", "report", "plots", "terminal"),
  analyze(
    "report",
    "the page: `collect.ts` asks the views, `model.ts` is what the browser gets, `page.ts` writes the HTML",
    ...["plots", "compare", "describe", "diagnose", "trace", "captures", "database", "terminal"],
  ),
  analyze(
    "plots",
    "drawing; `kinds/` has one file a plot, `reduce.ts` leaves a few points a pixel",
    ...["trace", "captures", "database"],
  ),
  analyze("compare", "runs side by side, and groups of them", "trace", "database", "terminal"),
  analyze("describe", "what a capture is, in words", "trace", "captures", "terminal"),
  analyze("diagnose", "what held a flow: rules over metrics", "trace", "terminal"),
  analyze("check", "assertions over metrics", "packs", "trace", "database", "terminal"),
  analyze(
    "packs",
    "rules of the standards over metrics; a YAML file a pack",
    "trace",
    "captures",
    "database",
    "terminal",
  ),
  analyze("import", "other programs' text to .tpp", "records", "captures"),
  analyze(
    "export",
    "answers as CSV, JSON, Arrow, text; `file.ts` writes every output file",
    "records",
    "captures",
    "database",
  ),
  analyze(
    "trace",
    "opening captures; the views and their documented columns",
    "cache",
    "parquet",
    "records",
    "captures",
    "database",
  ),
  analyze(
    "cache",
    "what an earlier command made; its name covers all code that can change it",
    "parquet",
    "captures",
    "database",
  ),
  analyze("parquet", "a capture as Parquet, written and read", "records", "captures", "database"),
  analyze(
    "records",
    "the pass: bytes to typed columns in order; `texts/` has a file for each kind of text",
    "captures",
  ),
  analyze("captures", "what a path is: files, rotated sets, losses; what a capture can tell", "database"),
  analyze("database", "DuckDB: queries, values, what a query may touch"),
  analyze(
    "sql",
    "metrics, a view a file; a name that begins with `_` is private; `_dialect.sql` holds the macros that are specific to DuckDB",
  ),
  analyze("terminal", "tables, units, streams; it knows text, never a trace"),
  { path: "analyze/errors.ts", what: "one class an error", imports: ["tpp/base.ts", "analyze/nearest.ts"] },
  { path: "analyze/nearest.ts", what: "the nearest name to one that is misspelt", imports: [] },
  { path: "analyze/temporary.ts", what: "temporary directories, removed however the program ends", imports: [] },
  { path: "analyze/version.ts", what: "the version", imports: ["analyze/package.json"] },

  { path: "lab", what: "real traffic, and what this machine allows; scripts and tests use it", imports: [] },
];
