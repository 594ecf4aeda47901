/** What can go wrong with a .tpp file in a way that its user can mend; each message is one line with the next step. */
import { foreignText } from "./foreign-text.ts";

export class TppError extends Error {
  override readonly name: string = "TppError";
}

/** A file that cannot be read for what it holds. `why` is the message without the file's name. */
export class TppInputError extends TppError {
  override readonly name: string = "TppInputError";
  readonly why: string;
  constructor(path: string, why: string, options?: ErrorOptions) {
    super(`${foreignText(path)}: ${why}`, options);
    this.why = why;
  }
}

export class NotTppError extends TppInputError {
  override readonly name = "NotTppError";
  constructor(path: string, fileBytes: number) {
    const what = fileBytes === 0 ? "is empty" : "is not a .tpp file (no tpp header found)";
    super(path, `${what}. \`capture run -o FILE\` writes one.`);
  }
}

/** A pipe or a device, which cannot be read at any place. */
export class NotAFileError extends TppInputError {
  override readonly name = "NotAFileError";
  constructor(path: string) {
    super(path, "is no regular file. Write what comes from there to a file first, and give that.");
  }
}

/** More text than a recording of its size has: made to fill memory and disk, or the same line millions of times. */
export class ExpansionError extends TppInputError {
  override readonly name = "ExpansionError";
  constructor(path: string, rawBytes: number, storedBytes: number, maxExpansion: number) {
    const times = Math.ceil(rawBytes / Math.max(storedBytes, 1));
    super(
      path,
      `claims ${rawBytes} bytes of text in ${storedBytes} of file, ${times} times as much; ${maxExpansion} is allowed, real recordings have 5 to 30. If you trust it, give --max-expansion ${times}.`,
    );
  }
}

/** A value of a header that is to be written and that no reader would take. */
export class HeaderValueError extends TppError {
  override readonly name = "HeaderValueError";
  constructor(problem: string) {
    super(`the capture's metadata would not be read again: ${problem}. Nothing was written.`);
  }
}

export class OutputExistsError extends TppError {
  override readonly name = "OutputExistsError";
  constructor(path: string) {
    super(
      `${foreignText(path)}: exists already and is left as it is. Choose another name, or give -f to overwrite it.`,
    );
  }
}

export class OutputDirectoryError extends TppError {
  override readonly name = "OutputDirectoryError";
  constructor(path: string, directory: string) {
    const shown = foreignText(directory);
    super(`${foreignText(path)}: the directory ${shown} does not exist. Make it first (mkdir -p ${shown}).`);
  }
}

export class OutputOpenError extends TppError {
  override readonly name = "OutputOpenError";
  constructor(path: string, cause: NodeJS.ErrnoException) {
    super(
      `${foreignText(path)}: cannot be written (${cause.code ?? cause.message}). Choose a file that this user may write.`,
      {
        cause,
      },
    );
  }
}

export class DiskFullError extends TppError {
  override readonly name = "DiskFullError";
  constructor(path: string, wholeBytes: number, cause: NodeJS.ErrnoException) {
    super(
      `${foreignText(path)}: no space left after ${wholeBytes} bytes (${cause.code}); stopped. All that was written before is whole; free space and start again.`,
      { cause },
    );
  }
}

export class OutputWriteError extends TppError {
  override readonly name = "OutputWriteError";
  constructor(path: string, wholeBytes: number, cause: NodeJS.ErrnoException) {
    super(
      `${foreignText(path)}: writing failed after ${wholeBytes} bytes (${cause.code ?? cause.message}); stopped. All before that is whole; check the disk.`,
      { cause },
    );
  }
}

export class OutputClosedError extends TppError {
  override readonly name = "OutputClosedError";
  constructor(path: string, wholeBytes: number, cause: NodeJS.ErrnoException) {
    super(
      `${foreignText(path)}: whoever read it has gone after ${wholeBytes} bytes (${cause.code}); stopped. What it took is whole frames and perhaps a cut one.`,
      { cause },
    );
  }
}

export class SameFileError extends TppError {
  override readonly name = "SameFileError";
  constructor(path: string) {
    super(`${foreignText(path)}: is both input and output. Choose another name for the output.`);
  }
}

export class NothingToRecoverError extends TppInputError {
  override readonly name = "NothingToRecoverError";
  constructor(path: string, damage: string) {
    super(path, `${damage}, so its records have no meaning. \`zstd -dc FILE\` prints what text is left.`);
  }
}

/** A frame that the walk held for intact does not decompress to what its checkpoint says. */
export class DamagedFrameError extends TppInputError {
  override readonly name = "DamagedFrameError";
  constructor(path: string, text: string) {
    super(path, `${text}. \`capture recover FILE -o NEW\` writes the intact frames to a whole file.`);
  }
}

/** A whole file that was to be written beside others. Nothing of it is left. */
export class NotWrittenError extends TppError {
  override readonly name = "NotWrittenError";
  constructor(path: string, cause: NodeJS.ErrnoException) {
    const next = ["ENOSPC", "EDQUOT", "EFBIG"].includes(cause.code ?? "")
      ? "Free some space"
      : "Check the disk and the folder";
    super(
      `${foreignText(path)}: could not be written (${cause.code ?? cause.message}). Nothing of it is left, and what was there before is as it was. ${next}, and run it again.`,
      { cause },
    );
  }
}
