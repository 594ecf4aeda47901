/**
 * What `same-rows dump` opens: every recording, every golden trace, and these cut, damaged, joined, converted and
 * imported.
 */
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../../lab/command.ts";
import { headerOf, writeCapture } from "../support/analyze.ts";
import { goldenCases } from "../support/golden.ts";

export interface SameRowsInput {
  /** Also the name of its folder in a dump. */
  readonly name: string;
  /** Length of the windows, seconds, beside the two that every input is asked with. */
  readonly window?: number;
  /**
   * Makes what is to be opened, in `directory`; `code` is the checkout under test, which converts and imports itself.
   */
  readonly paths: (directory: string, code: string) => Promise<readonly string[]> | readonly string[];
}

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const fixtures = here("../fixtures/");
const texts = here("../../analyze/test/data/");

const recordings = (folder: string): string[] =>
  readdirSync(join(fixtures, folder))
    .filter((name) => name.endsWith(".tpp"))
    .map((name) => join(fixtures, folder, name));

const analyze = (code: string, ...args: string[]): Promise<string> =>
  run([process.execPath, join(code, "analyze/bin/analyze.js"), ...args]);

export function sameRowsInputs(): SameRowsInput[] {
  const single = ["", "causes", "same-transfer"].flatMap((folder) =>
    recordings(folder).map((path) => ({
      name: [folder, basename(path, ".tpp")].filter(Boolean).join("-"),
      paths: () => [path],
    })),
  );
  return [...single, ...made(), ...converted(), ...imported(), ...golden()];
}

/** A byte of the stored records changed: the frame around it cannot be read. */
function damage(path: string, share: number): void {
  const bytes = readFileSync(path);
  const at = Math.floor(bytes.length * share);
  bytes[at] = bytes[at]! ^ 0x55;
  writeFileSync(path, bytes);
}

/** A byte changed in this share of the file's way. */
function damaged(name: string, share: number): SameRowsInput {
  return {
    name: `damaged-${name}-at-${share * 100}-percent`,
    paths: (directory) => {
      const path = join(directory, `${name}.tpp`);
      copyFileSync(join(fixtures, `${name}.tpp`), path);
      damage(path, share);
      return [path];
    },
  };
}

function cut(name: string, share: number): SameRowsInput {
  return {
    name: `cut-${name}-at-${share * 100}-percent`,
    paths: (directory) => {
      const bytes = readFileSync(join(fixtures, `${name}.tpp`));
      const path = join(directory, `${name}.tpp`);
      writeFileSync(path, bytes.subarray(0, Math.floor(bytes.length * share)));
      return [path];
    },
  };
}

function made(): SameRowsInput[] {
  const several = (name: string, ...files: string[]): SameRowsInput => ({
    name,
    paths: () => files.map((file) => join(fixtures, `${file}.tpp`)),
  });
  return [
    several("set-rotated", "rotated.0001", "rotated.0002", "rotated.0003", "rotated.0004"),
    several("set-rotated-without-its-second", "rotated.0001", "rotated.0003", "rotated.0004"),
    several("several-captures", "kmod-loss", "shaped-loss", "ss-loss", "kmod-rto-chain-extended"),
    ...["kmod-loss", "kmod-rto-chain-extended", "shaped-loss", "ss-loss", "cubic-bbr"].flatMap((name) => [
      cut(name, 0.6),
      damaged(name, 0.4),
      damaged(name, 0.9),
    ]),
  ];
}

const converted = (): SameRowsInput[] =>
  ["kmod-loss-extended", "shaped-loss", "ss-loss", "kmod-overflow-extended"].map((name) => ({
    name: `converted-${name}`,
    paths: async (directory, code) => {
      const output = join(directory, `${name}.parquet`);
      await analyze(code, "convert", join(fixtures, `${name}.tpp`), "-o", output);
      return [output];
    },
  }));

const imported = (): SameRowsInput[] =>
  readdirSync(join(texts, "import")).map((file) => ({
    name: `imported-${basename(file, ".txt")}`,
    paths: async (directory, code) => {
      const output = join(directory, "imported.tpp");
      await analyze(code, "import", join(texts, "import", file), "-o", output, "--began", "2026-11-22T20:00:00Z");
      return [output];
    },
  }));

const golden = (): SameRowsInput[] =>
  goldenCases().map(({ name, read, header }) => {
    const window = /^-- window: (\S+) s$/m.exec(read("query.sql"))?.[1];
    return {
      name: `golden-${name}`,
      ...(window === undefined ? {} : { window: Number(window) }),
      paths: async (directory: string) => {
        return [await writeCapture(join(directory, "golden.tpp"), read("trace.txt"), headerOf(header.text, header))];
      },
    };
  });
