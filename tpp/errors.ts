/** What can go wrong with a .tpp file in a way that its user can mend; each message is one line with the next step. */

export class TppError extends Error {
  override readonly name: string = "TppError";
}

export class NotTppError extends TppError {
  override readonly name = "NotTppError";
  constructor(path: string, fileBytes: number) {
    const what = fileBytes === 0 ? "is empty" : "is not a .tpp file (no tpp header found)";
    super(`${path}: ${what}. \`capture run -o FILE\` writes one.`);
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

export class OutputClosedError extends TppError {
  override readonly name = "OutputClosedError";
  constructor(path: string, wholeBytes: number, cause: NodeJS.ErrnoException) {
    super(
      `${path}: whoever read it has gone after ${wholeBytes} bytes (${cause.code}); stopped. What it took is whole frames and perhaps a cut one.`,
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

export class NothingToRecoverError extends TppError {
  override readonly name = "NothingToRecoverError";
  constructor(path: string) {
    super(
      `${path}: its header cannot be read, so its records have no meaning. \`zstd -dc ${path}\` prints what text is left.`,
    );
  }
}

/** A frame that the walk held for intact does not decompress to what its checkpoint says. */
export class DamagedFrameError extends TppError {
  override readonly name = "DamagedFrameError";
  constructor(path: string, text: string) {
    super(`${path}: ${text}. \`capture recover ${path} -o NEW\` writes the intact frames to a whole file.`);
  }
}
