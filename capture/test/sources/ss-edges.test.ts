/** The ss source by itself: which of its answers are used, and which come too late. */
import { setTimeout as wait } from "node:timers/promises";
import { requires } from "../../../test/support/requires.ts";
import { onePort } from "../../filter/filter.ts";
import { openSs } from "../../sources/ss.ts";

const test = requires({ tools: ["ss"] });
const open = () => openSs({ filter: onePort(1), intervalMs: 60_000, say: () => {} });

test("what a poll answers after the halt is not taken", async (t) => {
  const source = await open();
  source.start();
  source.halt();
  await wait(1500); // far longer than ss takes
  t.is(source.read(Buffer.alloc(4096)), 0);
  await source.dispose();
});

test("a poll that is not halted is", async (t) => {
  const source = await open();
  source.start();
  const into = Buffer.alloc(4096);
  let got: number | "ended" = 0;
  for (let tries = 0; got === 0 && tries < 200; tries++) {
    await wait(50);
    got = source.read(into);
  }
  t.regex(into.toString("latin1", 0, Number(got)), /^# ss 1 \d+ \d+\n/);
  await source.dispose();
});
