/** What a user of `capture` can meet: one class an error, one line a message, with the next step in it. */
import { exitCodes } from "./exit-codes.ts";

export class CaptureError extends Error {
  override readonly name: string = "CaptureError";
  readonly exitCode: number = exitCodes.software;
}

export class BadPortError extends CaptureError {
  override readonly name = "BadPortError";
  override readonly exitCode = exitCodes.usage;
  constructor(given: string) {
    super(`--port ${given}: not a TCP port. Give a number from 1 to 65535.`);
  }
}

export class BadDurationError extends CaptureError {
  override readonly name = "BadDurationError";
  override readonly exitCode = exitCodes.usage;
  constructor(given: string) {
    super(`--duration ${given}: not a time. Give seconds, more than 0 and at most 2000000, such as 10 or 0.5.`);
  }
}

export class BadBufferSizeError extends CaptureError {
  override readonly name = "BadBufferSizeError";
  override readonly exitCode = exitCodes.usage;
  constructor(given: string) {
    super(`--buffer-size-kb ${given}: not a size. Give the KiB for each CPU's ring, from 64 to 4194304.`);
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
      `${path}: a tracing instance of that name is left over and cannot be removed (${code}). Try \`rmdir ${path}\`.`,
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
      `${path}: not there, so the tcpprobe_plus module is not loaded. Load it (insmod tcpprobe_plus.ko), or use --source tracefs.`,
    );
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
