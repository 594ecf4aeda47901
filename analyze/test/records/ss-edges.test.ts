/** Polls of ss at edges: kernels just new enough for a count, and text of which a part is missing. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TppHeader, TppWriter, walkTpp } from "@tcpprobe-plus/tpp";
import test from "ava";
import { fixture, linesOf, opened, temporaryDirectory, writeCapture } from "../../../test/support/analyze.ts";

const recording = fixture("ss-loss");
const isPoll = (line: string): boolean => line.startsWith("# ss ");
const headerOf = async (): Promise<TppHeader> => (await walkTpp(recording)).header!;

/**
 * Counts that ss leaves out where they are 0, in the order in which kernels learned to tell them: 4.1, 4.10 (three),
 * 4.18, 4.19.
 */
const counts: readonly [column: string, key: RegExp][] = [
  ["bytes_acked", / bytes_acked:\d+/],
  ["busy_us", / busy:\d+ms/],
  ["rwnd_limited_us", / rwnd_limited:\S+/],
  ["sndbuf_limited_us", / sndbuf_limited:\S+/],
  ["delivered", / delivered:\d+/],
  ["bytes_sent", / bytes_sent:\d+/],
];

/** How many of these each kernel has. */
const kernels: Readonly<Record<string, number>> = {
  "3.99.0": 0,
  "4.0.99": 0,
  "4.1.0": 1,
  "4.9.99": 1,
  "4.10.0-rc1": 4,
  "4.17.99": 4,
  "4.18.0": 5,
  "4.18.99": 5,
  "4.19.0": 6,
  "5.0.0": 6,
};

test("a count that ss left out is 0 from the first kernel on that has it, and NULL before", async (t) => {
  const header = await headerOf();
  const lines = (await linesOf(recording)).slice(0, 20);
  const bare = lines.map((line) => counts.reduce((text, [, key]) => text.replace(key, ""), line));
  const directory = temporaryDirectory(t);
  for (const [release, known] of Object.entries(kernels)) {
    const path = join(directory, `${release}.tpp`);
    await writeCapture(path, bare.join(""), { ...header, kernel: { ...header.kernel, release } });
    const trace = await opened(t, path);
    const names = counts.map(([column]) => column);
    const rows = await trace.rows(`SELECT DISTINCT ${names.join(", ")} FROM trace WHERE snd_cwnd IS NOT NULL`);
    t.deepEqual(rows, [Object.fromEntries(names.map((name, index) => [name, index < known ? 0 : null]))], release);
  }
});

test("records whose poll's own line is missing are left out, not given the time of the poll before", async (t) => {
  const lines = await linesOf(recording);
  const polls = lines.flatMap((line, index) => (isPoll(line) ? [index] : []));
  // A poll with connections in it, behind others.
  const headless = polls.findIndex((at, poll) => poll > 10 && polls[poll + 1]! > at + 1);
  const head = polls[headless]!;
  const path = join(temporaryDirectory(t), "headless.tpp");
  const writer = await TppWriter.create(path, await headerOf());
  for (const part of [lines.slice(0, head), [lines[head]!], lines.slice(head + 1)]) {
    writer.write(Buffer.from(part.join("")));
    await writer.flush();
  }
  await writer.close({ reason: "source ended" });
  const { frames } = await walkTpp(path);
  t.is(frames.length, 3);
  const file = readFileSync(path);
  const at = frames[1]!.offset + Math.floor(frames[1]!.compressedBytes / 2);
  file[at] = file[at]! ^ 0xff;
  writeFileSync(path, file);

  const left = polls[headless + 1]! - head - 1;
  const whole = await opened(t, recording);
  const trace = await opened(t, path);
  t.is(trace.captures[0]!.records, whole.captures[0]!.records - left);
  t.is(
    trace.captures[0]!.rejected.reduce((sum, { count }) => sum + count, 0),
    left,
  );
  // All other records stand, at their times.
  const [, , , asked, answered] = lines[head]!.trim().split(" ");
  const middle =
    Number((BigInt(asked!) + BigInt(answered!)) / 2n - BigInt((await headerOf()).clock.monotonic_ns)) / 1e9;
  const times = "SELECT t, count(*)::INTEGER AS records FROM trace GROUP BY ALL ORDER BY ALL";
  const expected = (await whole.rows<{ t: number; records: number }>(times)).filter(
    (row) => Math.abs(row.t - middle) > 1e-6,
  );
  t.true(expected.length > 10);
  t.deepEqual(await trace.rows(times), expected as never);
});

test("a connection of which ss prints no state of TCP has no counts, not ones of 0", async (t) => {
  const lines = await linesOf(recording);
  const index = lines.findIndex((line) => / cwnd:/.test(line));
  const head = lines.slice(0, index).findLast(isPoll)!;
  // Up to its cookie, as ss prints a socket without tcp_info.
  const bare = lines[index]!.replace(/( sk:\w+) .*\n/, "$1 <->\n");
  t.false(/cwnd|rtt/.test(bare));
  const path = join(temporaryDirectory(t), "bare.tpp");
  await writeCapture(path, head + bare, await headerOf());
  const trace = await opened(t, path);
  t.deepEqual(trace.captures[0]!.rejected, []);
  const names = [
    ...counts.map(([column]) => column),
    "packets_out",
    "lost_out",
    "sacked_out",
    "retrans_out",
    "retrans",
    "app_limited",
  ];
  const [row] = await trace.rows(`SELECT ${names.join(", ")}, connection IS NOT NULL AS known FROM trace`);
  t.deepEqual(row, { ...Object.fromEntries(names.map((name) => [name, null])), known: true });
});
