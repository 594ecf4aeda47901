/**
 * Where losses lie: at the edges of a capture, in the later files of a set, and where their place is not known. The
 * text is real; where a loss was made here, lines were taken out of it or a line of the kernel's form put in.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TppHeader, TppWriter, walkTpp } from "@tcpprobe-plus/tpp";
import test from "ava";
import { fixture, linesOf, opened, temporaryDirectory } from "../../../test/support/analyze.ts";

interface Row {
  readonly lost: number | null;
  readonly cause: string;
  readonly from_s: number | null;
  readonly to_s: number | null;
  readonly known_by: string;
}
const query = "SELECT lost::INTEGER AS lost, cause, from_s, to_s, known_by FROM losses ORDER BY coalesce(from_s, to_s)";
const timeOf = (line: string): number => Number(line.split(" ")[1]);
const headerOf = async (name: string): Promise<TppHeader> => (await walkTpp(fixture(name))).header!;

/** A stretch of text: records that are told to be lost with it, then its lines, in one frame. */
interface Stretch {
  readonly lost?: number;
  readonly lines: readonly string[];
}

/** Writes a capture, a frame a stretch; `lostAtEnd` is told with the end of the capture only. */
async function written(
  path: string,
  header: TppHeader,
  stretches: readonly Stretch[],
  { cpus = 1, lostAtEnd = 0, reason = "source ended" } = {},
): Promise<string> {
  const writer = await TppWriter.create(path, header);
  for (const { lines, lost = 0 } of stretches) {
    if (lost > 0) writer.addLoss("ring", lost);
    writer.write(Buffer.from(lines.join(""), "latin1"));
    await writer.flush();
  }
  if (lostAtEnd > 0) writer.addLoss("ring", lostAtEnd);
  const statistics = { start: `Ring: records_per_cpu 128 cpus ${cpus} mem 64K\n`, end: null };
  await writer.close({ reason, ...(header.text === "probe" ? { statistics } : {}) });
  return path;
}

/** Changes a byte inside one data frame of a file. */
async function damageFrame(path: string, index: number): Promise<void> {
  const frame = (await walkTpp(path)).frames.at(index)!;
  const file = readFileSync(path);
  const at = frame.offset + Math.floor(frame.compressedBytes / 2);
  file[at] = file[at]! ^ 0xff;
  writeFileSync(path, file);
}

test("records missing before the first are one loss, which ends at the first and is bounded by nothing before", async (t) => {
  const lines = (await linesOf(fixture("kmod-loss-extended"))).slice(0, 200);
  const path = join(temporaryDirectory(t), "beheaded.tpp");
  await written(path, await headerOf("kmod-loss-extended"), [{ lines: lines.slice(7), lost: 7 }]);
  const trace = await opened(t, path);
  // The numbers of records begin with 1, and the first here is 8.
  t.deepEqual(await trace.rows<Row>(query), [
    { lost: 7, cause: "ring", from_s: null, to_s: timeOf(lines[7]!), known_by: "record numbers" },
  ]);
});

test("a single record that is missing is a loss, between the two around it", async (t) => {
  const lines = (await linesOf(fixture("kmod-loss-extended"))).slice(0, 200);
  const path = join(temporaryDirectory(t), "one.tpp");
  await written(path, await headerOf("kmod-loss-extended"), [{ lines: lines.toSpliced(50, 1), lost: 1 }]);
  const trace = await opened(t, path);
  t.deepEqual(await trace.rows<Row>(query), [
    { lost: 1, cause: "ring", from_s: timeOf(lines[49]!), to_s: timeOf(lines[51]!), known_by: "record numbers" },
  ]);
});

test("lines missing at the end of a file are a loss too, behind its last record", async (t) => {
  const lines = (await linesOf(fixture("kmod-loss"))).slice(0, 900);
  const path = join(temporaryDirectory(t), "tail.tpp");
  await written(path, await headerOf("kmod-loss"), [
    { lines: lines.slice(0, 500) },
    { lines: lines.slice(500, 800) },
    { lines: lines.slice(800) },
  ]);
  await damageFrame(path, -1);
  const trace = await opened(t, path);
  t.is(trace.captures[0]!.records, 800);
  t.deepEqual(await trace.rows<Row>(query), [
    { lost: 100, cause: "frame", from_s: timeOf(lines[799]!), to_s: null, known_by: "damage" },
  ]);
});

test("moments of checkpoints are counted from the zero of the text's own times", async (t) => {
  const lines = (await linesOf(fixture("kmod-loss"))).slice(0, 900);
  const zero = process.hrtime.bigint();
  // The capture's header was written 5 s before the module's file was opened, from when the text counts.
  const began = zero - 5_000_000_000n;
  const clock = { realtime_ns: "0", monotonic_ns: String(began), zero_monotonic_ns: String(zero) };
  const path = join(temporaryDirectory(t), "zero.tpp");
  await written(path, { ...(await headerOf("kmod-loss")), clock }, [
    { lines: lines.slice(0, 500), lost: 4 },
    { lines: lines.slice(500), lost: 7 },
  ]);
  const { checkpoints } = await walkTpp(path);
  const at = checkpoints.map(({ monotonic_ns }) => Number(BigInt(monotonic_ns) - zero) / 1e9);
  const trace = await opened(t, path);
  t.deepEqual(await trace.rows<Row>(query), [
    { lost: 4, cause: "ring", from_s: -5, to_s: at[0]!, known_by: "drop counter" },
    { lost: 7, cause: "ring", from_s: at[0]!, to_s: at[1]!, known_by: "drop counter" },
  ]);
});

test("what a later file of a set has lost by its first checkpoint was lost since the end of the file before", async (t) => {
  const lines = (await linesOf(fixture("kmod-loss"))).slice(0, 900);
  const zero = process.hrtime.bigint();
  const clock = { realtime_ns: "0", monotonic_ns: String(zero), zero_monotonic_ns: String(zero) };
  const header = { ...(await headerOf("kmod-loss")), clock };
  const id = "33333333-3333-4333-8333-333333333333";
  const directory = temporaryDirectory(t);
  const paths = [join(directory, "set.0001.tpp"), join(directory, "set.0002.tpp")] as const;
  const set = (number: number) => ({
    ...header,
    capture_id: `${header.capture_id.slice(0, -1)}${number}`,
    set: { id, number },
  });
  await written(paths[0], set(1), [{ lines: lines.slice(0, 400) }], { reason: "rotated" });
  await written(paths[1], set(2), [
    { lines: lines.slice(400, 600), lost: 5 },
    { lines: lines.slice(600), lost: 2 },
  ]);
  const ends = (await walkTpp(paths[0])).trailer!.monotonic_ns;
  const { checkpoints } = await walkTpp(paths[1]);
  const seconds = (ns: string): number => Number(BigInt(ns) - zero) / 1e9;
  const trace = await opened(t, ...paths);
  t.is(trace.captures.length, 1);
  t.deepEqual(await trace.rows<Row>(query), [
    {
      lost: 5,
      cause: "ring",
      from_s: seconds(ends),
      to_s: seconds(checkpoints[0]!.monotonic_ns),
      known_by: "drop counter",
    },
    {
      lost: 2,
      cause: "ring",
      from_s: seconds(checkpoints[0]!.monotonic_ns),
      to_s: seconds(checkpoints[1]!.monotonic_ns),
      known_by: "drop counter",
    },
  ]);
});

test("a LOST line in the third file of a set lies between the records around it there", async (t) => {
  const directory = temporaryDirectory(t);
  const seconds = (line: string): number => Number(/ (\d+\.\d+): /.exec(line)![1]);
  const cpuOf = (line: string): number => Number(/\[(\d+)\]/.exec(line)![1]);
  const third = await linesOf(fixture("rotated.0003"));
  // Two records of one CPU, one right behind the other, both of the recorded port.
  const isOurs = (line: string): boolean => /[:= ]5305\b/.test(line);
  const behind = third.findIndex(
    (line, index) =>
      index > 1000 && isOurs(line) && isOurs(third[index - 1]!) && cpuOf(line) === cpuOf(third[index - 1]!),
  );
  const mark = `CPU:${cpuOf(third[behind]!)} [LOST 12 EVENTS]\n`;
  const path = join(directory, "rotated.0003.tpp");
  const header = await headerOf("rotated.0003");
  const lines = [...third.slice(0, behind), mark, ...third.slice(behind)];
  await written(path, header, [{ lines, lost: 12 }], { reason: "rotated" });
  const others = ["rotated.0001", "rotated.0002", "rotated.0004"].map(fixture);
  const trace = await opened(t, others[0]!, others[1]!, path, others[2]!);
  const zero = Number(BigInt((await headerOf("rotated.0001")).clock.monotonic_ns)) / 1e9;
  const [loss, ...more] = await trace.rows<Row>(query);
  t.deepEqual(more, []);
  t.deepEqual([loss!.lost, loss!.cause, loss!.known_by], [12, "ring", "lost line"]);
  t.true(Math.abs(loss!.from_s! - (seconds(third[behind - 1]!) - zero)) < 2e-6, `${loss!.from_s}`);
  t.true(Math.abs(loss!.to_s! - (seconds(third[behind]!) - zero)) < 2e-6, `${loss!.to_s}`);
});

test("a loss of which only the number is known touches all there is, and takes all of its time", async (t) => {
  const lines = await linesOf(fixture("kmod-loss"));
  const path = join(temporaryDirectory(t), "total.tpp");
  await written(path, await headerOf("kmod-loss"), [{ lines }], { lostAtEnd: 9 });
  const trace = await opened(t, path);
  t.deepEqual(await trace.rows<Row>(query), [{ lost: 9, cause: "ring", from_s: null, to_s: null, known_by: "total" }]);
  t.deepEqual(await trace.rows("SELECT lost, flows FROM gaps"), [{ lost: 9, flows: 2 }]);
  for (const view of ["flows", "limits"])
    t.deepEqual(
      await trace.rows(`SELECT crosses_gap, gap_share FROM ${view} ORDER BY flow`),
      [
        { crosses_gap: true, gap_share: 1 },
        { crosses_gap: true, gap_share: 1 },
      ],
      view,
    );
  for (const view of ["goodput", "rtt", "episodes", "limits_by_window", "fairness"]) {
    const [counts] = await trace.rows<{ rows: number; flagged: number }>(
      `SELECT count(*) AS rows, count(*) FILTER (WHERE crosses_gap) AS flagged FROM ${view}`,
    );
    t.true(counts!.rows > 0, view);
    t.is(counts!.flagged, counts!.rows, view);
  }
});

test("records of equal time keep the order of the files of a set, also where others come late", async (t) => {
  const header = await headerOf("kmod-loss");
  const lines = (await linesOf(fixture("kmod-loss"))).slice(0, 12);
  const at = (line: string, seconds: number): string => line.replace(/^(\d) \S+/, `$1 ${seconds}.000000000`);
  // Records 4 to 9 are of one moment, which both files have; record 10 comes late, in the place of 12.
  const times = [1, 2, 3, 4, 4, 4, 4, 4, 4, 5, 6, 7];
  const made = lines.map((line, index) => at(line, times[index]!));
  const first = made.slice(0, 6);
  const second = [...made.slice(6, 9), made[10]!, made[11]!, made[9]!];
  const directory = temporaryDirectory(t);
  const id = "33333333-3333-4333-8333-333333333333";
  const paths = [join(directory, "set.0001.tpp"), join(directory, "set.0002.tpp")] as const;
  const set = (number: number) => ({
    ...header,
    capture_id: `${header.capture_id.slice(0, -1)}${number}`,
    set: { id, number },
  });
  await written(paths[0], set(1), [{ lines: first }], { reason: "rotated" });
  await written(paths[1], set(2), [{ lines: second }]);
  const trace = await opened(t, ...paths);
  const rows = await trace.rows<{ t: number; sport: number; seq_num: number | null }>(
    "SELECT t, sport, snd_nxt FROM trace ORDER BY ord",
  );
  const fields = made.map((line) => line.split(" "));
  t.deepEqual(
    rows,
    fields.map((field, index) => ({ t: times[index]!, sport: Number(field[3]), snd_nxt: Number(field[11]) })) as never,
  );
});
