/** Exit codes of both commands. Numbers follow sysexits.h, and from 126 on the shell's conventions. */
export const exitCodes = {
  ok: 0,
  /** An assertion of `analyze check` does not hold. */
  doesNotHold: 1,
  /** No rule of `analyze check --pack` is broken, but for at least one it is not known whether it holds. */
  cannotTell: 3,
  /** The command line is wrong. */
  usage: 64,
  /** The input is not a capture or is damaged, or a query or a flow number is wrong. */
  badInput: 65,
  /** A file that is to be read is missing or may not be read. */
  noInput: 66,
  /** A program, a library or a feature of the kernel is missing. */
  unavailable: 69,
  /** A defect of the program. */
  software: 70,
  /** An output exists already or may not be written. */
  cannotCreate: 73,
  /** Reading or writing failed, as on a full disk. */
  ioError: 74,
  /** What is needed is in use by another program. */
  busy: 75,
  /** The user may not do this. */
  noPermission: 77,
  /** The command of `capture run -- COMMAND` could not be started. */
  commandNotStarted: 126,
  commandNotFound: 127,
  /** Ended by SIGINT before there was a result. */
  interrupted: 130,
} as const;

export type ExitName = keyof typeof exitCodes;
