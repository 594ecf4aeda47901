/**
 * Errors a user can meet: one line of sentences that says what is wrong, where, and what to do next; and the exit code
 * to end with.
 * Codes are those of tpp/exit-codes.ts.
 */
import { exitCodes } from "@tcpprobe-plus/tpp/base";
import { nearest } from "./nearest.ts";

export class AnalyzeError extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode: number, options?: ErrorOptions) {
    super(/[.!?]$/.test(message) ? message : `${message}.`, options);
    this.name = new.target.name;
    this.exitCode = exitCode;
  }
}

export class InputError extends AnalyzeError {
  /** `beside`: the paths that may have been meant where there is none. */
  constructor(path: string, cause: NodeJS.ErrnoException, beside: readonly string[] = []) {
    const why: Record<string, string> = {
      ENOENT: "no such file",
      EACCES: "permission denied. Read it as the user who captured it, or change its mode",
      EISDIR: "is a directory without a .tpp file in it",
    };
    const guess = cause.code === "ENOENT" ? nearest(path, beside) : null;
    const meant = guess === null ? "" : `. Did you mean ${guess}?`;
    super(`${path}: ${why[cause.code ?? ""] ?? cause.message}${meant}`, exitCodes.noInput, { cause });
  }
}

/** A pipe or a device instead of a file. A capture is read twice, and not from front to back. */
export class NotAFileError extends AnalyzeError {
  constructor(path: string, isPipe: boolean) {
    super(
      `${path}: is ${isPipe ? "a pipe, which can be read only once. Save what comes out of it to a file and give that" : "no file. Give a file"}`,
      exitCodes.noInput,
    );
  }
}

export class NotACaptureError extends AnalyzeError {
  constructor(path: string, why: string) {
    super(`${path}: ${why}`, exitCodes.badInput);
  }
}

/** A plot or metric needs a column that no given capture has. */
export class MissingColumnError extends AnalyzeError {
  constructor(what: string, column: string, source: string, suppliers: readonly string[]) {
    super(
      `${what} needs ${column}, which the ${source} source does not supply. Capture with ${suppliers.map((s) => `--source ${s}`).join(" or ")} to have it`,
      exitCodes.unavailable,
    );
  }
}

/** A pack of rules that is wrong, with its line. */
export class PackError extends AnalyzeError {
  constructor(path: string, line: number | null, why: string, options?: ErrorOptions) {
    super(`${path}${line === null ? "" : `:${line}`}: ${why}`, exitCodes.usage, options);
  }
}

export class NoSuchFlowError extends AnalyzeError {
  constructor(flow: number, count: number) {
    super(
      `no flow ${flow}: the capture has ${count === 0 ? "no flows" : `flows 1 to ${count}`}. \`analyze flows\` lists them`,
      exitCodes.badInput,
    );
  }
}

export class PagerError extends AnalyzeError {
  constructor(command: string) {
    super(
      `the pager ${command} cannot be run. --no-pager prints without one; PAGER names another`,
      exitCodes.cannotCreate,
    );
  }
}

export class NoFlowOfPortError extends AnalyzeError {
  constructor(ports: readonly number[]) {
    super(
      `no flow has port ${ports.join(" or ")} at either end. \`analyze flows\` lists the flows`,
      exitCodes.badInput,
    );
  }
}

export class NothingToDrawError extends AnalyzeError {
  constructor(plot: string, where: string) {
    super(
      `nothing to draw: no records for ${plot} ${where}. \`analyze flows\` and \`analyze info\` show what there is`,
      exitCodes.badInput,
    );
  }
}

export class OutputError extends AnalyzeError {
  /** `to`: a path, or "to standard output". */
  constructor(to: string, cause: unknown) {
    const why: Record<string, string> = {
      ENOENT: "its directory does not exist. Create it first",
      ENOTDIR: "what should be its directory is a file",
      EISDIR: "it is a directory. Name a file in it",
      EACCES: "permission denied",
      EPERM: "permission denied",
      EROFS: "the file system is read-only",
      ELOOP: "its links lead in a circle",
      ENAMETOOLONG: "the name is too long for the file system",
      ENOSPC: "the disk is full. Free some space and run again",
      EDQUOT: "the disk quota is used up. Free some space and run again",
      EFBIG: "it would be larger than files may be here",
      EPIPE: "its reader went away",
    };
    super(`cannot write ${to}: ${why[systemCode(cause)] ?? firstLine(cause)}`, exitCodes.cannotCreate, { cause });
  }
}

/** Where the parsed text is, and what DuckDB cannot hold in memory. `directory` is the user's, not ours in it. */
export class TemporaryDirectoryError extends AnalyzeError {
  constructor(directory: string, cause: unknown) {
    const why: Record<string, string> = {
      ENOENT: "there is no such directory",
      ENOTDIR: "it is no directory",
      EACCES: "permission denied",
      EROFS: "it is read-only",
      ENOSPC: "no space is left there",
      EDQUOT: "the disk quota is used up",
    };
    const code = systemCode(cause);
    const next = ["ENOSPC", "EDQUOT"].includes(code)
      ? "Free some, or name a directory with more in the environment variable TMPDIR"
      : "Name another directory in the environment variable TMPDIR";
    super(
      `cannot write temporary files to ${directory}: ${why[code] ?? firstLine(cause)}. ${next}`,
      exitCodes.cannotCreate,
      { cause },
    );
  }
}

/** DuckDB gives the system's words instead of a code. Its own limit is what was free when it began. */
function systemCode(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  const words: Record<string, string> = {
    "No such file or directory": "ENOENT",
    "Permission denied": "EACCES",
    "No space left": "ENOSPC",
    max_temp_directory_size: "ENOSPC",
    "Disk quota exceeded": "EDQUOT",
  };
  return code ?? words[Object.keys(words).find((text) => message.includes(text)) ?? ""] ?? "";
}

const firstLine = (cause: unknown): string => (cause as Error).message.split("\n")[0]!;

/** The reader of standard output went away, as `| head` does. The command ends without a word. */
export class OutputClosedError extends AnalyzeError {
  constructor() {
    super("the reader of standard output went away", exitCodes.ok);
  }
}

export class OutputExistsError extends AnalyzeError {
  constructor(path: string) {
    super(
      `${path} exists already and is left as it is. Choose another name, or give -f to overwrite it`,
      exitCodes.cannotCreate,
    );
  }
}

/** The path for the report of `check` has another file, which is no report. */
export class NotAReportError extends AnalyzeError {
  constructor(path: string) {
    super(
      `${path} exists already, is no JUnit report, and is left as it is. Choose another name`,
      exitCodes.cannotCreate,
    );
  }
}

export class OutputIsInputError extends AnalyzeError {
  constructor(path: string, input: string) {
    const which = path === input ? "" : ` (${input})`;
    super(`${path} is what is read${which}, and would be lost. Choose another name`, exitCodes.cannotCreate);
  }
}

export class UnknownFormatError extends AnalyzeError {
  constructor(path: string, known: readonly string[]) {
    super(`${path}: the name's ending picks the format. Use one of ${known.join(", ")}`, exitCodes.usage);
  }
}

/** Of a source whose records are other moments, with other fields. */
export class NoRecordTextError extends AnalyzeError {
  constructor(path: string, source: string) {
    super(
      `${path}: records of ${source} have not the fields of the documented text. .csv, .parquet and .arrow take them`,
      64,
    );
  }
}

export class SqlError extends AnalyzeError {
  constructor(cause: Error) {
    const said = cause instanceof NumberTooLargeError ? (cause.cause as Error) : cause;
    const text = said.message.replaceAll(/\s*\n\s*/g, " ");
    const locked = /disabled by configuration|disabled through configuration|configuration has been locked/.test(text);
    super(`the query failed: ${text}${locked ? `; ${onlyCaptures}` : ""}`, exitCodes.badInput, { cause });
  }
}

const onlyCaptures =
  "A query may touch nothing but the captures that were given. --allow-files of `analyze sql`, or allowFiles of openTrace, lets it use files and DuckDB's extensions";

/** A query names a table that there is not. `meant`: what to say of the nearest, and which there are. */
export class NoSuchViewError extends AnalyzeError {
  constructor(name: string, meant: string, cause: Error) {
    super(`${name}: no such view.${meant}`, exitCodes.badInput, { cause });
  }
}

/** A query that does more than to read the captures, or several at once. */
export class RefusedStatementError extends AnalyzeError {
  constructor(found: string) {
    super(
      `a query is one statement that reads (SELECT, FROM, WITH, VALUES, PIVOT, DESCRIBE, SUMMARIZE, SHOW or EXPLAIN), and this is ${found}. ${onlyCaptures}`,
      exitCodes.usage,
    );
  }
}

/** A Parquet file whose content is not what its metadata says. */
export class DamagedParquetError extends AnalyzeError {
  constructor(path: string, cause: Error) {
    super(
      `${path}: its Parquet cannot be read (${firstLine(cause).replaceAll(/"?\/\S*-input\.parquet"?/g, "the file")}). Convert the capture again`,
      exitCodes.badInput,
      { cause },
    );
  }
}

/** More windows than this would fill the disk before anybody looked at them; sql/_dialect.sql has the number. */
export class TooManyWindowsError extends AnalyzeError {
  constructor(windows: number, most: number) {
    const shown = (count: number) => count.toLocaleString("en-US");
    super(
      `the captures have ${shown(windows)} windows of this length, and ${shown(most)} are the most. Give a longer one with --window`,
      exitCodes.badInput,
    );
  }
}

/** A number of the capture that TCP cannot have, which no check before has found. */
export class NumberTooLargeError extends AnalyzeError {
  constructor(cause: Error) {
    super(`the capture has a number that TCP cannot have: ${firstLine(cause)}`, exitCodes.badInput, { cause });
  }
}

export class TraceClosedError extends AnalyzeError {
  constructor() {
    super("the trace is closed. Open it again with openTrace", exitCodes.usage);
  }
}

/** `analyze serve` cannot listen where it is to. */
export class ListenError extends AnalyzeError {
  constructor(address: string, port: number, cause: NodeJS.ErrnoException) {
    const why: Record<string, string> = {
      EADDRINUSE: "another program listens there. Give another --port, or none for any that is free",
      EADDRNOTAVAIL: "this machine does not have that address",
      EACCES: "only root may listen on ports below 1024. Give a higher --port",
    };
    super(
      `cannot listen on ${address}${port === 0 ? "" : `, port ${port}`}: ${why[cause.code ?? ""] ?? cause.message}`,
      cause.code === "EADDRINUSE" ? exitCodes.busy : exitCodes.unavailable,
      { cause },
    );
  }
}

/** A link in a directory that is to be served leads to somewhere else. */
export class NoLinkServedError extends AnalyzeError {
  constructor(path: string) {
    super(`${path}: is a link that leads out of its directory. Name the file itself to serve it`, exitCodes.badInput);
  }
}

export class UsageError extends AnalyzeError {
  constructor(message: string) {
    super(message, exitCodes.usage);
  }
}

export class NothingToCheckError extends AnalyzeError {
  constructor() {
    super(
      "no flow carries data, so there is nothing to check. `analyze flows` lists what there is, --flow picks any",
      exitCodes.badInput,
    );
  }
}
