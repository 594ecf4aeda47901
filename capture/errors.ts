/** Errors that users of `capture` can see. Each has a class. Its message is one line and names the next step. */
import { exitCodes, mostPort } from "@tcpprobe-plus/tpp/base";

export class CaptureError extends Error {
  override readonly name: string = "CaptureError";
  readonly exitCode: number = exitCodes.software;
}

export class BadPortError extends CaptureError {
  override readonly name = "BadPortError";
  override readonly exitCode = exitCodes.usage;
  constructor(given: string) {
    super(`--port ${given}: not a TCP port. Give a number from 1 to ${mostPort}, or a range such as 5000-5010.`);
  }
}

/** An option that filters what is captured has an invalid value. */
export class BadFilterError extends CaptureError {
  override readonly name = "BadFilterError";
  override readonly exitCode = exitCodes.usage;
  constructor(option: string, given: string, why: string, next: string) {
    super(`${option} ${given}: ${why}. ${next}`);
  }
}

/** The source cannot apply a filter. */
export class FilterError extends CaptureError {
  override readonly name = "FilterError";
  override readonly exitCode = exitCodes.usage;
  /** A few words for a summary line. */
  readonly lacks: string;
  constructor(source: string, cannot: string, reason: string) {
    super(
      `${cannot}: ${source} cannot do that (${reason}). Leave it out, or take another source: --source bpf has all.`,
    );
    this.lacks = `${source} cannot do ${cannot}`;
  }
}

/** `--source auto` found no source that can do what was requested. */
export class NoSourceError extends CaptureError {
  override readonly name = "NoSourceError";
  override readonly exitCode = exitCodes.unavailable;
  constructor(reasons: readonly string[]) {
    super(`no source can be used here: ${reasons.join("; ")}. \`capture doctor\` says what each needs.`);
  }
}

/** A bad `--mode`. */
export class BadModeError extends CaptureError {
  override readonly name = "BadModeError";
  override readonly exitCode = exitCodes.usage;
  constructor(given: string) {
    super(`--mode ${given}: not a file's mode. Give it in octal digits, at least 600 and without x: 640, 0644.`);
  }
}

/** A bad `--dump-on`. */
export class BadRuleError extends CaptureError {
  override readonly name = "BadRuleError";
  override readonly exitCode = exitCodes.usage;
  constructor(given: string, names: readonly string[], why = "not a rule") {
    super(
      `--dump-on ${given}: ${why}. Give a name, >, >=, < or <= (of what is counted in a second > or >=), and a number, such as "rto >= 2", "srtt > 100ms" or "retransmits/s > 100"; names are ${names.join(", ")}. Or SIGUSR1.`,
    );
  }
}

/** A bad `--label`. */
export class BadLabelError extends CaptureError {
  override readonly name = "BadLabelError";
  override readonly exitCode = exitCodes.usage;
  constructor(characters: number, most: number) {
    super(`--label: ${characters} characters. Give text of 1 to ${most}.`);
  }
}

export class BadDurationError extends CaptureError {
  override readonly name = "BadDurationError";
  override readonly exitCode = exitCodes.usage;
  constructor(given: string) {
    super(
      `--duration ${given}: not a time. Give seconds, or a number with ms, s, m, h or d, from 1ms to 2000000s: 10, 0.5, 90s, 10m.`,
    );
  }
}

export class BadBufferSizeError extends CaptureError {
  override readonly name = "BadBufferSizeError";
  override readonly exitCode = exitCodes.usage;
  constructor(given: string) {
    super(`--buffer-size-kb ${given}: not a size. Give the KiB for each CPU's ring, from 64 to 4194304.`);
  }
}

export class BadSizeError extends CaptureError {
  override readonly name = "BadSizeError";
  override readonly exitCode = exitCodes.usage;
  constructor(given: string) {
    super(`--max-size ${given}: not a size. Give a number with a unit, from 10kB on, such as 500MB or 2GiB.`);
  }
}

export class BadRotationError extends CaptureError {
  override readonly name = "BadRotationError";
  override readonly exitCode = exitCodes.usage;
  constructor(given: string) {
    super(
      `--rotate ${given}: neither a size nor a time. Give a size from 10kB on, such as 100MB, or a time from 1s on, such as 10m or 1h.`,
    );
  }
}

/** The number given to an option is out of range. */
export class BadNumberError extends CaptureError {
  override readonly name = "BadNumberError";
  override readonly exitCode = exitCodes.usage;
  constructor(option: string, given: string, least: number, most: number, unit: string) {
    super(`${option} ${given}: not possible. Give ${unit} from ${least} to ${most}.`);
  }
}

/** Options that cannot be combined. */
export class OptionsError extends CaptureError {
  override readonly name = "OptionsError";
  override readonly exitCode = exitCodes.usage;
}

export class CommandStartError extends CaptureError {
  override readonly name = "CommandStartError";
  override readonly exitCode: number;
  constructor(program: string, cause: NodeJS.ErrnoException) {
    super(`${program}: cannot be started (${cause.code ?? cause.message}). Check the command after \`--\`.`, {
      cause,
    });
    this.exitCode = cause.code === "ENOENT" ? exitCodes.commandNotFound : exitCodes.commandNotStarted;
  }
}

/** `--as` cannot be done. */
export class AsUserError extends CaptureError {
  override readonly name = "AsUserError";
  override readonly exitCode = exitCodes.usage;
  constructor(user: string, why: string) {
    super(`--as ${user}: ${why}. Give the name of a user, and run capture as root.`);
  }
}

export class NoSetprivError extends CaptureError {
  override readonly name = "NoSetprivError";
  override readonly exitCode = exitCodes.unavailable;
  constructor() {
    super("setpriv is not installed, which --as needs. Install util-linux.");
  }
}

/** A signal arrived before the capture began. */
export class CalledOffError extends CaptureError {
  override readonly name = "CalledOffError";
  override readonly exitCode: number;
  constructor(signal: string, exitCode: number) {
    super(`${signal}: called off before the capture began. No file was made, and no command was started.`);
    this.exitCode = exitCode;
  }
}

/** An argument has bytes that Node.js would not pass on unchanged. */
export class ArgumentBytesError extends CaptureError {
  override readonly name = "ArgumentBytesError";
  override readonly exitCode = exitCodes.usage;
  constructor(shown: string) {
    super(
      `${shown}: an argument that is not UTF-8 would arrive changed. Give it in UTF-8, or put the command into a script.`,
    );
  }
}

/** A file has a name of the set, but does not belong to it. */
export class NotOfSetError extends CaptureError {
  override readonly name = "NotOfSetError";
  override readonly exitCode = exitCodes.cannotCreate;
  constructor(path: string) {
    super(
      `${path}: is named like a file of the set, but is not a file of a set with that number; it was not changed. Choose another name with -o, or move it away.`,
    );
  }
}

/** A file of an earlier set cannot be removed. */
export class NotRemovedError extends CaptureError {
  override readonly name = "NotRemovedError";
  override readonly exitCode = exitCodes.cannotCreate;
  constructor(path: string, cause: NodeJS.ErrnoException) {
    super(
      `${path}: of an earlier set, cannot be removed (${cause.code ?? cause.message}). Choose another name with -o.`,
      {
        cause,
      },
    );
  }
}

export class NotRootError extends CaptureError {
  override readonly name = "NotRootError";
  override readonly exitCode = exitCodes.noPermission;
  constructor(path: string) {
    super(`${path}: may not be read by this user. Reading the kernel's TCP records needs root: run it with sudo.`);
  }
}

export class NoTracefsError extends CaptureError {
  override readonly name = "NoTracefsError";
  override readonly exitCode = exitCodes.unavailable;
  constructor(roots: readonly string[]) {
    super(
      `tracefs is not mounted (looked in ${roots.join(" and ")}). Mount it with \`mount -t tracefs tracefs ${roots[0]}\` and start again.`,
    );
  }
}

export class NoEventError extends CaptureError {
  override readonly name = "NoEventError";
  override readonly exitCode = exitCodes.unavailable;
  constructor(event: string, release: string) {
    super(
      `this kernel (${release}) has no event ${event}. It is there from Linux 4.16 on with CONFIG_FTRACE; use such a kernel or the tcpprobe_plus module.`,
    );
  }
}

export class InstanceBusyError extends CaptureError {
  override readonly name = "InstanceBusyError";
  override readonly exitCode = exitCodes.busy;
  constructor(path: string, code: string) {
    super(
      `${path}: the tracing instance stays, because a process has a file of it open (${code}); it no longer records. The next capture or \`capture doctor --fix\` removes it.`,
    );
  }
}

export class TracingSetupError extends CaptureError {
  override readonly name = "TracingSetupError";
  override readonly exitCode = exitCodes.unavailable;
  constructor(path: string, value: string, cause: NodeJS.ErrnoException, next: string) {
    super(`${path}: the kernel does not take "${value}" (${cause.code ?? cause.message}). ${next}`, { cause });
  }
}

export class NoModuleError extends CaptureError {
  override readonly name = "NoModuleError";
  override readonly exitCode = exitCodes.unavailable;
  constructor(path: string) {
    super(
      `${path}: not there, so the tcpprobe_plus module is not loaded. Load it with \`capture load\`, or use --source tracefs.`,
    );
  }
}

export class ModuleBusyError extends CaptureError {
  override readonly name = "ModuleBusyError";
  override readonly exitCode = exitCodes.busy;
  constructor(path: string) {
    super(
      `${path}: another process reads it, and the module serves one at a time. \`fuser ${path}\` names it; end it first.`,
    );
  }
}

export class ModuleSettingError extends CaptureError {
  override readonly name = "ModuleSettingError";
  override readonly exitCode = exitCodes.unavailable;
  constructor(path: string, value: string, why: string) {
    super(`${path}: cannot be set to "${value}" (${why}). Check that the loaded module is of this version.`);
  }
}

export class ModuleOptionError extends CaptureError {
  override readonly name = "ModuleOptionError";
  override readonly exitCode = exitCodes.unavailable;
  constructor(option: string, taken: string) {
    super(
      `${option}: only the tcpprobe_plus module can do that, and ${taken} is used. Load the module (\`capture load\`), or leave it out.`,
    );
  }
}

export class ModuleRemovedError extends CaptureError {
  override readonly name = "ModuleRemovedError";
  override readonly exitCode = exitCodes.ioError;
  constructor(path: string) {
    super(
      `${path}: the tcpprobe_plus module was unloaded during the capture; stopped. All that it handed out is saved; records of its last moments may be missing.`,
    );
  }
}

export class NoSsError extends CaptureError {
  override readonly name = "NoSsError";
  override readonly exitCode = exitCodes.unavailable;
  constructor(why: string) {
    super(`ss cannot be used (${why}). Install iproute2 5.0 or later (its -O option is needed).`);
  }
}

export class SourceFileError extends CaptureError {
  override readonly name = "SourceFileError";
  override readonly exitCode = exitCodes.noInput;
  constructor(path: string, cause: NodeJS.ErrnoException) {
    super(`${path}: cannot be read (${cause.code ?? cause.message}). Check the path given to --kmod-file.`, { cause });
  }
}

export class SourceGoneError extends CaptureError {
  override readonly name = "SourceGoneError";
  override readonly exitCode = exitCodes.ioError;
  constructor(path: string, cause: NodeJS.ErrnoException) {
    super(`${path}: reading failed (${cause.code ?? cause.message}); stopped. All that was read before is saved.`, {
      cause,
    });
  }
}

export class InputMissingError extends CaptureError {
  override readonly name = "InputMissingError";
  override readonly exitCode = exitCodes.noInput;
  constructor(path: string, cause: NodeJS.ErrnoException) {
    super(`${path}: cannot be read (${cause.code ?? cause.message}). Check the name of the input.`, { cause });
  }
}
