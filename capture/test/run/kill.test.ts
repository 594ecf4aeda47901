/** kill -9 of a running capture: closed frames are whole, at most a second is missing, and the next run cleans up. */
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { readFrames, verifyTpp } from "@tcpprobe-plus/tpp";
import type { ExecutionContext } from "ava";
import { live, silentIo, startCapture, startTraffic, temporaryDirectory } from "../../../test/support/capture.ts";
import { seededChance } from "../../../test/support/seeded-chance.ts";
import { main } from "../../cli.ts";
import { findLeftovers } from "../../tracefs/left-instances.ts";

const kills = 50;
const atOnce = 2;
const seed = 7;
/**
 * Attempts before the test fails. A busy host can keep a process from running for seconds, but a defect in closing
 * frames would show every time.
 */
const tries = 3;

interface Outcome {
  readonly missingS: number;
  readonly problems: readonly string[];
}

/** Kills a capture after `afterMs` and examines what it left. */
async function killOne(
  t: ExecutionContext,
  directory: string,
  port: number,
  number: number,
  afterMs: number,
): Promise<Outcome> {
  const path = join(directory, `${number}.tpp`);
  const running = await startCapture(t, ["--source", "tracefs", "--port", String(port), "-o", path]);
  const beganNs = process.hrtime.bigint();
  await wait(afterMs);
  running.child.kill("SIGKILL");
  const killedNs = process.hrtime.bigint();
  await running.ended;
  const walk = await verifyTpp(path);
  const problems = walk.damage.filter(({ kind }) => kind !== "cut" && kind !== "checkpoint").map(({ text }) => text);
  if (!walk.damage.some(({ kind }) => kind === "cut")) problems.push("not said to be cut");
  let lastS = Number(beganNs) / 1e9;
  for await (const { raw } of readFrames(path, walk)) {
    const times = [...raw.toString("latin1").matchAll(/ (\d+\.\d{6}): /g)];
    lastS = Math.max(lastS, Number(times.at(-1)?.[1]));
  }
  const out = `${path}.recovered`;
  const io = silentIo();
  if ((await main(["node", "capture", "recover", path, "-o", out], io)) !== 0) problems.push(io.err);
  const recovered = await verifyTpp(out);
  problems.push(...recovered.damage.map(({ text }) => `recovered: ${text}`));
  if (recovered.trailer?.reason !== "recovered") problems.push("recovered: no trailer");
  return { missingS: Number(killedNs) / 1e9 - lastS, problems: problems.map((text) => `${number}: ${text}`) };
}

live(
  `${kills} captures killed at random moments: closed frames whole, at most 1 s missing, recovered, cleaned up`,
  async (t) => {
    t.timeout(180_000);
    const directory = temporaryDirectory(t);
    const chance = seededChance(seed);
    const moments = Array.from({ length: kills }, () => 50 + chance() * 2200);
    const traffic = await startTraffic(t, 2000, 2);
    const outcomes: Outcome[] = [];
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < kills) {
        const number = next++;
        let outcome = await killOne(t, directory, traffic.port, number, moments[number]!);
        for (let again = 1; again < tries && outcome.missingS > 1 && outcome.problems.length === 0; again += 1) {
          t.log(`kill ${number}: ${outcome.missingS.toFixed(3)} s missing, once more`);
          outcome = await killOne(t, directory, traffic.port, number + kills * again, moments[number]!);
        }
        outcomes.push(outcome);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    const missing = outcomes.map(({ missingS }) => missingS).sort((a, b) => a - b);
    t.log(`missing at the end: median ${missing[kills / 2]!.toFixed(3)} s, most ${missing.at(-1)!.toFixed(3)} s`);
    t.deepEqual(
      outcomes.flatMap(({ problems }) => problems),
      [],
    );
    t.true(missing.at(-1)! <= 1, `${missing.at(-1)}`);
    const last = await startCapture(t, ["--source", "tracefs", "--duration", "0.1", "-o", join(directory, "last.tpp")]);
    t.is(await last.ended, 0);
    const left = findLeftovers("/sys/kernel/tracing");
    t.deepEqual(left, []);
  },
);
