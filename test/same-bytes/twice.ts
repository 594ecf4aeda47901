/** Asks all of a capture twice, each time in a process of its own, and reports which answers differ. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL("../..", import.meta.url));

export interface Twice {
  readonly files: number;
  /** Names of the answers whose bytes differ. */
  readonly different: readonly string[];
}

export interface TwiceOptions {
  /** Only the answers of these names; all unless told. */
  readonly names?: readonly string[];
  /** Another checkout, with its node_modules, which is asked first. */
  readonly before?: string;
}

export function askTwice(capture: string, { names = [], before = here }: TwiceOptions = {}): Twice {
  const directory = mkdtempSync(join(tmpdir(), "same-bytes-"));
  try {
    const answers = (side: string, code: string): string => {
      const folder = join(directory, side);
      mkdirSync(folder);
      const program = join(code, "test/same-bytes/answers.ts");
      const { status, stderr } = spawnSync(process.execPath, [program, capture, folder, ...names], {
        encoding: "utf8",
      });
      if (status !== 0) throw new Error(`${capture}: ${stderr}`);
      return folder;
    };
    const first = answers("first", before);
    const second = answers("second", here);
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
