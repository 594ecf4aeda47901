/** A window that comes down without a loss is not a loss. */
import test from "ava";
import { analyze, fixture } from "../../../test/support/analyze.ts";

const ecn = fixture("numbers/ecn.tracefs");

test("marks of ECN are told as congestion signals, and the verdict names no loss", async (t) => {
  const { code, out } = await analyze("diagnose", ecn);
  t.is(code, 0);
  t.regex(out, /Limited by the congestion window/);
  t.regex(out, /no loss\n +7 congestion signals without a loss \(state CWR/);
  t.notRegex(out, /packet loss|loss episode/);
});

test("slow start that such a signal ended was not ended by loss", async (t) => {
  const { out } = await analyze("sql", ecn, "SELECT cause FROM slow_start WHERE flow = 1", "--csv");
  t.is(out, "cause\ncongestion signal\n");
  const events = await analyze("events", ecn, "--flow", "1");
  t.regex(events.out, /slow start ended/);
});

test("polls tell no loss episodes, but what was sent again, and that slow start ended", async (t) => {
  const { out } = await analyze("diagnose", fixture("numbers/loss-2-percent.ss"));
  t.regex(out, /losses at \d+ times or more, as polls show, ≥ 62 segments sent again/);
  t.notRegex(out, /slow start never ended/);
});
