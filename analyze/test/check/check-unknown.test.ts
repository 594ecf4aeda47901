/** `analyze check` never passes on what is not known, and takes for an assertion only what is true or false. */
import test from "ava";
import { analyze, fixture } from "../../../test/support/analyze.ts";

const recording = (name: string): string => fixture(`numbers/${name}`);
const check = (path: string, ...assertions: string[]) =>
  analyze("check", path, ...assertions.flatMap((assertion) => ["--assert", assertion]));

for (const name of ["rto_events", "spurious_rtos", "window_probes"]) {
  test(`polls see no timer: ${name} = 0 is not known`, async (t) => {
    const { code, out } = await check(recording("blackout.ss"), `${name} = 0`);
    t.is(code, 1);
    t.regex(out, new RegExp(`flow 1: ${name} = -, not known from this source`));
  });
}

test("tracepoints tell timeouts by the state Loss, and no window probes", async (t) => {
  t.is((await check(recording("blackout.tracefs"), "rto_events = 4")).code, 0);
  const { code, out } = await check(recording("blackout.tracefs"), "window_probes = 0");
  t.is(code, 1);
  t.regex(out, /window_probes = -, not known from this source/);
});

const refused: readonly (readonly [string, RegExp])[] = [
  ["goodput_bps > 9,000,000", /a comma makes several values of it; write 9000000/],
  ["goodput_bps/1e6 > 3, rtos = 0", /AND between two conditions/],
  ["'false'", /it is a text, not true or false/],
  ["seen", /it is a text, not true or false/],
  ["[false]", /it is of type BOOLEAN\[\], not true or false/],
  ["start_s", /it is of type DOUBLE, not true or false/],
  ["seen = whole", /there is no whole; names are .*goodput_bps.*; text stands in single quotes: 'whole'/],
  ["gooodput_bps > 1", /there is no gooodput_bps; names are .*goodput_bps/],
  ["goodput_bps < 5 s", /"5 s": goodput_bps is no time/],
  ["records < 5 ms", /"5 ms": there is no name of a time beside it/],
];
for (const [assertion, why] of refused) {
  test(`${assertion}: one line, 64`, async (t) => {
    const { code, out, err } = await check(recording("loss-2-percent.tracefs"), assertion);
    t.is(code, 64);
    t.is(out, "");
    t.regex(err, why);
    t.is(err.trimEnd().split("\n").length, 1);
    t.notRegex(err, /SELECT|CAST/);
  });
}

test("units are those of the name beside them", async (t) => {
  const path = recording("loss-2-percent.tracefs");
  const { code, out } = await check(
    path,
    "goodput_bps > 4.3 Mbit/s AND goodput_bps < 0.0044Gbit/s",
    "srtt_mean_us BETWEEN 22 ms AND 0.023s",
    "acked_bytes > 3 MiB",
    "duration_s > 7000ms",
    "recovery_share > 1 %",
    "records % 7 < 7 AND seen <> '5 ms'",
  );
  t.is(code, 0, out);
});

test("an aggregate of flows is not known where it is not known of one, unless known() says otherwise", async (t) => {
  const path = recording("starved.tracefs");
  const all = ["--flow", "1", "3", "--assert"];
  const least = await analyze("check", path, ...all, "min(goodput_bps) > 1e6");
  t.is(least.code, 1);
  t.regex(least.out, /goodput_bps of flow 3 is not known/);
  t.is((await analyze("check", path, ...all, "known(min(goodput_bps)) > 1e6")).code, 0);
  t.is((await analyze("check", path, ...all, "count(*) = 2")).code, 0);
});

test("a connection of which nothing arrives is checked too", async (t) => {
  const { code, out } = await check(recording("starved.tracefs"), "rto_events = 0", "loss_episodes = 0");
  t.is(code, 1);
  t.regex(out, /flow 3: rto_events = 4/);
  t.regex(out, /flow 3: loss_episodes = 1/);
});

test("timeouts with nothing received between are one chain, also where nothing tells what is acknowledged", async (t) => {
  const { out } = await analyze(
    "sql",
    recording("starved.tracefs"),
    "SELECT chain, chain_position FROM rto_events ORDER BY t",
    "--csv",
  );
  t.is(out, "chain,chain_position\n1,1\n1,2\n1,3\n1,4\n");
});

test("an upper limit of a count cannot hold where records were lost; a lower one can", async (t) => {
  const path = fixture("kmod-overflow-extended");
  const upper = await check(path, "retransmits <= 100000");
  t.is(upper.code, 1);
  t.regex(upper.out, /retransmits = \d+, records are missing or do not show all of it, so there can be more/);
  t.is((await check(path, "retransmits >= 1 AND records > 10")).code, 0);
  t.is((await check(fixture("kmod-loss"), "retransmits <= 100000")).code, 0);
  // Buffers, each perhaps several segments; and bytes of which some are not seen behind the close.
  const buffers = await check(recording("loss-2-percent.tracefs"), "retransmits <= 100000", "acked_bytes <= 3900000");
  t.is(buffers.code, 1);
  t.regex(buffers.out, /2 of 2 checks failed/);
});
