/** Polls of ss as a trace: a real recording, and real lines under other circumstances. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { walkTpp } from "@tcpprobe-plus/tpp";
import test from "ava";
import { analyze, fixture, linesOf, opened, temporaryDirectory, writeCapture } from "../../../test/support/analyze.ts";

const recording = fixture("ss-loss");
const isPoll = (line: string): boolean => line.startsWith("# ss ");

test("each connection of each poll is one record, at the middle of its poll", async (t) => {
  const trace = await opened(t, recording);
  const lines = await linesOf(recording);
  const polls = lines.filter(isPoll);
  t.is(trace.captures[0]!.records, lines.length - polls.length);
  t.deepEqual(trace.captures[0]!.rejected, []);
  const start = BigInt(trace.captures[0]!.header.clock.monotonic_ns);
  const times = lines.flatMap((line, index) => {
    if (isPoll(line)) return [];
    const [, , , begin, end] = lines.slice(0, index).findLast(isPoll)!.trim().split(" ");
    return [Number((BigInt(begin!) + BigInt(end!)) / 2n - start) / 1e9];
  });
  const rows = await trace.rows<{ t: number }>("SELECT t FROM trace ORDER BY ord");
  for (const [index, time] of times.entries()) t.true(Math.abs(rows[index]!.t - time) < 1e-8, `record ${index + 1}`);
});

test("every value is the one that ss printed; what it left out because it is 0 is 0, all else is NULL", async (t) => {
  const trace = await opened(t, recording);
  const lines = (await linesOf(recording)).filter((line) => !isPoll(line));
  const rows = await trace.rows<Record<string, string | number | boolean | null>>("SELECT * FROM trace ORDER BY ord");
  const printed = (line: string, pattern: RegExp): number | null => {
    const found = pattern.exec(line)?.[1];
    return found === undefined ? null : Number(found);
  };
  const times = (value: number | null, factor: number) => (value === null ? null : Math.round(value * factor));
  for (const [index, line] of lines.entries()) {
    const row = rows[index]!;
    const number = (column: string) => (row[column] === null ? null : Math.round(Number(row[column])));
    t.is(number("snd_cwnd"), printed(line, / cwnd:(\d+)/));
    t.is(number("ssthresh"), printed(line, / ssthresh:(\d+)/));
    t.is(number("srtt_us"), times(printed(line, / rtt:([\d.]+)/), 1000));
    t.is(number("mdev_us"), times(printed(line, / rtt:[\d.]+\/([\d.]+)/), 1000));
    t.is(number("rto_ms"), printed(line, / rto:(\d+)/));
    t.is(number("mss_bytes"), printed(line, / mss:(\d+)/));
    t.is(number("snd_wnd_bytes"), printed(line, / snd_wnd:(\d+)/));
    t.is(number("bytes_acked"), printed(line, / bytes_acked:(\d+)/) ?? 0);
    t.is(number("bytes_sent"), printed(line, / bytes_sent:(\d+)/) ?? 0);
    t.is(number("packets_out"), printed(line, / unacked:(\d+)/) ?? 0);
    t.is(number("lost_out"), printed(line, / lost:(\d+)/) ?? 0);
    t.is(number("sacked_out"), printed(line, / sacked:(\d+)/) ?? 0);
    t.is(number("retrans"), printed(line, / retrans:\d+\/(\d+)/) ?? 0);
    t.is(number("pacing_rate_bps"), printed(line, / pacing_rate (\d+)bps/));
    t.is(number("busy_us"), times(printed(line, / busy:(\d+)ms/), 1000) ?? 0);
    t.is(number("wqueue_bytes"), printed(line, /^\S+ +\d+ +(\d+)/));
    t.is(number("connection"), Number.parseInt(/ sk:(\w+)/.exec(line)![1]!, 16));
    t.is(row.app_limited, / app_limited /.test(line));
    t.is(row.cong, / (reno|cubic|bbr) wscale/.exec(line)![1]!);
    t.is(row.detail, line.split(" ")[0]!);
    for (const name of ["snd_una", "snd_nxt", "ca_state", "seq_num", "rto_num", "rttvar_us", "length_bytes", "record"])
      t.is(row[name], null, name);
  }
});

test("what iperf3 says was received is what bytes_acked advanced, within what passed before the first poll and after the last", async (t) => {
  const report = JSON.parse(readFileSync(recording.replace(/tpp$/, "json"), "utf8"))[0];
  const rows = JSON.parse((await analyze("flows", recording, "--json")).out);
  const flow = rows.find((row: { sport: number }) => row.sport === report.start.connected[0].local_port);
  const { bytes } = report.end.sum_received;
  t.true(flow.acked_bytes > 0.95 * bytes && flow.acked_bytes <= bytes + 2, `${flow.acked_bytes} of ${bytes}`);
  t.is(flow.retransmits, report.end.sum_sent.retransmits);
});

test("a pacing rate is read although the bound that the application set stands behind it", async (t) => {
  const trace = await opened(t, fixture("numbers/paced.ss"));
  const rows = await trace.rows(
    "SELECT pacing_rate_bps, count(*) AS polls FROM trace WHERE pacing_rate_bps IS NOT NULL GROUP BY 1",
  );
  t.deepEqual(rows, [{ pacing_rate_bps: 3_000_000, polls: 132 }]);
});

for (const plot of ["cwnd", "rtt", "inflight", "goodput"]) {
  test(`plot ${plot} is drawn from polls`, async (t) => {
    const output = join(temporaryDirectory(t), "x.json");
    const { code, err } = await analyze("plot", recording, plot, "-o", output);
    t.is(code, 0, err);
    const spec = readFileSync(output, "utf8");
    if (plot === "goodput") t.regex(spec, /by bytes_acked at each poll/);
  });
}

for (const [version, has, lacks] of [
  ["5.9.0", "min_rtt_us", "snd_wnd_bytes"],
  ["6.15.0", "rcv_wnd_bytes", "rttvar_us"],
] as const) {
  test(`polls of iproute2 ${version} are read: what it has, and NULL for what it lacks`, async (t) => {
    const { header } = await walkTpp(recording);
    const text = readFileSync(new URL(`../data/ss-iproute2-${version}.txt`, import.meta.url), "utf8");
    const path = await writeCapture(join(temporaryDirectory(t), "old.tpp"), text, header!);
    const trace = await opened(t, path);
    t.deepEqual(trace.captures[0]!.rejected, []);
    const [row] = await trace.rows<Record<string, number>>(
      `SELECT count(*) AS records, count(${has}) AS has, count(${lacks}) AS lacks, count(snd_cwnd) AS cwnd,
        count(packets_out) AS out, count(cong) AS cong, count(connection) AS connection FROM trace`,
    );
    t.deepEqual(row, { records: 20, has: 20, lacks: 0, cwnd: 20, out: 20, cong: 20, connection: 20 });
  });
}

test("another cookie on the same ends is another connection", async (t) => {
  const { header } = await walkTpp(recording);
  const lines = await linesOf(recording);
  const changed = lines.map((line, index) => (index > lines.length / 2 ? line.replace(/ sk:(\w+)/, " sk:f$1") : line));
  const path = await writeCapture(join(temporaryDirectory(t), "reused.tpp"), changed.join(""), header!);
  const trace = await opened(t, path);
  t.deepEqual(
    (await trace.flows()).map((flow) => flow.sport),
    [...(await (await opened(t, recording)).flows()), ...(await (await opened(t, recording)).flows())].map(
      (flow) => flow.sport,
    ),
  );
});

test("a poll that failed is a loss with its time; records without a poll's line are named and left out", async (t) => {
  const { header } = await walkTpp(recording);
  const lines = await linesOf(recording);
  const second = lines.findIndex((line, index) => index > 20 && isPoll(line));
  const failed = `${lines[second]!.trimEnd()} failed: Cannot open netlink socket: Permission denied\n`;
  const next = lines.findIndex((line, index) => index > second && isPoll(line));
  const path = join(temporaryDirectory(t), "failed.tpp");
  const first = lines.findIndex(isPoll);
  await writeCapture(path, [...lines.slice(first + 1, second), failed, ...lines.slice(next)].join(""), header!);
  const trace = await opened(t, path);
  const [, , , begin, end] = lines[second]!.trim().split(" ");
  const middle = Number((BigInt(begin!) + BigInt(end!)) / 2n - BigInt(header!.clock.monotonic_ns)) / 1e9;
  const [loss, ...others] = await trace.rows<Record<string, number | string>>(
    "SELECT lost, cause, from_s, to_s, known_by FROM losses",
  );
  t.deepEqual(others, []);
  t.deepEqual(
    { lost: loss!.lost, cause: loss!.cause, known_by: loss!.known_by },
    { lost: 1, cause: "poll", known_by: "poll" },
  );
  t.true(Math.abs(Number(loss!.from_s) - middle) < 1e-6);
  const firstPoll = lines.slice(
    first + 1,
    lines.findIndex((line, index) => index > first && isPoll(line)),
  );
  t.is(
    trace.captures[0]!.rejected.reduce((sum, { count }) => sum + count, 0),
    firstPoll.length,
  );
  const { err } = await analyze("flows", path);
  t.regex(err, /1 poll of ss failed/);
});
