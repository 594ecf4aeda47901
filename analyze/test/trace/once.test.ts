/**
 * Captures that go to the one query that wants them, as they are read: the answers are those of captures that were
 * written first.
 */
import { readdirSync } from "node:fs";
import { basename } from "node:path";
import test from "ava";
import { fixture } from "../../../test/support/captures.ts";
import { openTrace } from "../../index.ts";

const names = readdirSync(new URL("../../../test/fixtures/", import.meta.url))
  .filter((name) => /^kmod-.*\.tpp$/.test(name))
  .map((name) => basename(name, ".tpp"));

for (const name of names) {
  test(`${name}: flows, limits, slow start, losses and what is known of the capture`, async (t) => {
    const answers = async (once: boolean) => {
      await using trace = await openTrace([fixture(name)], { cache: false, once });
      const rows = (query: string) => trace.rows(query);
      return {
        flows: await trace.flows(),
        limits: await rows("SELECT * FROM limits ORDER BY capture, flow"),
        slow_start: await rows("SELECT * FROM slow_start ORDER BY capture, flow"),
        losses: await rows("SELECT * FROM losses ORDER BY ALL"),
        captures: trace.captures.map(({ records, rejected, damage }) => ({ records, rejected, damage })),
      };
    };
    t.deepEqual(await answers(true), await answers(false));
  });
}

test("what else is asked reads the capture once more", async (t) => {
  const count = async (once: boolean) => {
    await using trace = await openTrace([fixture("kmod-loss")], { cache: false, once });
    return await trace.rows(
      "SELECT (SELECT count(*) FROM trace) AS records, (SELECT count(*) FROM inflight JOIN trace USING (flow, ord)) AS both",
    );
  };
  t.deepEqual(await count(true), await count(false));
});
