/**
 * kill -9 of captures from the kernel module, in a booted guest under steady traffic. Closed files are whole, little
 * more than a second is missing, everything can be recovered, and the next run restores the settings. TPP_KILLS=200 for
 * the long run.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { RecordValues, readFrames, verifyTpp } from "@tcpprobe-plus/tpp";
import test from "ava";
import { missingForGuests } from "../../../kmod/test/harness/needs.ts";
import { captureHere, temporaryDirectory } from "../../../test/support/capture.ts";
import { captureInGuest } from "../../../test/support/guest.ts";
import { lastIn } from "../../../test/support/records.ts";

const kills = Number(process.env.TPP_KILLS ?? 10);
const secondsEach = 15;
/** A frame is closed after 0.7 s. Under emulation everything takes longer. */
const allowedMissingS = 3;
/** The last capture takes 0.2 s. If it took longer than this, the guest got no CPU time and its times mean nothing. */
const starvedS = 1.5;

const missing = missingForGuests();
const title = `${kills} captures from the module killed at random moments`;
const declare = missing && process.env.CI !== "true" ? test.skip : test.serial;

declare(missing ? `${title} (${missing})` : title, async (t) => {
  if (missing) return t.fail(missing);
  t.timeout((kills * secondsEach + 600) * 1000);
  const command = `sh guest-capture/kill.sh ${kills} ${kills * secondsEach}`;
  const limit = kills * secondsEach + 300;
  const guest = await captureInGuest("6.1", { name: "capture-kill", command, limit });
  const folder = join(guest.folder, "kill");
  const text = (name: string): string => guest.text(join("kill", name));
  const scratch = temporaryDirectory(t);
  const missingS: number[] = [];
  const problems: string[] = [];
  for (let number = 1; existsSync(join(folder, `${number}.killed`)); number += 1) {
    const path = join(folder, `${number}.tpp`);
    const walk = await verifyTpp(path);
    for (const { kind, text } of walk.damage) {
      if (kind !== "cut" && kind !== "checkpoint") problems.push(`${number}: ${text}`);
    }
    if (!walk.damage.some(({ kind }) => kind === "cut")) problems.push(`${number}: not said to be cut`);
    const { clock, records: layout } = walk.header!;
    const values = new RecordValues(layout!);
    let lastS = Number(clock.monotonic_ns) / 1e9;
    let lastRecord = 0;
    let records = 0;
    for await (const { raw, frame } of readFrames(path, walk)) {
      lastS = Number(lastIn(raw, values, "time_ns")) / 1e9;
      lastRecord = Number(lastIn(raw, values, "record"));
      records += frame.lines;
    }
    const lost = walk.checkpoints.at(-1)?.lost.ring ?? 0;
    if (lastRecord - records > lost) problems.push(`${number}: ${lastRecord - records} holes, ${lost} lost`);
    missingS.push(Number(text(`${number}.killed`)) / 1e9 - lastS);
    const out = join(scratch, `${number}.tpp`);
    const { code, err } = await captureHere("recover", path, "-o", out);
    if (code !== 0) problems.push(`${number}: recover: ${err}`);
    else problems.push(...(await verifyTpp(out)).damage.map(({ text }) => `${number} recovered: ${text}`));
  }
  missingS.sort((a, b) => a - b);
  const shareWithin = (share: number) => missingS[Math.floor((missingS.length - 1) * share)] ?? Number.NaN;
  const [median, nearlyAll] = [shareWithin(0.5), shareWithin(0.95)];
  t.log(
    `${missingS.length} kills; missing at the end: median ${median.toFixed(2)} s, 95 % at most ${nearlyAll.toFixed(2)} s, most ${missingS.at(-1)?.toFixed(2)} s`,
  );
  t.deepEqual(problems, []);
  t.true(missingS.length >= Math.min(kills, 5), "the guest was too slow to kill any");
  const last = (await verifyTpp(join(folder, "last.tpp"))).trailer?.duration_s ?? 0;
  if (last < starvedS) t.true(missingS.at(-1)! <= allowedMissingS, missingS.map((s) => s.toFixed(2)).join(" "));
  else t.log(`a capture of 0.2 s took ${last} s: this machine is too busy for times`);
  t.not(text("settings.killed"), text("settings.before"));
  t.is(text("settings.after"), text("settings.before"));
  t.is(text("state.after"), "");
});
