/** The system's programs, found also in the administrators' folders that a plain user's PATH lacks. */
import { execFile } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";

const folders = (): string[] => [
  ...(process.env.PATH ?? "").split(delimiter).filter(Boolean),
  "/usr/sbin",
  "/sbin",
  "/usr/bin",
  "/bin",
];

/** Path of a program; null where it is not installed. */
export function findTool(name: string): string | null {
  for (const folder of folders()) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      if (statSync(path).isFile()) return path;
    } catch {
      // Not in this one.
    }
  }
  return null;
}

/** What a program of the system is started with: messages in English, and nothing that a calling `make` set. */
export function toolEnvironment(): NodeJS.ProcessEnv {
  const { MAKEFLAGS: _flags, MAKELEVEL: _level, MFLAGS: _oldFlags, ...rest } = process.env;
  return { ...rest, LC_ALL: "C", PATH: folders().join(delimiter) };
}

export interface ToolResult {
  /** -1 after a signal. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end; whatever the exit code. */
export function runTool(path: string, args: readonly string[], timeoutMs = 0): Promise<ToolResult> {
  return new Promise((resolve) => {
    const options = { env: toolEnvironment(), timeout: timeoutMs, maxBuffer: 1 << 26 };
    execFile(path, [...args], options, (error, stdout, stderr) => {
      const status = error ? (typeof error.code === "number" ? error.code : -1) : 0;
      resolve({ status, stdout, stderr: stderr || (status === -1 ? (error?.message ?? "") : "") });
    });
  });
}
