/**
 * npm run soak:namespaces [-- KILLS]: runs captures in two pid namespaces at a time, as in two containers, and kills
 * them at random moments, mostly while they start. No capture may fail because of another, lose its tracing instance or
 * remove another's. What killed captures leave behind must be found and removed. Ends with 1 otherwise.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { verifyTpp } from "@tcpprobe-plus/tpp";
import { seededChance } from "../../test/support/seeded-chance.ts";
import { findForeign, removeForeign } from "../tracefs/left-instances.ts";

const bin = fileURLToPath(new URL("../bin/capture.js", import.meta.url));
const root = "/sys/kernel/tracing";
const atOnce = 2;
/** One capture in this many is not killed. Its file must be whole. */
const oneEnds = 4;

export interface KillReport {
  readonly killed: number;
  readonly ended: number;
  /**
   * Number of instances left by killed captures that were removed: by later captures (a namespace's inode, and so its
   * name, can be reused) and at the end.
   */
  readonly removed: number;
  readonly problems: readonly string[];
}

interface Run {
  readonly child: ChildProcess;
  readonly path: string;
  readonly err: () => string;
  readonly capturing: Promise<void>;
  readonly ended: Promise<number | null>;
}

/** The capture is process 1 of its namespace, like the only program of a container. */
function start(path: string, seconds: number): Run {
  const args = ["-p", "-f", "--mount-proc", "--kill-child", process.execPath, bin, "run", "--source", "tracefs"];
  const child = spawn("unshare", [...args, "--buffer-size-kb", "64", "-o", path, "--duration", String(seconds)], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let err = "";
  const ended = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
  const said = new Promise<void>((resolve) => {
    child.stderr?.on("data", (data: Buffer) => {
      err += data.toString();
      if (err.includes("capturing to")) resolve();
    });
  });
  const capturing = Promise.race([said, ended.then(() => {})]);
  return { child, path, err: () => err, capturing, ended };
}

const removedBy = (run: Run): number => run.err().match(/removed the tracing instance/g)?.length ?? 0;

/** Kills this many captures. The same `seed` gives the same moments. */
export async function killInNamespaces(kills: number, seed: number): Promise<KillReport> {
  const directory = mkdtempSync(join(tmpdir(), "capture-namespaces-"));
  const chance = seededChance(seed);
  const problems: string[] = [];
  const before = new Set(readdirSync(join(root, "instances")));
  let [next, killed, ended, removed] = [0, 0, 0, 0];
  const worker = async (): Promise<void> => {
    while (next < kills) {
      const number = next++;
      const ends = chance() < 1 / oneEnds;
      const inTheStart = chance() < 0.5;
      const afterMs = chance() * (inTheStart ? 1200 : 700);
      const run = start(join(directory, `${number}.tpp`), ends ? 1 : 600);
      if (ends) {
        const code = await run.ended;
        removed += removedBy(run);
        const { damage, trailer } = await verifyTpp(run.path).catch(() => ({ damage: ["no file"], trailer: null }));
        if (code !== 0 || damage.length > 0 || trailer?.reason !== "duration")
          problems.push(`${number}: ${code} ${run.err()}`);
        ended += 1;
        continue;
      }
      if (!inTheStart) await run.capturing;
      await wait(afterMs);
      if (run.child.exitCode !== null) problems.push(`${number}: ended by itself: ${run.err()}`);
      run.child.kill("SIGKILL"); // unshare's --kill-child kills the capture
      await run.ended;
      removed += removedBy(run);
      killed += 1;
    }
  };
  try {
    await Promise.all(Array.from({ length: atOnce }, worker));
    const own = (): string[] => readdirSync(join(root, "instances")).filter((name) => !before.has(name));
    const later = Date.now() + 3_600_000; // after the grace period
    const left = own().filter((name) => name.startsWith("tcpprobe_plus-1-"));
    const { unused, unknown } = findForeign(root, later);
    const missed = left.filter((name) => !unused.includes(name) && !unknown.includes(name));
    if (missed.length > 0) problems.push(`not found: ${missed.join(", ")}`);
    const lines = removeForeign(root, later, (name) => left.includes(name));
    const still = own().filter((name) => left.includes(name));
    if (still.length > 0) problems.push(`not removed: ${still.join(", ")}`);
    return { killed, ended, removed: removed + lines.length, problems };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { killed, ended, removed, problems } = await killInNamespaces(Number(process.argv[2] ?? 200), 11);
  for (const problem of problems) console.log(problem);
  console.log(`${killed} killed, ${ended} ended by themselves and whole, ${removed} instances of killed ones removed`);
  console.log(problems.length === 0 ? "no instance lost or taken" : `${problems.length} problems`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
