/**
 * `npm run bench:serve [-- FILE…]`: how long `analyze serve` takes until its page has drawn a capture, and how far the
 * page is behind a capture that is being made. Needs Chromium; the second part root, namespaces and iperf3, too.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "playwright-core";
import { serveTrace } from "../../analyze/serve/serve.ts";
import { openTrace } from "../../analyze/trace/trace.ts";
import { iperf3Client, iperf3Server } from "../../lab/iperf3.ts";
import { hasNamespaces, hasTool, hasTracefs, isRoot } from "../../lab/machine.ts";
import { startRecording } from "../../lab/recording.ts";
import { ShapedPath } from "../../lab/shaped-path.ts";
import { launchBrowser } from "../support/browser.ts";

const status = `document.querySelector(".panels .status")?.textContent ?? ""`;

const cpuSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
const shown = (value: number): string => value.toFixed(2).padStart(7);

async function browsed<Result>(url: string, work: (page: Page) => Promise<Result>): Promise<Result> {
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage({ viewport: { width: 1360, height: 900 } });
    await page.goto(url);
    return await work(page);
  } finally {
    await browser.close();
  }
}

/** Waits, for five minutes at most, until an expression of the page holds. */
async function until(page: Page, expression: string): Promise<void> {
  for (const last = performance.now() + 300_000; performance.now() < last; await sleep(10))
    if (await page.evaluate<boolean>(expression)) return;
  throw new Error(`never came true: ${expression}`);
}

async function firstPicture(path: string): Promise<void> {
  const [begun, cpu] = [performance.now(), cpuSeconds()];
  const seconds = () => (performance.now() - begun) / 1000;
  await using trace = await openTrace([path], { follow: true });
  const opened = seconds();
  const served = await serveTrace(trace);
  try {
    await browsed(served.url, async (page) => {
      await until(page, `/every record|lowest to highest|bins of/.test(${status})`);
      const drawn = seconds();
      await until(page, `!document.getElementById("app").classList.contains("pending")`);
      const records = trace.captures.reduce((sum, { records }) => sum + records, 0);
      console.log(
        `${String(records).padStart(11)} records: opened after${shown(opened)} s, drawn${shown(drawn)} s, metrics${shown(seconds())} s, CPU${shown(cpuSeconds() - cpu)} s`,
      );
    });
  } finally {
    await served.close();
  }
}

/** Seconds that the page is behind, looked at every 50 ms. The first seconds, in which it opens, are left out. */
async function behind(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "tpp-bench-"));
  try {
    const file = join(directory, "live.tpp");
    using path = await ShapedPath.make({ rateMbit: 20, queueBytes: 60_000, dropsPer100k: 1000 });
    await using recording = await startRecording(file, "--port", "5330");
    await using server = await iperf3Server(path.serverAddress, 5330, (...command) => path.onServer(...command));
    const sending = iperf3Client(path.serverAddress, 5330, ["-t", "25", "-b", "10M"], (...command) =>
      path.onClient(...command),
    );
    await sleep(1500);
    await using trace = await openTrace([file], { follow: true });
    const served = await serveTrace(trace);
    const began = Number(BigInt(trace.captures[0]!.header.clock.realtime_ns) / 1_000_000n);
    const late: number[] = [];
    let cpu = 0;
    await browsed(served.url, async (page) => {
      await until(page, `/ s to [\\d.]+ s/.test(${status})`);
      await sleep(4000);
      cpu = cpuSeconds();
      for (const last = performance.now() + 12_000; performance.now() < last; await sleep(50)) {
        const text = await page.evaluate<string>(status);
        late.push((Date.now() - began) / 1000 - Number(/to ([\d.]+) s/.exec(text)?.[1]));
      }
      cpu = cpuSeconds() - cpu;
    });
    await sending;
    await server.ended();
    await recording.finish();
    await served.close();
    late.sort((a, b) => a - b);
    const at = (share: number) => late[Math.min(Math.floor(share * late.length), late.length - 1)]!;
    const { records } = (await trace.grow(), trace.captures[0]!);
    console.log(
      `live, ${records} records: behind${shown(at(0))} s at best, median${shown(at(0.5))} s, 99 %${shown(at(0.99))} s, at most${shown(at(1))} s; CPU${shown(cpu / 12)} of a core`,
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
}

for (const path of process.argv.slice(2)) await firstPicture(path);
const canRecord = isRoot && hasTool("iperf3") && hasTracefs() && hasNamespaces();
if (canRecord) await behind();
else console.log("live: not measured: that needs root, tracefs, network namespaces and iperf3");
