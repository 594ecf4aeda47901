/** Errors with .tpp files that a user can do something about. Each message is one line and names the next step. */
import { foreignText } from "./foreign-text.ts";

/** Makes the message safe for a terminal, because names in it, such as a file's, are foreign text. */
export class TppError extends Error {
  override readonly name: string = "TppError";
  constructor(message: string, options?: ErrorOptions) {
    super(foreignText(message), options);
  }
}

/** A file whose contents cannot be read. `why` is the message without the file's name. */
export class TppInputError extends TppError {
  override readonly name: string = "TppInputError";
  readonly why: string;
  constructor(path: string, why: string, options?: ErrorOptions) {
    super(`${path}: ${why}`, options);
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

/** A pipe or a device, which cannot be read at arbitrary offsets. */
export class NotAFileError extends TppInputError {
  override readonly name = "NotAFileError";
  constructor(path: string) {
    super(path, "is not a regular file. Write its output to a file first, and give that file.");
  }
}

/** More text than a recording of this size can have. It may be meant to fill memory and disk. */
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

/** A file that was followed while it was written, and can be followed no further. What was read of it stays good. */
export class NotFollowedError extends TppInputError {
  override readonly name = "NotFollowedError";
}

/** A header was to be written with a value that no reader accepts. */
export class HeaderValueError extends TppError {
  override readonly name = "HeaderValueError";
  constructor(problem: string) {
    super(`no reader would accept the capture's metadata: ${problem}. Nothing was written.`);
  }
}

export class OutputExistsError extends TppError {
  override readonly name = "OutputExistsError";
  constructor(path: string) {
    super(`${path}: exists already and is left as it is. Choose another name, or give -f to overwrite it.`);
  }
}

export class OutputDirectoryError extends TppError {
  override readonly name = "OutputDirectoryError";
  constructor(path: string, directory: string) {
    super(`${path}: the directory ${directory} does not exist. Make it first (mkdir -p ${directory}).`);
  }
}

export class OutputOpenError extends TppError {
  override readonly name = "OutputOpenError";
  constructor(path: string, cause: NodeJS.ErrnoException) {
    super(`${path}: cannot be written (${cause.code ?? cause.message}). Choose a file that this user may write.`, {
      cause,
    });
  }
}

const kinds = {
  "symbolic link": "is a symbolic link, which is not followed. Give the name of the file itself.",
  "block device": "is a block device, which is not written over. Choose a file.",
  socket: "is a socket. Choose a file, or write to standard output with -o -.",
  "unread FIFO": "is a FIFO that nobody reads from. Start its reader first.",
  replaced: "was replaced by something else at the moment it was opened. Choose a folder that only you may write.",
} as const;

/** The output's name refers to something that must not be written to. */
export class OutputKindError extends TppError {
  override readonly name = "OutputKindError";
  constructor(path: string, kind: keyof typeof kinds) {
    super(`${path}: ${kinds[kind]}`);
  }
}

export class DiskFullError extends TppError {
  override readonly name = "DiskFullError";
  constructor(path: string, wholeBytes: number, cause: NodeJS.ErrnoException) {
    super(
      `${path}: no space left after ${wholeBytes} bytes (${cause.code}); stopped. All that was written before is whole; free space and start again.`,
      { cause },
    );
  }
}

export class OutputWriteError extends TppError {
  override readonly name = "OutputWriteError";
  constructor(path: string, wholeBytes: number, cause: NodeJS.ErrnoException) {
    super(
      `${path}: writing failed after ${wholeBytes} bytes (${cause.code ?? cause.message}); stopped. All before that is whole; check the disk.`,
      { cause },
    );
  }
}

/** A write failed, and the partial frame that it left could not be truncated. */
export class OutputTornError extends TppError {
  override readonly name = "OutputTornError";
  constructor(path: string, wholeBytes: number, cause: NodeJS.ErrnoException) {
    super(
      `${path}: writing failed after ${wholeBytes} bytes (${cause.code ?? cause.message}), and the partial frame after them could not be removed; stopped. \`capture recover ${path} -o NEW\` writes the whole frames to another file.`,
      { cause },
    );
  }
}

/** Everything was written, but the system then reported that it is not on the disk. */
export class OutputSyncError extends TppError {
  override readonly name = "OutputSyncError";
  constructor(path: string, call: "fsync" | "close", cause: NodeJS.ErrnoException) {
    super(
      `${path}: the disk did not confirm what was written (${call}: ${cause.code ?? cause.message}), so the file may not be whole. Check the disk and its free space, then \`analyze verify ${path}\`.`,
      { cause },
    );
  }
}

/** Somebody else changed the file. */
export class OutputChangedError extends TppError {
  override readonly name = "OutputChangedError";
  constructor(path: string, what: string) {
    super(`${path}: ${what}. Give each capture a name and a folder that nobody else writes to.`);
  }
}

/** The header exceeds the format's limit, so readers would refuse it. */
export class MetadataTooLargeError extends TppError {
  override readonly name = "MetadataTooLargeError";
  constructor(path: string, bytes: number, most: number) {
    super(
      `${path}: its header would hold ${bytes} bytes, and ${most} are the most. Nothing was written; shorten what goes into it.`,
    );
  }
}

export class OutputClosedError extends TppError {
  override readonly name = "OutputClosedError";
  constructor(path: string, wholeBytes: number, cause: NodeJS.ErrnoException) {
    super(
      `${path}: ${cause.code === "EPIPE" ? "whoever read it has gone" : "nobody read what was waiting"} after ${wholeBytes} bytes (${cause.code}); stopped. What it took is whole frames and perhaps a cut one.`,
      { cause },
    );
  }
}

export class SameFileError extends TppError {
  override readonly name = "SameFileError";
  constructor(path: string) {
    super(`${path}: is both input and output. Choose another name for the output.`);
  }
}

export class NothingToRecoverError extends TppInputError {
  override readonly name = "NothingToRecoverError";
  constructor(path: string, damage: string) {
    super(path, `${damage}, so its records cannot be interpreted. \`zstd -dc FILE\` prints the text that is left.`);
  }
}

/** A frame seemed intact in the walk, but does not decompress to what its checkpoint says. */
export class DamagedFrameError extends TppInputError {
  override readonly name = "DamagedFrameError";
  constructor(path: string, text: string) {
    super(path, `${text}. \`capture recover FILE -o NEW\` writes the intact frames to a whole file.`);
  }
}
