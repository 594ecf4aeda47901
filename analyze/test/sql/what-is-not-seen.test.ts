/**
 * What a source does not see (test/fixtures/numbers): numbers of it are not known, or bounds that say so, in SQL,
 * tables and JSON alike.
 */

import { join } from "node:path";
import { walkTpp } from "@tcpprobe-plus/tpp";
import type { ExecutionContext } from "ava";
import test from "ava";
import { mutationsOf } from "../../../test/properties/mutations.ts";
import { analyze, fixture, linesOf, temporaryDirectory, writeCapture } from "../../../test/support/analyze.ts";
import { openTrace } from "../../index.ts";

const numbers = (name: string): string => fixture(`numbers/${name}`);

async function flows(name: string, flow = 1): Promise<Record<string, number | string | null>> {
  await using trace = await openTrace([numbers(name)], { cache: false });
  const [row] = await trace.rows<Record<string, number | string | null>>(`SELECT * FROM flows WHERE flow = ${flow}`);
  return row!;
}
const listed = (names: unknown): string[] => String(names).split(", ");

for (const [name, acked, sent] of [
  ["clean-close.tracefs", 486_448, 1_500_000],
  ["file-close.tracefs", 337_384, 600_000],
] as const)
  test(`${name}: what is acknowledged behind the close is not seen, and the bytes are a lower bound`, async (t) => {
    const row = await flows(name);
    t.is(row.seen, "until its close");
    t.true(Number(row.acked_bytes) <= sent);
    t.is(Math.round(Number(row.acked_bytes) / 10_000), Math.round(acked / 10_000));
    t.true(listed(row.at_least).includes("acked_bytes"));
    // The rate is of the time until then.
    const until = Number(row.acked_until_s) - Number(row.start_s);
    t.true(Math.abs(Number(row.goodput_bps) / ((Number(row.acked_bytes) * 8) / until) - 1) < 1e-6);
    const { out } = await analyze("flows", numbers(name));
    t.regex(out, /≥ \d+ kB .* until its close$/m);
    await using trace = await openTrace([numbers(name)], { cache: false });
    const [after] = await trace.rows(
      `SELECT count(*) AS windows, count(acked_bytes) AS known FROM goodput WHERE flow = 1 AND window_start_s > ${row.acked_until_s}`,
    );
    t.true(Number(after!.windows) > 0);
    t.is(Number(after!.known), 0);
  });

test("a flow that closed before anything was told of its bytes may carry data: check does not leave it out", async (t) => {
  const path = numbers("short-flows.tracefs");
  const { code, out } = await analyze("check", path, "--assert", "goodput_bps > 1");
  t.is(code, 1);
  t.regex(out, /goodput_bps = -, not known from this source/);
  const diagnosed = await analyze("diagnose", path);
  t.regex(diagnosed.err, /40 flows closed before anything showed how much they carried: --source bpf shows it/);
  t.notRegex(diagnosed.out, /no flow carries data/);
});

for (const name of ["sampled-cwnd.kmod", "sampled-time.kmod"])
  test(`${name}: what the module left out is not known, and counts are the least`, async (t) => {
    const row = await flows(name);
    for (const column of ["sent_bytes", "sends", "retransmit_share", "rtt_min_us", "rtt_median_us"])
      t.is(row[column], null, column);
    t.is(row.acked_bytes, 1_500_000);
    t.true(listed(row.at_least).includes("recovery_episodes"));
    t.true(listed(row.about).includes("cwnd_mean"));
    // Of what held it, the kernel's own times are known.
    t.deepEqual([row.cwnd_share, row.application_share, row.recovery_share, row.rwnd_share], [null, null, null, 0]);
    await using trace = await openTrace([numbers(name)], { cache: false });
    const known = "count(duration_s) + count(retransmits) + count(cwnd_end) + count(undone) AS known";
    t.deepEqual(await trace.rows(`SELECT count(*) > 5 AS some, ${known} FROM episodes WHERE flow = 1`), [
      { some: true, known: 0 },
    ]);
    t.deepEqual(await trace.rows("SELECT exit_s, exit_cwnd, ssthresh, cause FROM slow_start WHERE flow = 1"), [
      { exit_s: null, exit_cwnd: null, ssthresh: null, cause: null },
    ]);
    const { out, err } = await analyze("flows", numbers(name));
    t.regex(err, /the module left out records \(full=0 or probetime\)/);
    t.regex(out, /≈ \d+\.\d ms +≈ \d+\.\d +≥ \d+/);
    t.notRegex((await analyze("diagnose", numbers(name))).out, /-\d+ us/);
  });

test("polls: the SYN is no byte, and what is between two of them makes bounds", async (t) => {
  const row = await flows("clean-close.ss");
  // The first poll of a connection that began during the capture counts what was acknowledged before it.
  t.true(Number(row.acked_bytes) > 1_200_000 && Number(row.acked_bytes) <= 1_500_000);
  for (const column of ["acked_bytes", "retransmits", "cwnd_max", "duration_s"])
    t.true(listed(row.at_least).includes(column), column);
  for (const column of ["goodput_bps", "srtt_mean_us", "cwnd_mean"]) t.true(listed(row.about).includes(column), column);
});

test("polls: of a connection that was seen in SYN-SENT alone, nothing was acknowledged", async (t) => {
  await using trace = await openTrace([numbers("short-flows.ss")], { cache: false });
  t.deepEqual(await trace.rows("SELECT acked_bytes FROM flows WHERE records = 1 ORDER BY flow"), [
    ...[44_888, 43_440, 0].map((acked_bytes) => ({ acked_bytes })),
  ]);
  const { out } = await analyze("flows", numbers("short-flows.ss"), "--all");
  t.regex(out, /≥ 0 B/);
  t.notRegex(out, /-\d+ B/);
});

test("sums over flows are not known where one flow's is not, and say of how many they are", async (t) => {
  const path = numbers("starved.tracefs");
  const { out } = await analyze("compare", path, path);
  t.regex(out, /^acked +≥ 6\.05 MB of 1 of 2 flows/m);
  const [all] = JSON.parse((await analyze("compare", path, path, "--json")).out);
  t.true(Math.abs(all.jain - 0.5) < 0.01, `${all.jain}`);
  t.is(all.acked_bytes, null);
  t.is(all.acked_bytes_flows, 1);
  t.is(all.flows, 2);
});

test("a connection that starves counts in Jain's index, also where nothing tells what is acknowledged", async (t) => {
  await using trace = await openTrace([numbers("starved.tracefs")], { cache: false });
  const [row] = await trace.rows(
    "SELECT avg(jain) AS jain, avg(flows) AS flows FROM fairness WHERE window_start_s BETWEEN 2 AND 4",
  );
  t.true(Math.abs(Number(row!.jain) - 0.5) < 0.02, `${row!.jain}`);
  t.is(row!.flows, 2);
});

test("the window in a blackout is the one that the timer set", async (t) => {
  const [tracefs, ss] = [await flows("blackout.tracefs"), await flows("blackout.ss")];
  t.true(Math.abs(Number(tracefs.cwnd_mean) - Number(ss.cwnd_mean)) < 3, `${tracefs.cwnd_mean} ${ss.cwnd_mean}`);
  t.true(Math.abs(Number((await flows("blackout-veth.tracefs", 3)).cwnd_mean) - 22.8) < 0.5);
  const { out } = await analyze("events", numbers("blackout-veth.tracefs"), "--flow", "3");
  t.regex(out, /number 2 of its chain.*cwnd 1 to 1$/m);
  t.regex(out, /slow start ended +by loss, cwnd \d+, ssthresh \d+/);
});

test("recoveries that the kernel undid are told, of any length", async (t) => {
  await using trace = await openTrace([numbers("reordering.tracefs")], { cache: false });
  // nstat: TCPPartialUndo 2.
  t.deepEqual(await trace.rows("SELECT undone FROM episodes WHERE flow = 1 AND ca_state = 'Recovery'"), [
    { undone: true },
    { undone: true },
  ]);
});

/** A recording without something, as another kernel would have left it. */
async function lacking(t: ExecutionContext, name: string, mutation: string, seeds: number[] = []): Promise<string> {
  const { header } = await walkTpp(fixture(name));
  const recording = { header: header!, lines: await linesOf(fixture(name)) };
  const { apply } = mutationsOf(recording, seeds).find((one) => one.name === mutation)!;
  const left = apply(recording);
  const path = join(temporaryDirectory(t), "lacking.tpp");
  await writeCapture(path, Buffer.from(left.lines.join(""), "latin1"), left.header);
  return path;
}

test("without congestion states, what held a flow is a group, and no share of its time", async (t) => {
  const path = await lacking(t, "shaped-loss", "without tcp_cong_state_set");
  await using trace = await openTrace([path], { cache: false });
  const shares = ["cwnd", "rwnd", "application", "recovery", "idle"].map((name) => `${name}_share`);
  t.deepEqual(await trace.rows(`SELECT ${shares.join(", ")}, cwnd_mean FROM flows WHERE flow = 3`), [
    { ...Object.fromEntries(shares.map((name) => [name, null])), cwnd_mean: null },
  ]);
  t.deepEqual(await trace.rows("SELECT count(*) AS windows FROM limits_by_window"), [{ windows: 0 }]);
  const { out } = await analyze("diagnose", path, "--flow", "3");
  t.regex(out, /Limited by the congestion window, or by losses that kept it small: what is known cannot tell which\./);
  t.regex(out, /all time {2}congestion window or recovery ≈ \d+ %/);
});

test("a starved flow is checked whatever event is missing", async (t) => {
  // Without retransmissions, nothing tells whether a third flow carries data, so it is checked as well.
  for (const [event, checked] of [
    ["tcp_retransmit_skb", 3],
    ["inet_sock_set_state", 2],
  ] as const) {
    const path = await lacking(t, "numbers/starved.tracefs", `without ${event}`);
    const { code, out } = await analyze("check", path, "--assert", "rto_events = 0");
    t.is(code, 1, event);
    t.regex(out, /rto_events = [1-9]/, event);
    t.true(out.includes(`1 of ${checked} checks failed`), event);
  }
});

test("a state that was told before a loss of records is not known behind it", async (t) => {
  const blackout = await lacking(t, "causes/tracefs-validation-blackout", "12 stretches lost, seed 1001", [1]);
  await using trace = await openTrace([blackout], { cache: false });
  const rows = await trace.rows(
    "SELECT ca_state_before AS before FROM rto_events WHERE flow = 3 ORDER BY event LIMIT 2",
  );
  t.deepEqual(rows, [{ before: null }, { before: "Loss" }]);
  // Loss was told at 0.8005 s, then a change to Open was lost, then Recovery was told.
  const loss = await lacking(t, "causes/tracefs-validation-loss", "2 stretches lost, seed 2", [2]);
  await using other = await openTrace([loss], { cache: false });
  const events = "SELECT cause, state_before FROM congestion_events WHERE t BETWEEN 0.802 AND 0.803";
  t.deepEqual(await other.rows(events), [{ cause: "loss", state_before: null }]);
});

test("whether a recovery was undone is not known where no threshold was told before", async (t) => {
  const path = await lacking(t, "causes/tracefs-validation-blackout", "begun at 50 %");
  await using trace = await openTrace([path], { cache: false });
  t.deepEqual(
    await trace.rows("SELECT count(*) AS recoveries, count(undone) AS told FROM episodes WHERE ca_state = 'Recovery'"),
    [{ recoveries: 2, told: 0 }],
  );
  const [row] = await trace.rows("SELECT round(recovery_share, 2) AS share FROM limits WHERE recovery_share > 0");
  t.is(row!.share, 0.96);
});

const marked: readonly (readonly [string, string, string, RegExp])[] = [
  // The round trip goes on behind the last record that is left.
  ["lost", "rounds", "0.169307701", /≈ 0\.169307701 +≈ 0 +≈ 0 +- +≈ 0 +≈ 11 +≈ 24 +- +true$/],
  ["lost", "episodes", "Recovery", /Recovery +≈ 0\.\d+ +- +- +≈ 81 +≈ 79 +≈ 136 +- +true$/],
  ["lost", "goodput", "0.6 ", /≈ \d+ +≈ \d+ +- +- +- +- +≥ \d+ +true +true$/],
  ["lost", "fairness", "0.6 ", /≈ 1 +≈ 0 +- +true$/],
  ["lost", "rtt", "0.6 ", /srtt +≥ \d+ +≈ .* true$/],
  ["lost", "limits", "tracepoints", /1 +3 +≈ 0\.\d+ +≈ [\d.]+ +≈ [\d.]+ .* true$/],
  ["numbers/sampled-cwnd.kmod", "congestion_events", "loss", /≥ 1\.22133286 +loss .* ≈ 57714\.875 +- +false$/],
  ["numbers/sampled-cwnd.kmod", "episodes", "Recovery", /Recovery +≥ 1\.22133286 /],
  ["numbers/sampled-cwnd.kmod", "rounds", " 1 ", /(≈ [\d.]+ +){3}- +≈ 0 +≈ 21 +≈ 42063\.75 +- +false$/],
  ["numbers/blackout.ss", "goodput", "0.3 ", /(≈ \d+ +){4}- +- +≈ 0 +true +false$/],
  ["numbers/blackout.ss", "fairness", "0.3 ", /≈ 1 +≈ 4858880 +≈ 1 +false$/],
  ["numbers/blackout.ss", "rtt", "0.3 ", /srtt +2( +≈ [\d.]+){6} +false$/],
  ["numbers/blackout.ss", "slow_start", " 1 ", /≈ 0\.346039564 +≈ 48 +≈ 53 +-$/],
  ["numbers/blackout.ss", "limits", "kernel", /≥ 9\.362622173 +≈ 0\.39\d+ +0 +0 +≈ /],
  ["numbers/blackout.ss", "limits_by_window", "0.3 ", /0\.1( +≈ [\d.]+){6} +false$/],
  ["numbers/blackout.ss", "events", "slow start", /≈ 0\.346039564 +slow start ended +- +cwnd ≈ 48, ssthresh ≈ 53 +-$/],
  // The second expiry of a chain found what the first one had made of the window.
  ["numbers/blackout.tracefs", "rto_events", " 1 ", /≈ 4\.97\d+ +≈ 5\.18\d+ +Open +Loss +≈ 61 +1 +≈ 55 +42 /],
  ["numbers/blackout.tracefs", "rto_events", " 2 ", /≈ 4\.27\d+ +≈ 4\.47\d+ +Loss +Loss +1 +1 +42 +42 /],
  ["numbers/blackout.tracefs", "flows", " 1 ", /≥ 2051736 .* ≥ 67 /],
];

test("each number of a capture that lost records, left some out or polled has its mark in tables, its name in JSON", async (t) => {
  const lost = await lacking(t, "causes/tracefs-validation-blackout", "the last 50 % lost");
  const missed: string[] = [];
  for (const [name, view, row, shown] of marked) {
    const path = name === "lost" ? lost : fixture(name);
    const { out } = await analyze("metrics", path, view);
    const lines = out.split("\n").filter((line) => line.includes(row));
    if (!lines.some((line) => shown.test(line))) missed.push(`${name} ${view}`, ...lines.slice(0, 3));
    t.notRegex(out, /at_least|about/);
    const rows = JSON.parse((await analyze("metrics", path, view, "--json")).out);
    const columns = Object.keys(rows[0]);
    for (const each of rows)
      for (const column of [...listed(each.at_least), ...listed(each.about)])
        t.true(column === "" || columns.includes(column), `${view}: ${column}`);
  }
  t.deepEqual(missed, []);
});

test("a connection that rests is not active, also where no sends are shown: BPF without hooks", async (t) => {
  await using trace = await openTrace([fixture("one-path/both")], { cache: false });
  // Two transfers, and iperf3's control connections, which rest from their beginning to the transfers' end.
  t.deepEqual(
    await trace.rows(
      "SELECT max(flows) AS most, min(flows) AS fewest FROM fairness WHERE window_start_s BETWEEN 8 AND 15",
    ),
    [{ most: 2, fewest: 2 }],
  );
  const held = "SELECT round(sum(idle_s) / sum(told_s), 2) AS idle FROM limits_by_window WHERE flow = 1";
  t.deepEqual(await trace.rows(held), [{ idle: 0.97 }]);
  const rest =
    "SELECT round(idle_s) AS idle_s, round(duration_s) AS duration_s FROM intervals WHERE flow = 1 AND idle_s > 1";
  t.deepEqual(await trace.rows(rest), [{ idle_s: 16, duration_s: 16 }]);
});
