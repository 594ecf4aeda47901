/** Runs the commands as a user does. */
import { fileURLToPath } from "node:url";
import { output, run } from "../../lab/command.ts";

const bin = (name: string): string => fileURLToPath(new URL(`../../${name}/bin/${name}.js`, import.meta.url));

export const analyze = (...args: string[]): Promise<string> => run([process.execPath, bin("analyze"), ...args]);

export const capture = (...args: string[]) => output([process.execPath, bin("capture"), ...args]);

/** The columns of `analyze flows --json` that tests use. */
export interface Flow {
  readonly flow: number;
  readonly saddr: string;
  readonly sport: number;
  readonly daddr: string;
  readonly dport: number;
  readonly start_s: number;
  readonly duration_s: number;
  /** Null where it is the end, or not known. */
  readonly acked_until_s: number | null;
  readonly seen: string;
  readonly acked_bytes: number | null;
  readonly goodput_bps: number | null;
  readonly crosses_gap: boolean;
}

export async function flowsOf(file: string): Promise<Flow[]> {
  return JSON.parse(await analyze("flows", "--json", file)) as Flow[];
}

export async function query<Row>(file: string, sql: string, ...options: string[]): Promise<Row[]> {
  return JSON.parse(await analyze("sql", "--json", ...options, file, sql)) as Row[];
}
