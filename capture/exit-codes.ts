/** Exit codes of every command (docs/capture.md lists them); numbers as in sysexits.h. */
export const exitCodes = {
  ok: 0,
  /** An option or argument makes no sense. */
  usage: 64,
  /** The input is no .tpp file, or nothing of it can be used. */
  badInput: 65,
  /** The input file does not exist or cannot be read. */
  noInput: 66,
  /** This kernel or host lacks what the source needs. */
  unavailable: 69,
  /** A defect of the program. */
  software: 70,
  /** The output exists already, or cannot be created. */
  cannotCreate: 73,
  /** Reading or writing failed on the way: disk full, source gone. */
  ioError: 74,
  /** A tracing instance is in the way. */
  busy: 75,
  /** Root is needed. */
  noPermission: 77,
  /** The command behind `--` could not be started, or was not found; as a shell says it. */
  commandNotStarted: 126,
  commandNotFound: 127,
  /** A second signal stopped it before the ring was empty; the file is whole. */
  interrupted: 130,
} as const;
