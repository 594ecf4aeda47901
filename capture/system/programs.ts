/** Finds and runs the system's programs. Nothing else in capture does. */
import { type ExecFileException, execFile, spawn } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Folders that only root can write to. */
const systemFolders: readonly string[] = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"];

const isRoot = (): boolean => process.geteuid?.() === 0;

/** As root, only the system's folders are searched. PATH is ignored, because others may write to folders in it. */
const folders = (): readonly string[] =>
  isRoot() ? systemFolders : [...(process.env.PATH ?? "").split(delimiter).filter(Boolean), ...systemFolders];

/** Absolute path of a program. Null if it is not installed. */
export function findProgram(name: string): string | null {
  for (const folder of folders()) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      if (statSync(path).isFile()) return path;
    } catch {
      // Try the next folder.
    }
  }
  return null;
}

/**
 * The environment for system programs, with messages in English. As root it has nothing else, because many programs
 * take paths, options or code from variables. For other users, variables that a calling `make` sets are removed.
 */
export function programEnvironment(): NodeJS.ProcessEnv {
  const own = { LC_ALL: "C", PATH: folders().join(delimiter) };
  if (isRoot()) return own;
  const { MAKEFLAGS: _flags, MAKELEVEL: _level, MFLAGS: _oldFlags, ...rest } = process.env;
  return { ...rest, ...own };
}

export interface ProgramResult {
  /** The exit code, or -1 if it could not be started, was ended by a signal or took too long. */
  readonly status: number;
  readonly stdout: Buffer;
  readonly stderr: string;
  /** Why the status is -1. */
  readonly problem: string | null;
}

export interface RunOptions {
  /** It is killed after this time. 0 for never. */
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
  /** Kills it. Its end is not awaited. */
  readonly signal?: AbortSignal;
}

/** Runs a program, given by its absolute path, to its end. No exit code is an error here. */
export function runProgram(path: string, args: readonly string[], options: RunOptions = {}): Promise<ProgramResult> {
  const { timeoutMs = 0, maxBytes = 1 << 26, signal } = options;
  return new Promise((resolve) => {
    const child = execFile(
      path,
      [...args],
      {
        encoding: "buffer",
        env: programEnvironment(),
        timeout: timeoutMs,
        killSignal: "SIGKILL",
        maxBuffer: maxBytes,
        ...(signal ? { signal } : {}),
      },
      (error, stdout, stderr) => {
        signal?.removeEventListener("abort", leave);
        resolve(resultOf(error, stdout, stderr, timeoutMs));
      },
    );
    // A program that hangs in the kernel cannot be killed. It must not keep this process running.
    const leave = (): void => child.unref();
    signal?.addEventListener("abort", leave, { once: true });
  });
}

function resultOf(error: ExecFileException | null, stdout: Buffer, stderr: Buffer, timeoutMs: number): ProgramResult {
  const said = stderr.toString();
  if (error === null) return { status: 0, stdout, stderr: said, problem: null };
  if (typeof error.code === "number") return { status: error.code, stdout, stderr: said, problem: null };
  const code = (error as NodeJS.ErrnoException).code;
  const late = error.killed && code === undefined ? `not done after ${timeoutMs / 1000} s` : null;
  return { status: -1, stdout, stderr: said, problem: late ?? code ?? error.message.split("\n")[0] ?? "failed" };
}

/** The first line of what a program printed. */
export const firstLine = (text: string): string => text.trim().split("\n")[0] ?? "";

/**
 * Runs a program with an open file as its descriptor 3. The open file has been checked; its name may refer to another
 * file by now.
 */
export function runWithFile(path: string, args: readonly string[], fd: number): Promise<ProgramResult> {
  return new Promise((resolve) => {
    const child = spawn(path, [...args], { env: programEnvironment(), stdio: ["ignore", "ignore", "pipe", fd] });
    let stderr = "";
    const end = (status: number, problem: string | null): void =>
      resolve({ status, stdout: Buffer.alloc(0), stderr, problem });
    child.stderr?.on("data", (text: Buffer) => {
      stderr += text.toString();
    });
    child.once("error", (error: NodeJS.ErrnoException) => end(-1, error.code ?? error.message));
    child.once("close", (code, signal) => end(code ?? -1, signal));
  });
}
