/**
 * Fills in which process opened or accepted each connection. The source reports this once for each connection, in
 * records that are not rows of `trace`. The socket's cookie tells which rows such a record belongs to.
 */
import type { Batch, Ends, Layout, ProcessTold } from "./batch.ts";
import { emptyColumn, mark, tellNulls } from "./cells.ts";
import { type ColumnSpec, traceSpec } from "./columns.ts";

export const processSpecs: readonly ColumnSpec[] = ["pid", "comm", "cgroup_id"].map(traceSpec);

export class Processes {
  readonly #places: readonly number[];
  readonly #told = new Map<string, ProcessTold[]>();

  /** Null for a source that does not report processes. */
  static of(layout: Layout): Processes | null {
    const places = processSpecs.map(({ name }) => layout.place(name));
    return places.every((place) => place >= 0) ? new Processes(places) : null;
  }

  private constructor(places: readonly number[]) {
    this.#places = places;
  }

  learn(told: readonly ProcessTold[]): void {
    for (const one of told) {
      const known = this.#told.get(one.connection);
      if (known) known.push(one);
      else this.#told.set(one.connection, [one]);
    }
  }

  /** Fills the columns. `ends` is indexed by the number of the 4-tuple. */
  follow(batch: Batch, ends: readonly Ends[]): void {
    const columns = processSpecs.map(({ name }) => emptyColumn(batch, name));
    const [pids, comms, cgroups] = columns.map(({ values }) => values);
    const tuples = batch.column<Uint32Array>("ends");
    const ns = batch.column<Float64Array>("ns");
    const texts = batch.data.texts[this.#places[1]!] as string[];
    texts.length = 0;
    const textPlaces = new Map<string, number>();
    // By 4-tuple.
    const known = new Map<number, readonly ProcessTold[] | null>();
    for (let row = 0; row < batch.rows; row++) {
      const tuple = tuples[row]!;
      let told = known.get(tuple);
      if (told === undefined) {
        const { connection } = ends[tuple]!;
        told = (connection !== null && this.#told.get(connection)) || null;
        known.set(tuple, told);
      }
      if (told === null) continue;
      const { pid, comm, cgroup } = lastBefore(told, ns[row]!);
      let text = textPlaces.get(comm);
      if (text === undefined) {
        text = texts.push(comm) - 1;
        textPlaces.set(comm, text);
      }
      pids![row] = pid;
      comms![row] = text;
      cgroups![2 * row] = Number(BigInt.asIntN(32, cgroup));
      cgroups![2 * row + 1] = Number(BigInt.asIntN(32, cgroup >> 32n));
      for (const { valid } of columns) mark(valid, row);
    }
    tellNulls(batch, columns);
  }
}

/** A socket can connect again, and another process may own it by then. So the latest report before `ns` counts. */
function lastBefore(told: readonly ProcessTold[], ns: number): ProcessTold {
  let found = told[0]!;
  for (const one of told) if (one.ns <= ns && one.ns >= found.ns) found = one;
  return found;
}
