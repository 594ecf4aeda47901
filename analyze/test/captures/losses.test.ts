/**
 * Where records were lost, by each way in which a capture tells it. The text is real; where a loss was made here, lines
 * were taken out of it.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TppHeader, TppWriter, walkTpp } from "@tcpprobe-plus/tpp";
import test from "ava";
import { analyze, fixture, linesOf, opened, temporaryDirectory, writeCapture } from "../../../test/support/analyze.ts";

interface Row {
  readonly lost: number;
  readonly cause: string;
  readonly from_s: number | null;
  readonly to_s: number | null;
  readonly known_by: string;
}
const query = "SELECT lost::INTEGER AS lost, cause, from_s, to_s, known_by FROM losses ORDER BY coalesce(from_s, to_s)";
const timeOf = (line: string): number => Number(line.split(" ")[1]);
const headerOf = async (name: string): Promise<TppHeader> => (await walkTpp(fixture(name))).header!;

/** The module's statistics with the given number of CPUs, as in the recordings. */
const statistics = (cpus: number) => ({ start: `Ring: records_per_cpu 128 cpus ${cpus} mem 64K\n`, end: null });

async function written(
  path: string,
  chunks: readonly { readonly lines: readonly string[]; readonly lost?: number }[],
  header: TppHeader,
  cpus = 2,
): Promise<string> {
  const writer = await TppWriter.create(path, header);
  for (const { lines, lost } of chunks) {
    if (lost) writer.addLoss("ring", lost);
    writer.write(Buffer.from(lines.join("")));
    await writer.flush();
  }
  await writer.close({ reason: "source ended", statistics: statistics(cpus) });
  return path;
}

test("holes in the numbers of a real overflow are the module's own count, and end at the record behind them", async (t) => {
  const name = "kmod-overflow-extended";
  const dropped = Number(/^Lost: ring_full (\d+)/m.exec((await walkTpp(fixture(name))).trailer!.statistics!.end!)![1]);
  const lines = await linesOf(fixture(name));
  const behind = lines.find((line, index) => Number(line.split(" ")[30]) > index + 1)!;
  const trace = await opened(t, fixture(name));
  // Two CPUs wrote, and a line does not say which: what was lost can lie anywhere before.
  t.deepEqual(await trace.rows<Row>(query), [
    { lost: dropped, cause: "ring", from_s: null, to_s: timeOf(behind), known_by: "record numbers" },
  ]);
  const { out } = await analyze("info", fixture(name));
  t.regex(
    out,
    new RegExp(`^lost {7}${dropped} records \\(the ring was full\\) before 4\\.00\\d+ s; known by the numbers`, "m"),
  );
});

test("with one CPU each hole has both bounds; what was lost behind the last record is the rest", async (t) => {
  const lines = await linesOf(fixture("kmod-loss-extended"));
  const header = await headerOf("kmod-loss-extended");
  const kept = [...lines.slice(0, 100), ...lines.slice(150, 1000), ...lines.slice(1003, 2000)];
  const path = join(temporaryDirectory(t), "holes.tpp");
  await written(path, [{ lines: kept, lost: 53 + 20 }], header, 1);
  const trace = await opened(t, path);
  const last = timeOf(lines[1999]!);
  t.deepEqual(await trace.rows<Row>(query), [
    { lost: 50, cause: "ring", from_s: timeOf(lines[99]!), to_s: timeOf(lines[150]!), known_by: "record numbers" },
    { lost: 3, cause: "ring", from_s: timeOf(lines[999]!), to_s: timeOf(lines[1003]!), known_by: "record numbers" },
    { lost: 20, cause: "ring", from_s: timeOf(lines[1003]!), to_s: null, known_by: "total" },
  ]);
  t.true(last > timeOf(lines[1003]!));
});

test("30-field text: losses lie between the checkpoints whose counts differ", async (t) => {
  const lines = await linesOf(fixture("kmod-loss"));
  const now = process.hrtime.bigint();
  const clock = { realtime_ns: "0", monotonic_ns: String(now), zero_monotonic_ns: String(now) };
  const path = join(temporaryDirectory(t), "deltas.tpp");
  const chunks = [
    { lines: lines.slice(0, 500) },
    { lines: lines.slice(500, 900), lost: 7 },
    { lines: lines.slice(900, 1000) },
  ];
  await written(path, [...chunks, { lines: lines.slice(1000), lost: 2 }], { ...(await headerOf("kmod-loss")), clock });
  const { checkpoints } = await walkTpp(path);
  const at = checkpoints.map(({ monotonic_ns }) => Number(BigInt(monotonic_ns) - now) / 1e9);
  const trace = await opened(t, path);
  t.deepEqual(await trace.rows<Row>(query), [
    { lost: 7, cause: "ring", from_s: at[0]!, to_s: at[1]!, known_by: "drop counter" },
    { lost: 2, cause: "ring", from_s: at[2]!, to_s: at[3]!, known_by: "drop counter" },
  ]);
});

test("a LOST line is bounded by the records of its own CPU, not by those that others wrote meanwhile", async (t) => {
  const lines = await linesOf(fixture("shaped-loss"));
  const header = await headerOf("shaped-loss");
  const seconds = (line: string) => Number(/ (\d+\.\d+): /.exec(line)![1]);
  const ofCpu = (line: string) => Number(/\[(\d+)\]/.exec(line)?.[1]);
  // Records of other ports are not part of the trace.
  const isOurs = (line: string) => ofCpu(line) === 1 && /[:= ]5302\b/.test(line);
  const cpu = 1;
  const last = lines.findLastIndex(isOurs);
  const place = lines
    .slice(0, last)
    .findLastIndex((line, index) => ofCpu(line) === 0 && ofCpu(lines[index - 1]!) === 0);
  const zero = Number(BigInt(header.clock.monotonic_ns) / 1000n) / 1e6;
  const before = seconds(lines.slice(0, place).findLast(isOurs)!);
  const behind = seconds(lines.slice(place).find(isOurs)!);
  // The line alone tells it, where the capture's own count does not.
  for (const lost of [12, 0]) {
    const told = [...lines.slice(0, place), `CPU:${cpu} [LOST 12 EVENTS]\n`, ...lines.slice(place)];
    const path = join(temporaryDirectory(t), "lost-line.tpp");
    await written(path, [{ lines: told, lost }], header);
    const trace = await opened(t, path);
    const [loss, ...others] = await trace.rows<Row>(query);
    t.deepEqual(others, []);
    t.deepEqual(
      { ...loss, from_s: 0, to_s: 0 },
      { lost: 12, cause: "ring", from_s: 0, to_s: 0, known_by: "lost line" },
    );
    t.true(Math.abs(loss!.from_s! - (before - zero)) < 2e-6, `${loss!.from_s} ${before - zero}`);
    t.true(Math.abs(loss!.to_s! - (behind - zero)) < 2e-6, `${loss!.to_s} ${behind - zero}`);
  }
  t.true(behind > seconds(lines[place]!) || before < seconds(lines[place - 1]!));
});

test("lines of a damaged frame are missing once: not as holes of the ring too", async (t) => {
  const lines = await linesOf(fixture("kmod-loss-extended"));
  const path = join(temporaryDirectory(t), "damaged.tpp");
  await written(
    path,
    [{ lines: lines.slice(0, 300) }, { lines: lines.slice(300, 420) }, { lines: lines.slice(420, 900) }],
    await headerOf("kmod-loss-extended"),
    1,
  );
  const { frames } = await walkTpp(path);
  const file = readFileSync(path);
  file[frames[1]!.offset + 60] = file[frames[1]!.offset + 60]! ^ 0xff;
  writeFileSync(path, file);
  const trace = await opened(t, path);
  t.deepEqual(await trace.rows<Row>(query), [
    { lost: 120, cause: "frame", from_s: timeOf(lines[299]!), to_s: timeOf(lines[420]!), known_by: "damage" },
  ]);
});

test("flows and windows away from a loss are not flagged", async (t) => {
  const lines = await linesOf(fixture("kmod-loss-extended"));
  const kept = [...lines.slice(0, 1000), ...lines.slice(1010)];
  const path = join(temporaryDirectory(t), "one-hole.tpp");
  await written(path, [{ lines: kept, lost: 10 }], await headerOf("kmod-loss-extended"), 1);
  const trace = await opened(t, path);
  const at = timeOf(lines[1005]!);
  const flagged = await trace.rows<{ s: number }>("SELECT DISTINCT window_start_s AS s FROM goodput WHERE crosses_gap");
  t.true(flagged.length >= 1 && flagged.length <= 3);
  for (const { s } of flagged) t.true(Math.abs(s - at) < 0.3, `${s}`);
});

test("an end that was not followed for a while flags nothing of the other, but fairness, which is of all", async (t) => {
  // As if maxflows had been 1 for the first two seconds: the receiver's end is taken out of them.
  const lines = await linesOf(fixture("kmod-ipv6"));
  const isReceiver = (line: string) => line.split(" ")[3] === "5001";
  const early = lines.filter((line) => timeOf(line) < 2);
  const refused = early.filter(isReceiver).length;
  const zero = String(process.hrtime.bigint() - 2_000_000_000n);
  const clock = { realtime_ns: "0", monotonic_ns: zero, zero_monotonic_ns: zero };
  const directory = temporaryDirectory(t);
  const path = join(directory, "maxflows.tpp");
  const writer = await TppWriter.create(path, { ...(await headerOf("kmod-ipv6")), clock });
  writer.addLoss("flow limit", refused);
  writer.write(Buffer.from(early.filter((line) => !isReceiver(line)).join("")));
  await writer.flush();
  writer.write(Buffer.from(lines.slice(early.length).join("")));
  await writer.close({ reason: "source ended", statistics: statistics(1) });

  const parquet = join(directory, "maxflows.parquet");
  const converted = await analyze("convert", path, "-o", parquet);
  t.is(converted.code, 0, converted.err);
  const notice = new RegExp(
    `: ${refused} segments of connections that were not followed \\(maxflows was reached\\); the others`,
  );
  t.regex(converted.err, notice);
  const { out } = await analyze("info", path);
  t.regex(out, new RegExp(`^unseen {5}${refused} segments of .* between 0\\.0+ s and 2\\.\\d+ s`, "m"));
  t.regex(out, /^losses {5}none$/m);

  const whole = await opened(t, fixture("kmod-ipv6"));
  const ofSender = "SELECT * FROM goodput WHERE flow = 1 ORDER BY window_start_s";
  for (const file of [path, parquet]) {
    const trace = await opened(t, file);
    t.deepEqual(await trace.rows("SELECT * FROM losses"), []);
    const [unseen, ...more] = await trace.rows<{ segments: number; cause: string; from_s: number; to_s: number }>(
      "SELECT segments, cause, from_s, to_s FROM not_followed",
    );
    t.deepEqual({ ...unseen, to_s: 0 }, { segments: refused, cause: "flow limit", from_s: 0, to_s: 0 });
    t.deepEqual(more, []);
    t.deepEqual(await trace.rows("SELECT seen, gap_share FROM flows ORDER BY flow"), [
      { seen: "whole", gap_share: 0 },
      { seen: "no start", gap_share: 0 },
    ]);
    for (const view of ["flows", "goodput", "rtt", "episodes", "rto_events", "limits", "limits_by_window"])
      t.deepEqual(await trace.rows(`SELECT * FROM ${view} WHERE crosses_gap`), [], view);
    t.deepEqual(await trace.rows(ofSender), await whole.rows(ofSender));
    const windows = await trace.rows<{ s: number; crosses_gap: boolean }>(
      "SELECT window_start_s AS s, crosses_gap FROM fairness",
    );
    t.true(windows.some((row) => row.crosses_gap) && windows.some((row) => !row.crosses_gap));
    for (const { s, crosses_gap } of windows) t.is(crosses_gap, s <= unseen!.to_s, `${s}`);
  }
});

test("records that come late are put in the order of time; those of equal time keep theirs", async (t) => {
  const lines = await linesOf(fixture("kmod-loss"));
  const header = await headerOf("kmod-loss");
  // As two CPUs merged badly would give it: every 50th line two places late; and some times made equal.
  const late = [...lines];
  for (let index = 50; index + 2 < late.length; index += 50) late.splice(index + 2, 0, ...late.splice(index, 1));
  const directory = temporaryDirectory(t);
  const late_ = await opened(t, await writeCapture(join(directory, "late.tpp"), late.join(""), header));
  const inOrder = await opened(t, fixture("kmod-loss"));
  const all = "SELECT flow, type, t, seq_num, snd_nxt, snd_cwnd FROM trace ORDER BY ord";
  t.is(JSON.stringify(await late_.rows(all)), JSON.stringify(await inOrder.rows(all)));
  t.is(
    await late_.database.value(
      "SELECT count(*)::INTEGER FROM (SELECT t < lag(t) OVER (ORDER BY ord) AS back FROM trace) WHERE back",
    ),
    0,
  );

  const equal = lines
    .slice(0, 400)
    .map((line, index) => line.replace(/^(\d) \S+/, `$1 ${Math.floor(index / 4) + 1}.000000000`));
  const swapped = [...equal.slice(4, 8), ...equal.slice(0, 4), ...equal.slice(8)];
  const equal_ = await opened(t, await writeCapture(join(directory, "equal.tpp"), swapped.join(""), header));
  const ports = await equal_.rows<{ sport: number; t: number }>("SELECT sport, t FROM trace ORDER BY ord");
  t.deepEqual(
    ports.map((row) => row.sport),
    equal.map((line) => Number(line.split(" ")[3])),
  );
  t.deepEqual(
    ports.map((row) => row.t),
    equal.map(timeOf),
  );
});
