/** Writes the intact frames of a damaged file to a new file, and counts the missing lines where they are missing. */
import { randomUUID } from "node:crypto";
import { NothingToRecoverError } from "./errors.ts";
import type { LossTotals, TppCheckpoint, TppHeader, TppTrailer } from "./format/header.ts";
import { readFrames } from "./read/read.ts";
import { verifyTpp } from "./read/verify.ts";
import type { TppWalk, WalkOptions } from "./read/walk.ts";
import { type CheckpointNotes, FrameSink } from "./write/frame-sink.ts";

export interface Recovery {
  /** The walk of the input, with every frame checked. */
  readonly input: TppWalk;
  readonly frames: number;
  readonly lines: number;
  readonly rawBytes: number;
  /** Number of lines known to be missing between and after the frames. What was cut off at the end is not known. */
  readonly missingLines: number;
  readonly fileBytes: number;
}

export interface RecoverOptions extends WalkOptions {
  /** Replace an existing output. Without it, an existing output is refused. */
  readonly overwrite?: boolean;
}

/**
 * Copies the intact frames of `input` to the new file `output`, which appears only when it is complete. `-` is standard
 * output. Lines missing between frames are counted as lost by `damage` in the next checkpoint. Throws what `verifyTpp`
 * throws, a NothingToRecoverError, a SameFileError if the output is the input under any name, or a writer's error.
 */
export async function recoverTpp(input: string, output: string, options: RecoverOptions = {}): Promise<Recovery> {
  const { overwrite = false, ...reading } = options;
  const walk = await verifyTpp(input, reading);
  if (!walk.header) {
    const damage = walk.damage.find(({ kind }) => kind === "header")?.text;
    throw new NothingToRecoverError(input, damage ?? "its header cannot be read");
  }
  const header = recoveredHeader(walk, walk.header);
  const sink = await FrameSink.create(output, header, { overwrite, inputs: [input], appears: "whole" });
  try {
    return await copyFrames(walk, walk.header, header, sink, reading);
  } catch (error) {
    await sink.abandon(); // a file with only some of the frames would look as if no more could be recovered
    throw error;
  }
}

async function copyFrames(
  walk: TppWalk,
  from: TppHeader,
  header: TppHeader,
  sink: FrameSink,
  { signal }: WalkOptions,
): Promise<Recovery> {
  const checkpoints = new Map(walk.checkpoints.map((checkpoint) => [checkpoint.frame, checkpoint]));
  let missingLines = 0;
  let expectedLine = 0;
  let sourceLost: LossTotals = {};
  let lastNs = from.clock.monotonic_ns;
  const holeUpTo = (line: number): LossTotals => {
    missingLines += Math.max(0, line - expectedLine);
    return missingLines > 0 ? { ...sourceLost, damage: (sourceLost.damage ?? 0) + missingLines } : sourceLost;
  };
  for await (const { frame, raw, compressed } of readFrames(walk.path, walk, signal ? { signal } : {})) {
    const checkpoint = checkpoints.get(frame.number);
    sourceLost = checkpoint?.lost ?? sourceLost;
    const lost = holeUpTo(frame.firstLine);
    expectedLine = frame.firstLine + frame.lines;
    lastNs = checkpoint?.monotonic_ns ?? lastNs;
    const notes = { ...carriedNotes(checkpoint), monotonic_ns: lastNs, lost };
    await sink.appendData({ compressed, rawBytes: raw.length, lines: frame.lines }, notes);
  }
  sourceLost = walk.trailer?.lost ?? sourceLost;
  const lost = holeUpTo(walk.trailer?.lines ?? expectedLine);
  const { frames, lines, rawBytes } = sink.totals;
  await sink.finish(recoveredTrailer(walk, header, { frames, lines, raw_bytes: rawBytes, lost }, lastNs));
  return { input: walk, frames, lines, rawBytes, missingLines, fileBytes: sink.totals.fileBytes };
}

/** The contents of a checkpoint that do not concern its frame. */
function carriedNotes(checkpoint: TppCheckpoint | undefined): Partial<CheckpointNotes> {
  const names = ["realtime_ns", "module", "module_sysctl"] as const;
  return Object.fromEntries(names.flatMap((name) => (checkpoint?.[name] ? [[name, checkpoint[name]]] : [])));
}

/** Most lines about damage, over all recoveries that a file went through. */
const mostDamages = 1000;

function recoveredHeader(walk: TppWalk, header: TppHeader): TppHeader {
  const damage = walk.damage.map((found) => found.text);
  return {
    ...header,
    capture_id: randomUUID(),
    recovered: {
      from_capture_id: header.capture_id,
      damage: [...(header.recovered?.damage ?? []), ...damage].slice(0, mostDamages),
    },
  };
}

type Totals = Pick<TppTrailer, "frames" | "lines" | "raw_bytes" | "lost">;

/** The end of the capture is taken from the trailer if it is intact, otherwise from the last checkpoint. */
function recoveredTrailer(walk: TppWalk, header: TppHeader, totals: Totals, lastNs: string): TppTrailer {
  const sinceStartNs = BigInt(lastNs) - BigInt(header.clock.monotonic_ns);
  const atLastFrame = {
    duration_s: Math.max(0, Number(sinceStartNs / 1000n) / 1e6),
    realtime_ns: String(BigInt(header.clock.realtime_ns) + sinceStartNs),
    monotonic_ns: lastNs,
  };
  return { ...(walk.trailer ?? atLastFrame), ...totals, capture_id: header.capture_id, reason: "recovered" };
}
