/**
 * Counters that the kernel keeps since a connection began tell, of one that began before the capture, their rise in it.
 */
import test from "ava";
import { fixture } from "../../../test/support/analyze.ts";
import { openTrace } from "../../index.ts";

for (const name of ["numbers/late-attach.ss", "kmod-bbr", "kmod-loss", "ss-loss"]) {
  test(`${name}: retransmits of each flow are the sum of its windows`, async (t) => {
    await using trace = await openTrace([fixture(name)], { cache: false });
    const rows = await trace.rows(`
      SELECT flow, flows.retransmits, by_window
      FROM flows JOIN (SELECT capture, flow, sum(retransmits) AS by_window FROM goodput GROUP BY capture, flow) USING (capture, flow)
      WHERE flows.retransmits <> by_window`);
    t.deepEqual(rows, []);
    if (name.startsWith("numbers"))
      t.deepEqual(await trace.rows("SELECT retransmits FROM flows"), [{ retransmits: 18 }]);
  });
}
