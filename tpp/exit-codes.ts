/** Exit codes of both commands: numbers as in sysexits.h, and as a shell has them from 126 on. */
export const exitCodes = {
  ok: 0,
  /** An assertion of `analyze check` does not hold. */
  doesNotHold: 1,
  /** No rule of `analyze check --pack` is broken, and of one it cannot be told whether it holds. */
  cannotTell: 3,
  usage: 64,
  badInput: 65,
  noInput: 66,
  unavailable: 69,
  software: 70,
  cannotCreate: 73,
  ioError: 74,
  busy: 75,
  noPermission: 77,
  commandNotStarted: 126,
  commandNotFound: 127,
  interrupted: 130,
} as const;

export type ExitName = keyof typeof exitCodes;
