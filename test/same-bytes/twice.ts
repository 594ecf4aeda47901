/** Asks all of a capture twice, each time in a process of its own, and tells what differs. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("./answers.ts", import.meta.url));

export interface Twice {
  readonly files: number;
  /** Names of the answers whose bytes differ. */
  readonly different: readonly string[];
}

/** All answers, or those of these names. */
export function askTwice(capture: string, ...names: readonly string[]): Twice {
  const directory = mkdtempSync(join(tmpdir(), "same-bytes-"));
  try {
    const sides = ["first", "second"].map((side) => join(directory, side));
    for (const side of sides) {
      mkdirSync(side);
      const { status, stderr } = spawnSync(process.execPath, [program, capture, side, ...names], { encoding: "utf8" });
      if (status !== 0) throw new Error(`${capture}: ${stderr}`);
    }
    const [first, second] = sides as [string, string];
    const files = [...new Set([...readdirSync(first), ...readdirSync(second)])].sort();
    return {
      files: files.length,
      different: files.filter((name) => !sameBytes(join(first, name), join(second, name))),
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function sameBytes(one: string, other: string): boolean {
  try {
    return readFileSync(one).equals(readFileSync(other));
  } catch {
    return false; // one of the two is not there
  }
}
