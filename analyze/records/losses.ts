/** Marks the places in the text where records are missing, with the times of the records around them. */
import type { LossCause, LossEvidence } from "../captures/capture.ts";
import type { Batch } from "./batch.ts";
import { noCpu } from "./columns.ts";

export interface PlacedMark {
  /** Number of the record before the loss; null where only its time is known. */
  readonly afterOrd: number | null;
  lost: number | null;
  readonly cause: LossCause;
  readonly knownBy: LossEvidence;
  /** Bounds of the time of the loss, ns since the capture's zero; null: no bound on that side. */
  fromNs: number | null;
  toNs: number | null;
}

/** The records that bound a loss: those of one CPU, those of any CPU, or only the next one (no lower bound). */
type Whose = number | "any" | "next";

/** Takes the records in the order of the text, before they are sorted by time. */
export class LossPlaces {
  /** Number of records so far. */
  rows = 0;
  readonly #marks: PlacedMark[] = [];
  readonly #holes: PlacedMark[] = [];
  /** Marks whose upper bound is not known yet. */
  #waiting: { readonly mark: PlacedMark; readonly whose: Whose }[] = [];
  #lastNs: number | null = null;
  readonly #lastByCpu = new Map<number, number>();
  readonly #refusedByCpu = new Map<number, number>();
  readonly #startsAtOne: boolean;
  readonly #oneCpu: boolean;
  #lastRecord: number | null = null;
  #records = 0;
  #firstRecord: number | null = null;
  #highestRecord = 0;

  /** `startsAtOne`: the first record of the capture has number 1. `oneCpu`: one CPU wrote all records. */
  constructor({ startsAtOne, oneCpu }: { startsAtOne: boolean; oneCpu: boolean }) {
    this.#startsAtOne = startsAtOne;
    this.#oneCpu = oneCpu;
  }

  /** Marks that records are missing after those so far. `cpu`: the CPU that lost them, null where it is not known. */
  mark(lost: number | null, cause: LossCause, knownBy: LossEvidence, cpu: number | null = null): void {
    this.#marks.push(this.#place({ lost, cause, knownBy }, this.rows, cpu ?? "any"));
  }

  /** Marks a loss of which only the time is known. */
  markAt(ns: number, lost: number, cause: LossCause, knownBy: LossEvidence): void {
    this.#marks.push({ afterOrd: null, lost, cause, knownBy, fromNs: ns, toNs: ns });
  }

  #place(what: Pick<PlacedMark, "lost" | "cause" | "knownBy">, afterOrd: number, whose: Whose): PlacedMark {
    const fromNs = whose === "next" ? null : whose === "any" ? this.#lastNs : (this.#lastByCpu.get(whose) ?? null);
    const mark: PlacedMark = { ...what, afterOrd, fromNs, toNs: null };
    this.#waiting.push({ mark, whose });
    return mark;
  }

  /** Takes the next records of the text. */
  follow(batch: Batch): void {
    const { rows, layout, data } = batch;
    const ns = batch.column<Float64Array>("ns");
    const record = layout.place("record") < 0 ? null : batch.column<Int32Array>("record");
    const cpu = layout.place("cpu") < 0 ? null : batch.column<Uint16Array>("cpu");
    const refused = layout.place("refused") < 0 ? null : batch.column<Uint32Array>("refused");
    if (record === null && cpu === null && data.lost.length === 0) {
      if (rows === 0) return;
      if (this.#waiting.length > 0) this.#settle(ns[0]!, null);
      this.#lastNs = ns[rows - 1]!;
      this.rows += rows;
      return;
    }
    let next = 0;
    for (let row = 0; row <= rows; row++) {
      while (next < data.lost.length && data.lost[next]!.row === row) {
        const { lost, cpu } = data.lost[next++]!;
        this.mark(lost, "ring", "lost line", cpu);
      }
      if (row === rows) break;
      const own = cpu === null || cpu[row] === noCpu ? null : cpu[row]!;
      if (record)
        this.#followNumber(
          record[2 * row]! + ((record[2 * row] as number) < 0 ? 4294967296 : 0) + record[2 * row + 1]! * 4294967296,
          own,
        );
      if (refused && own !== null) this.#followRefused(refused[row]!, own);
      const at = ns[row]!;
      if (this.#waiting.length > 0) this.#settle(at, own);
      this.#lastNs = at;
      if (own !== null) this.#lastByCpu.set(own, at);
      this.rows++;
    }
  }

  #followNumber(number: number, cpu: number | null): void {
    const before = this.#lastRecord ?? (this.#startsAtOne ? 0 : number - 1);
    this.#firstRecord ??= before + 1;
    if (number > before + 1) {
      const what = { lost: number - before - 1, cause: "ring", knownBy: "record numbers" } as const;
      // If lines do not name their CPU, records of other CPUs may be from any time during the loss.
      this.#holes.push(this.#place(what, this.rows, this.#oneCpu ? "any" : (cpu ?? "next")));
    }
    this.#lastRecord = number;
    this.#highestRecord = Math.max(this.#highestRecord, number);
    this.#records++;
  }

  /**
   * Follows the count of records that a CPU's ring has refused. Where it rises, the difference is missing since the
   * previous record of that CPU.
   */
  #followRefused(count: number, cpu: number): void {
    const before = this.#refusedByCpu.get(cpu) ?? 0;
    if (count <= before) return; // a record whose making was interrupted carries an older count
    this.#refusedByCpu.set(cpu, count);
    this.mark(count - before, "ring", "record numbers", cpu);
  }

  #settle(ns: number, cpu: number | null): void {
    this.#waiting = this.#waiting.filter(({ mark, whose }) => {
      if (typeof whose === "number" && whose !== cpu) return true;
      mark.toNs = ns;
      return false;
    });
  }

  /**
   * All marks so far. Records that a damaged part or a missing file accounts for are subtracted from the hole in the
   * numbers: the ring did not lose them.
   */
  end(): PlacedMark[] {
    // If as many records came as there are numbers, none is missing: they were only out of order.
    const whole = this.#highestRecord - (this.#firstRecord ?? 1) + 1 === this.#records;
    const holes = whole ? [] : this.#holes.map((hole) => ({ ...hole }));
    const marks = this.#marks.map((mark) => ({ ...mark }));
    for (const mark of marks) {
      if (mark.knownBy !== "damage" && mark.knownBy !== "set") continue;
      const hole = holes.find(({ afterOrd }) => afterOrd === mark.afterOrd);
      if (!hole) continue;
      mark.lost ??= hole.lost;
      hole.lost = (hole.lost ?? 0) - (mark.lost ?? 0);
    }
    return [...marks, ...holes.filter(({ lost }) => (lost ?? 0) > 0)];
  }
}
