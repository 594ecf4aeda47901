/** Exit codes of every command; numbers as in sysexits.h, and as a shell has them from 126 on. */
export const exitCodes = {
  ok: 0,
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

/** As the manual page says them; docs/capture.md tells more. */
export const exitMeanings: Readonly<Record<keyof typeof exitCodes, string>> = {
  ok: "Ended as it should; also when records were lost, which the totals say. With a command behind -- its own exit code.",
  usage: "An option or argument makes no sense.",
  badInput: "The input is no .tpp file, or nothing of it can be used.",
  noInput: "The input file does not exist or cannot be read.",
  unavailable: "This kernel or host lacks what is needed: the module, tracefs, ss, headers, a compiler.",
  software: "A defect of the program.",
  cannotCreate: "The output exists already or cannot be created, or the folder for built modules is not root's alone.",
  ioError:
    "Reading or writing failed on the way (disk full, source gone; what was written before is whole), the disk did not confirm what was written, or somebody else changed the file.",
  busy: "Something is in the way: another reader of the module, or a setting that is fixed while it is loaded.",
  noPermission: "Root is needed.",
  commandNotStarted: "The command behind -- could not be started.",
  commandNotFound: "The command behind -- was not found.",
  interrupted:
    "A second signal stopped it before everything was read; the file is whole. Other signals that call it off before it begins give 128 and their number, as in a shell.",
};
