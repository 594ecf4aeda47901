/**
 * Faults injected into captures of real TCP: what the user sees, and what is in the file. docs/capture.md has them in a
 * table.
 */
import { execFileSync } from "node:child_process";
import { createWriteStream, mkdirSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { setTimeout as wait } from "node:timers/promises";
import { verifyTpp } from "@tcpprobe-plus/tpp";
import type { ExecutionContext } from "ava";
import { iperf3Client, iperf3Server } from "../../../lab/iperf3.ts";
import {
  instancesFolder,
  instancesOf,
  live,
  ringCounter,
  startCapture,
  startTraffic,
  temporaryDirectory,
  textOf,
} from "../../../test/support/capture.ts";
import { requires } from "../../../test/support/requires.ts";

/** A file system of this size for one test. */
function smallDisk(t: ExecutionContext, size: string): string {
  const small = join(temporaryDirectory(t), "small");
  mkdirSync(small);
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", small]);
  t.teardown(() => execFileSync("umount", [small]));
  return small;
}

const residentBytes = (pid: number): number =>
  1024 * Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);

live("disk full: exit code 74, and the files of a set are whole as far as they go", async (t) => {
  const small = smallDisk(t, "120k");
  const traffic = await startTraffic(t, 300, 0);
  const args = ["--source", "tracefs", "--port", String(traffic.port), "--rotate", "40kB"];
  const running = await startCapture(t, [...args, "-o", join(small, "a.tpp")]);
  t.is(await running.ended, 74, running.err());
  t.regex(running.err(), /no space left after \d+ bytes .*free space/);
  t.regex(running.err(), /\(disk full\)/);
  const names = readdirSync(small);
  t.true(names.length >= 2, `${names}`);
  for (const name of names) {
    const { damage, trailer } = await verifyTpp(join(small, name));
    t.deepEqual(
      damage.filter(({ kind }) => kind !== "cut"),
      [],
    );
    if (name !== names.at(-1)) t.is(trailer?.reason, "rotated");
  }
});

live("an output pipe that is closed: 74, one line; what was taken of it are whole frames and a cut one", async (t) => {
  const traffic = await startTraffic(t, 300, 0);
  const running = await startCapture(t, ["--source", "tracefs", "--port", String(traffic.port), "-o", "-"], "pipe");
  await wait(1500);
  running.child.stdout?.destroy();
  t.is(await running.ended, 74, running.err());
  t.regex(running.err(), /standard output: whoever read it has gone after \d+ bytes \(EPIPE\); stopped/);
  t.regex(running.err(), /\(output closed\)/);
  t.deepEqual(instancesOf(running.child.pid!), []);
});

const withIperf3 = requires({ tracefs: true, tools: ["iperf3", "zstd"] });

withIperf3.serial(
  "an output that is slow: memory stays bounded, and what the ring loses meanwhile is counted",
  async (t) => {
    t.timeout(60_000);
    const path = join(temporaryDirectory(t), "a.tpp");
    const args = ["--source", "tracefs", "--port", "5326", "--buffer-size-kb", "256", "-o", "-"];
    const running = await startCapture(t, args, "pipe");
    await using _server = await iperf3Server("127.0.0.1", 5326);
    const transfer = iperf3Client("127.0.0.1", 5326, ["-t", "10"]);
    let most = 0;
    for (let second = 0; second < 10; second += 1) {
      await wait(1000); // nothing is taken from the pipe
      most = Math.max(most, residentBytes(running.child.pid!));
    }
    await transfer;
    t.log(`${Math.round(most / 1e6)} MB resident at most`);
    t.true(most < 400e6, `${most}`);
    const file = createWriteStream(path);
    running.child.stdout?.pipe(file);
    await wait(500);
    running.child.kill("SIGINT");
    t.is(await running.ended, 0, running.err());
    await finished(file);
    const { damage, trailer } = await verifyTpp(path);
    t.deepEqual(damage, []);
    t.true((trailer?.lost.ring ?? 0) > 0, "nothing was lost: the test tests nothing");
    t.regex(running.err(), /records were lost\. Raise --buffer-size-kb \(now 256\)/);
    t.regex(textOf(path), /^CPU:\d+ \[LOST \d+ EVENTS\]$/m);
  },
);

live("the tracing instance cannot be deleted under it; recording switched off there does not end it", async (t) => {
  const path = join(temporaryDirectory(t), "a.tpp");
  const traffic = await startTraffic(t, 1000, 5);
  const running = await startCapture(t, ["--source", "tracefs", "--port", String(traffic.port), "-o", path]);
  const instance = join(instancesFolder, instancesOf(running.child.pid!)[0] ?? "none");
  t.throws(() => rmdirSync(instance), { code: "EBUSY" });
  execFileSync("sh", [
    "-c",
    `echo 0 >${instance}/events/enable; sleep 0.5; echo 1 >${instance}/events/tcp/tcp_probe/enable`,
  ]);
  await wait(500);
  running.child.kill("SIGINT");
  t.is(await running.ended, 0, running.err());
  const { damage, trailer } = await verifyTpp(path);
  t.deepEqual(damage, []);
  t.true((trailer?.lines ?? 0) > 20);
});

live("a second Ctrl-C leaves what is in the ring, counts it, and ends with 130 and a whole file", async (t) => {
  const path = join(temporaryDirectory(t), "a.tpp");
  const traffic = await startTraffic(t, 200, 0);
  const running = await startCapture(t, ["--source", "tracefs", "--port", String(traffic.port), "-o", path]);
  await wait(300);
  running.child.kill("SIGSTOP"); // the ring fills
  for (let tries = 0; tries < 300 && ringCounter(running.child.pid!, "entries") < 3000; tries += 1) await wait(100);
  running.child.kill("SIGINT");
  running.child.kill("SIGTERM");
  running.child.kill("SIGCONT");
  const code = await running.ended;
  const { damage, trailer } = await verifyTpp(path);
  t.deepEqual(damage, []);
  t.is(code, 130, running.err());
  t.regex(trailer?.reason ?? "", /^signal SIG(INT|TERM), then stopped before the ring was empty$/);
  t.true((trailer?.lost["not drained"] ?? 0) > 0, JSON.stringify(trailer?.lost));
  t.deepEqual(instancesOf(running.child.pid!), []);
});
