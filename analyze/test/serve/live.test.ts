/**
 * A capture on the real kernel, looked at in a browser while it is made. How far the page is behind depends on how busy
 * the machine is, so it is only told here; `npm run bench:serve` measures it.
 */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { iperf3Client, iperf3Server } from "../../../lab/iperf3.ts";
import { startRecording } from "../../../lab/recording.ts";
import { ShapedPath } from "../../../lab/shaped-path.ts";
import { openBrowser, until } from "../../../test/support/browser.ts";
import { flowsOf } from "../../../test/support/commands.ts";
import { requires } from "../../../test/support/requires.ts";
import { served } from "../../../test/support/served.ts";
import { temporaryDirectory } from "../../../test/support/temporary-directory.ts";

const test = requires({ tracefs: true, netns: true, tools: ["iperf3", "chromium"] });

/** The last moment that the page shows, seconds. NaN before there is one. */
const shown = `Number(/to ([\\d.]+) s/.exec(document.querySelector(".panels .status")?.textContent ?? "")?.[1])`;

test.serial("a capture in progress is shown while it is made, and whole at its end", async (t) => {
  const file = join(temporaryDirectory(t), "live.tpp");
  using path = await ShapedPath.make({ rateMbit: 20, queueBytes: 60_000, dropsPer100k: 1000 });
  await using recording = await startRecording(file, "--port", "5329");
  await using server = await iperf3Server(path.serverAddress, 5329, (...command) => path.onServer(...command));
  const sending = iperf3Client(path.serverAddress, 5329, ["-t", "25", "-b", "4M"], (...command) =>
    path.onClient(...command),
  );
  await sleep(1000);
  const { url, trace } = await served(t, [file]);
  t.true(trace.isGrowing);
  const { page, problems } = await openBrowser(t);
  await page.goto(url);
  await until(page, `${shown} > 0`);

  const began_ms = Number(BigInt(trace.captures[0]!.header.clock.realtime_ns) / 1_000_000n);
  const behind: number[] = [];
  const ends = new Set<number>();
  for (const last = performance.now() + 18_000; ends.size < 5 && performance.now() < last; await sleep(50)) {
    const end = await page.evaluate<number>(shown);
    behind.push((Date.now() - began_ms) / 1000 - end);
    ends.add(end);
  }
  behind.sort((a, b) => a - b);
  t.log(
    `behind: ${behind[0]!.toFixed(2)} s at best, ${behind[behind.length >> 1]!.toFixed(2)} s median, ${behind.at(-1)!.toFixed(2)} s at most`,
  );
  t.true(ends.size >= 3, `the page showed ${[...ends].join(", ")}`);

  await recording.finish();
  await until(page, `document.querySelectorAll(".flows tbody tr").length === 4`);
  for (let turn = 0; trace.isGrowing && turn < 200; turn++) await sleep(50);
  t.false(trace.isGrowing);
  const whole = await flowsOf(file);
  t.deepEqual(
    (await trace.flows()).map(({ flow, acked_bytes }) => ({ flow, acked_bytes })),
    whole.map(({ flow, acked_bytes }) => ({ flow, acked_bytes })),
  );
  t.deepEqual(problems, []);
  await sending;
  await server.ended();
});
