/** Runs a program that is to be quick and small whatever it is given. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Answer } from "./answer.ts";

/** What each file is to be answered within. */
export const bounds = { seconds: 10, megabytes: 500 } as const;

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  /** CPU time: other work on the machine does not count. */
  readonly cpuSeconds: number;
  readonly megabytes: number;
}

const reporter = `data:text/javascript,${encodeURIComponent(`
  import { writeFileSync } from "node:fs";
  process.on("exit", () => {
    const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
    writeFileSync(process.env.TPP_USAGE, JSON.stringify({ megabytes: maxRSS / 1024, cpuSeconds: (userCPUTime + systemCPUTime) / 1e6 }));
  });
`)}`;

/** A script of ours under Node, with what it used. The kernel ends it after six times the CPU time that it may take. */
export async function bounded(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const directory = mkdtempSync(join(tmpdir(), "tpp-bounded-"));
  const usage = join(directory, "usage");
  try {
    const limited = ["-c", 'ulimit -t "$0" && exec "$@"', String(6 * bounds.seconds), process.execPath];
    const child = spawn("sh", [...limited, "--import", reporter, ...args], {
      env: { ...process.env, ...env, TPP_USAGE: usage },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [out, err, code] = await Promise.all([
      textOf(child.stdout),
      textOf(child.stderr),
      new Promise<number | null>((resolve) => child.on("close", resolve)),
    ]);
    const used =
      code === null ? { megabytes: Infinity, cpuSeconds: Infinity } : JSON.parse(readFileSync(usage, "utf8"));
    return { code, out, err, ...used };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts).toString("utf8");
}

/**
 * Has commands read a file in a process of their own. Returns their answers, and all that is wrong with how they ended.
 */
export async function askAll(
  path: string,
  folder: string,
  commands: readonly string[],
): Promise<{ answers: Answer[]; wrong: string[] }> {
  const child = await bounded([script, path, folder, ...commands]);
  if (child.code !== 0) return { answers: [], wrong: [`exit code ${child.code}: ${child.err.slice(0, 300)}`] };
  const answers = JSON.parse(child.out) as Answer[];
  const wrong = answers.flatMap((answer) => faultsOf(answer).map((fault) => `${answer.command}: ${fault}`));
  if (child.megabytes > bounds.megabytes) wrong.push(`${child.megabytes.toFixed(0)} MB`);
  return { answers, wrong };
}

const script = fileURLToPath(new URL("./answer.ts", import.meta.url));

/** 0, or 65 for an input that is no good: what docs/analyze.md and docs/capture.md promise. */
const documented = [0, 65];

/** Control characters, and whatever else could begin a line or turn one, outside of our own line feeds. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about
const steering = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufeff]/u;

export function faultsOf({ command, code, out, err, cpuSeconds }: Answer): string[] {
  const wrong: string[] = [];
  if (!documented.includes(code)) wrong.push(`exit code ${code}: ${err.slice(0, 300)}`);
  if (/defect|^\s+at /m.test(err)) wrong.push(`no line for people: ${err.slice(0, 300)}`);
  if (code !== 0 && command !== "verify" && !/^[^\n]+\n/.test(err)) wrong.push("it does not say why");
  if (cpuSeconds > bounds.seconds) wrong.push(`${cpuSeconds.toFixed(1)} s of CPU`);
  const shown = command === "info --json" ? err : out + err;
  const steers = steering.exec(shown);
  if (steers) wrong.push(`prints ${JSON.stringify(shown.slice(Math.max(0, steers.index - 40), steers.index + 20))}`);
  if (command === "info") wrong.push(...forgedLines(out));
  return wrong;
}

/** Lines of `info` whose name is none of its own, or that are there twice where there is one. */
function forgedLines(out: string): string[] {
  const names = out
    .split("\n")
    .filter(Boolean)
    .map((line) => line.slice(0, 10).trim());
  const wrong = names.filter((name) => !infoNames.has(name));
  for (const name of ["integrity", "losses", "file"])
    if (names.filter((other) => other === name).length > 1) wrong.push(`${name}, twice`);
  return wrong.map((name) => `a line that is not its own: ${name}`);
}

const infoNames = new Set(
  "file source command kernel began span records set size ended host interface setting module note lost unseen damage integrity losses".split(
    " ",
  ),
).add("no record");
