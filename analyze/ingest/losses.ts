/** Where a capture has lost records, and how much: from its text, its record numbers, its checkpoints. */
import type { Database } from "../database.ts";
import { wholeNumeral } from "../literals.ts";
import type { CaptureFile, Loss, LossCause, LossEvidence } from "./capture.ts";
import { lostBy } from "./stage-capture.ts";
import { recordsSql, type StagedPiece } from "./staged.ts";

/** A loss that was met while reading. */
export interface LossMark {
  /** It lies behind this record; null where only its time is known. */
  readonly afterOrd: number | null;
  /** CLOCK_MONOTONIC of it, ns, where that is known instead. */
  readonly atNs: string | null;
  readonly lost: number | null;
  readonly cause: LossCause;
  readonly knownBy: LossEvidence;
  /** The CPU whose records were lost; null: any. */
  readonly cpu: number | null;
}

interface Staged {
  readonly number: number;
  readonly files: readonly CaptureFile[];
  readonly pieces: readonly StagedPiece[];
  readonly marks: readonly LossMark[];
}

/** Gives every loss of a capture its place in time. Their sum by cause is what the capture itself counted. */
export async function placeLosses(database: Database, staged: Staged): Promise<Loss[]> {
  const { files, number } = staged;
  const holes = await recordHoles(database, staged);
  const known = [
    ...staged.marks.map((mark) => withinHole(mark, holes)),
    ...holes.filter(({ lost }) => (lost ?? 0) > 0),
  ];
  const placed = await boundsOf(database, staged, known);
  const losses: Loss[] = [];
  const causes = new Set(files.flatMap((file) => Object.keys(lostBy(file))));
  for (const cause of causes) {
    const total = files.reduce((sum, file) => sum + (lostBy(file)[cause] ?? 0), 0);
    const inText = placed.filter((loss) => loss.cause === cause);
    const bounded = inText.every((loss) => loss.from_s !== null || loss.after_ord === 0);
    const counted = files.flatMap((_, index) => counterSteps(files, index, number, cause));
    // Numbers without CPUs say how many and until when; a counter that was read each second also says since when.
    if (bounded || counted.length === 0) losses.push(...inText);
    const rest = total - sumOf(inText);
    if (bounded && inText.length > 0) {
      if (rest > 0) losses.push({ ...unplaced(number, cause, rest), from_s: inText.at(-1)?.to_s ?? null });
    } else if (counted.length > 0) losses.push(...counted);
    else if (rest > 0) losses.push(unplaced(number, cause, rest));
  }
  losses.push(...placed.filter(({ cause }) => !causes.has(cause)));
  const key = ({ from_s, to_s }: Loss): number => from_s ?? to_s ?? Number.POSITIVE_INFINITY;
  return losses.sort((a, b) => key(a) - key(b));
}

const sumOf = (losses: readonly { readonly lost: number | null }[]): number =>
  losses.reduce((sum, { lost }) => sum + (lost ?? 0), 0);

const unplaced = (capture: number, cause: string, lost: number): Loss => ({
  capture,
  after_ord: null,
  lost,
  cause,
  from_s: null,
  to_s: null,
  known_by: "total",
});

/** A hole's lines that a damaged part or a missing file explains are no losses of the ring. */
function withinHole(mark: LossMark, holes: LossMark[]): LossMark {
  if (mark.knownBy !== "damage" && mark.knownBy !== "set") return mark;
  const index = holes.findIndex(({ afterOrd }) => afterOrd === mark.afterOrd);
  const hole = holes[index];
  if (!hole) return mark;
  const lost = mark.lost === null ? hole.lost : mark.lost;
  holes[index] = { ...hole, lost: (hole.lost ?? 0) - (lost ?? 0) };
  return { ...mark, lost };
}

/** Holes in the numbers of extended records: so many of the CPU that wrote the record behind one were lost before it. */
async function recordHoles(database: Database, { pieces, files }: Staged): Promise<LossMark[]> {
  if (!files[0]?.header.columns?.includes("record")) return [];
  const records = recordsSql(pieces);
  const [range] = await database.rows<{ first: string | null; last: string; count: string }>(
    `SELECT min(record) AS first, max(record) AS last, count(record) AS count FROM (${records})`,
  );
  const startsAtOne = (files[0].header.set?.number ?? 1) === 1;
  if (!range || range.first === null) return [];
  const first = startsAtOne ? 1n : BigInt(range.first);
  if (BigInt(range.last) - first + 1n === BigInt(range.count)) return [];
  const found = await database.rows<{ afterOrd: number; lost: number; cpu: number | null }>(`
    SELECT (ord - 1)::DOUBLE AS "afterOrd", (record - before - 1)::DOUBLE AS lost, cpu
    FROM (SELECT ord, record, cpu, lag(record, 1, ${first - 1n}::UBIGINT) OVER (ORDER BY ord) AS before FROM (${records}) WHERE record IS NOT NULL)
    WHERE record > before + 1 ORDER BY ord`);
  const single = files.every(({ walk }) => /^Ring: .*\bcpus 1\b/m.test(walk.trailer?.statistics?.start ?? ""));
  // Without the CPU in the line, what other CPUs wrote in between may lie anywhere in the time of the loss.
  return found.map(({ cpu, ...hole }) => ({
    ...hole,
    cause: "ring",
    knownBy: "record numbers",
    cpu: single ? null : (cpu ?? unknownCpu),
    atNs: null,
  }));
}

/** No record is of this one, so a loss of it has no bound before it. */
const unknownCpu = -1;

/** Times between which each marked loss lies: of the record before it and behind it, of the same CPU where that counts. */
async function boundsOf(database: Database, staged: Staged, marks: readonly LossMark[]): Promise<Loss[]> {
  const at = marks.map((mark) => (mark.atNs === null ? null : secondsOf(staged.files[0]!, mark.atNs)));
  const bounds = new Map<number, { from_s: number | null; to_s: number | null }>();
  const inText = marks.flatMap((mark, index) => (mark.afterOrd === null ? [] : [{ ...mark, index }]));
  if (inText.length > 0) {
    const values = inText.map(
      ({ index, afterOrd, cpu }) =>
        `(${index}, ${wholeNumeral(afterOrd!)}::BIGINT, ${cpu === null ? "NULL" : wholeNumeral(cpu)}::INTEGER)`,
    );
    const side = (name: string, compare: string, cpuMatters: boolean) => `
      SELECT place.index, ${name === "to_s" ? "min" : "max"}(t)::DOUBLE AS bound FROM place ASOF JOIN timed
      ON ${cpuMatters ? "place.cpu = timed.cpu AND " : ""}place.after_ord ${compare} timed.ord
      WHERE place.cpu IS ${cpuMatters ? "NOT " : ""}NULL GROUP BY place.index`;
    const rows = await database.rows<{ index: number; from_s: number | null; to_s: number | null }>(`
      WITH place(index, after_ord, cpu) AS (VALUES ${values.join(", ")}),
      timed AS MATERIALIZED (SELECT ord, t, cpu::INTEGER AS cpu FROM (${recordsSql(staged.pieces)}) WHERE t IS NOT NULL),
      before AS (${side("from_s", ">=", false)} UNION ALL ${side("from_s", ">=", true)}),
      behind AS (${side("to_s", "<", false)} UNION ALL ${side("to_s", "<", true)}),
      -- A hole lies right before a record, whoever's CPU that is.
      next AS (SELECT place.index, t::DOUBLE AS bound FROM place JOIN timed ON timed.ord = place.after_ord + 1 WHERE place.cpu = ${unknownCpu})
      SELECT place.index, before.bound AS from_s, coalesce(next.bound, behind.bound) AS to_s
      FROM place LEFT JOIN before USING (index) LEFT JOIN behind USING (index) LEFT JOIN next USING (index)`);
    for (const { index, from_s, to_s } of rows) bounds.set(index, { from_s, to_s });
  }
  return marks.map((mark, index) => ({
    capture: staged.number,
    after_ord: mark.afterOrd,
    lost: mark.lost,
    cause: mark.cause,
    from_s: at[index] ?? bounds.get(index)?.from_s ?? null,
    to_s: at[index] ?? bounds.get(index)?.to_s ?? null,
    known_by: mark.knownBy,
  }));
}

/** Rises of a cause's count from checkpoint to checkpoint of one file of the capture. */
function counterSteps(files: readonly CaptureFile[], index: number, capture: number, cause: string): Loss[] {
  const first = files[0]!;
  const { header, walk } = files[index]!;
  const { checkpoints, trailer } = walk;
  const reads = [
    ...checkpoints.map(({ monotonic_ns, lost }) => ({ ns: monotonic_ns, total: lost[cause] ?? 0 })),
    ...(trailer ? [{ ns: trailer.monotonic_ns, total: trailer.lost[cause] ?? 0 }] : []),
  ];
  // A file whose checkpoints never counted it tells only its sum.
  if (!reads.slice(0, checkpoints.length).some(({ total }) => total > 0) && !checkpoints.some(({ module }) => module))
    return [];
  const steps: Loss[] = [];
  // Each file of a set counts from 0 again, and begins where the one before it ended.
  let before = { ns: files[index - 1]?.walk.trailer?.monotonic_ns ?? header.clock.monotonic_ns, total: 0 };
  for (const read of reads) {
    const lost = read.total - before.total;
    if (lost > 0)
      steps.push({
        capture,
        after_ord: null,
        lost,
        cause,
        from_s: secondsOf(first, before.ns),
        to_s: secondsOf(first, read.ns),
        known_by: "drop counter",
      });
    before = read;
  }
  return steps;
}

/** A moment of CLOCK_MONOTONIC as `t`. */
function secondsOf({ header }: CaptureFile, ns: string): number {
  const { clock, text } = header;
  const zero = text === "probe" ? clock.zero_monotonic_ns : clock.monotonic_ns;
  return Number(BigInt(ns) - BigInt(zero)) / 1e9;
}
