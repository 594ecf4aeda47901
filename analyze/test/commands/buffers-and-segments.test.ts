/** Tracepoints tell of retransmitted buffers, each perhaps several segments: neither called alike nor subtracted. */
import test from "ava";
import { analyze, fixture } from "../../../test/support/analyze.ts";

const [tracefs, ss] = ["numbers/bbr-cubic.tracefs", "numbers/bbr-cubic.ss"].map(fixture) as [string, string];

test("compare names what it counts, and tells no change from one to the other", async (t) => {
  t.regex((await analyze("compare", tracefs, tracefs)).out, /^retransmitted buffers +≥ 180 +≥ 180 +-$/m);
  t.regex((await analyze("compare", ss, ss)).out, /^retransmitted segments +≥ 195 +≥ 195 +-$/m);
  t.regex((await analyze("compare", tracefs, ss)).out, /^retransmitted +≥ 180 buffers +≥ 195 segments +-$/m);
});

test("diagnose says buffers where it counts them", async (t) => {
  const { out } = await analyze("diagnose", tracefs);
  t.regex(out, /, ≥ 93 buffers sent again/);
  t.notRegex(out, /segments sent again/);
});
