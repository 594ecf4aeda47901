/**
 * Sorts records by time. Sources that merge several CPUs deliver some records a little late. A record may be up to
 * `windowNs` earlier than one before it, and up to `mostHeld` records late. Records of equal time keep their order.
 * Where time goes back further, another recording begins (two texts in one file, a machine that was rebooted). It
 * follows the first.
 */
import { Batch, type Values } from "./batch.ts";
import { clear, isSet, mark } from "./cells.ts";

const defaultWindowNs = 10e9;
/** Most records held back to fill the window. */
const mostHeld = 1 << 18;
/** Memory of batches that is kept for the next merge. */
const mostSpare = 2;

export class TimeOrder {
  readonly #windowNs: number;
  #held: Batch[] = [];
  #latest = Number.NEGATIVE_INFINITY;
  /** Time of the last record handed on. */
  #done = Number.NEGATIVE_INFINITY;
  /** How often time went back further than the window. */
  restarts = 0;
  readonly #release: (memory: SharedArrayBuffer) => void;
  /** Memory of batches that were merged. */
  readonly #spare: SharedArrayBuffer[] = [];

  /** `release` takes memory that is no longer needed. */
  constructor(release: (memory: SharedArrayBuffer) => void = () => {}, windowNs = defaultWindowNs) {
    this.#release = release;
    this.#windowNs = windowNs;
  }

  /** Takes the next batch of the text. Returns the batches that no later record can precede. */
  push(batch: Batch): Batch[] {
    const { rows, data } = batch;
    if (rows === 0) {
      this.#free(batch);
      return [];
    }
    const ready: Batch[] = [];
    if (!data.sorted || data.firstNs < this.#latest) this.#insert(batch, ready);
    else if (!this.#append(batch)) this.#held.push(batch);
    this.#latest = this.#held.at(-1)!.data.lastNs;
    const until = this.#latest - this.#windowNs;
    let held = this.#held.reduce((sum, { rows }) => sum + rows, 0);
    let count = 0;
    while (count < this.#held.length - 1 && (this.#held[count]!.data.lastNs <= until || held > mostHeld))
      held -= this.#held[count++]!.rows;
    if (count > 0) this.#done = this.#held[count - 1]!.data.lastNs;
    ready.push(...this.#held.splice(0, count));
    return ready;
  }

  /**
   * For a capture that is followed, when all of it has been read so far: the records that are at least `ns` older than
   * the latest. One that is even later than that counts as the beginning of another recording.
   */
  settled(ns: number): Batch[] {
    const until = this.#latest - ns;
    const ready: Batch[] = [];
    while (this.#held.length > 0 && this.#held[0]!.data.lastNs <= until) ready.push(this.#held.shift()!);
    const first = this.#held[0];
    if (first !== undefined && first.data.firstNs <= until) {
      const times = first.column<Float64Array>("ns");
      let count = 0;
      while (count < first.rows && times[count]! <= until) count++;
      const rows = Array.from({ length: first.rows }, (_, row) => row);
      ready.push(gather([first], rows.slice(0, count), this.#spare.pop()));
      this.#held[0] = gather([first], rows.slice(count), this.#spare.pop());
      this.#free(first);
    }
    if (ready.length > 0) this.#done = ready.at(-1)!.data.lastNs;
    return ready;
  }

  /** Whether records are held back. */
  get isHolding(): boolean {
    return this.#held.length > 0;
  }

  end(): Batch[] {
    const rest = this.#held;
    this.#held = [];
    this.#latest = this.#done = Number.NEGATIVE_INFINITY;
    return rest;
  }

  /**
   * Adds a small batch to the last one held, where there is room. A batch takes the memory of a full one, and a capture
   * can have a frame for each record.
   */
  #append(batch: Batch): boolean {
    const last = this.#held.at(-1);
    const { rows, layout } = batch;
    if (!last || rows > layout.rows / 4 || last.rows + rows > layout.rows) return false;
    for (const [column, { kind }] of layout.columns.entries()) {
      const width = kind === "i64" ? 2 : 1;
      const [target, source] = [last.at(column), batch.at(column).subarray(0, rows * width)];
      target.set(source, last.rows * width);
      if (kind === "text") appendTexts(last, batch, column);
      if (last.hasNulls[column] || batch.hasNulls[column]) appendValidity(last, batch, column);
    }
    this.#held[this.#held.length - 1] = new Batch(layout, {
      ...last.data,
      rows: last.rows + rows,
      hasNulls: last.hasNulls.map((has, column) => has || batch.hasNulls[column]!),
      lastNs: batch.data.lastNs,
      upperHalf: last.data.upperHalf || batch.data.upperHalf,
    });
    this.#free(batch);
    return true;
  }

  #free({ data: { memory } }: Batch): void {
    if (this.#spare.length < mostSpare) this.#spare.push(memory);
    else this.#release(memory);
  }

  #insert(batch: Batch, ready: Batch[]): void {
    const ns = batch.column<Float64Array>("ns");
    let from = 0;
    for (let row = 0; row < batch.rows; row++) {
      const at = ns[row]!;
      if (at < this.#latest - this.#windowNs || at < this.#done) {
        this.#merge(batch, from, row);
        ready.push(...this.end());
        this.restarts++;
        from = row;
        this.#latest = at;
      } else if (at > this.#latest) this.#latest = at;
    }
    this.#merge(batch, from, batch.rows);
    this.#free(batch);
  }

  /** Merges rows [from, to) into those held. */
  #merge(batch: Batch, from: number, to: number): void {
    if (from === to) return;
    const ns = batch.column<Float64Array>("ns");
    let lowest = ns[from]!;
    for (let row = from + 1; row < to; row++) if (ns[row]! < lowest) lowest = ns[row]!;
    let first = this.#held.length;
    while (first > 0 && this.#held[first - 1]!.data.lastNs > lowest) first--;
    const touched = [...this.#held.splice(first), batch];
    const batchRows = batch.layout.rows;
    const places: number[] = [];
    const times: number[] = [];
    for (const [index, one] of touched.entries()) {
      const own = one.column<Float64Array>("ns");
      const [begin, end] = one === batch ? [from, to] : [0, one.rows];
      for (let row = begin; row < end; row++) {
        places.push(index * batchRows + row);
        times.push(own[row]!);
      }
    }
    const order = times.map((_, index) => index).sort((a, b) => times[a]! - times[b]! || a - b);
    for (let begin = 0; begin < order.length; begin += batchRows)
      this.#held.push(
        gather(
          touched,
          order.slice(begin, begin + batchRows).map((index) => places[index]!),
          this.#spare.pop(),
        ),
      );
    for (const one of touched) if (one !== batch) this.#free(one);
  }
}

/** Of the texts of a batch that others are added to: where each stands. */
const placesOf = new WeakMap<readonly string[], Map<string, number>>();

/** A text stands once in the list of a batch. */
function appendTexts(last: Batch, batch: Batch, column: number): void {
  const texts = last.data.texts[column] as string[];
  let places = placesOf.get(texts);
  if (places === undefined) {
    places = new Map(texts.map((text, place) => [text, place]));
    placesOf.set(texts, places);
  }
  const target = last.at(column);
  const added = batch.data.texts[column]!;
  for (let row = last.rows; row < last.rows + batch.rows; row++) {
    // A row without a value has any number.
    const text = added[target[row]!] ?? "";
    let place = places.get(text);
    if (place === undefined) {
      place = texts.length;
      texts.push(text);
      places.set(text, place);
    }
    target[row] = place;
  }
}

function appendValidity(last: Batch, batch: Batch, column: number): void {
  const target = last.valid(column);
  const source = batch.hasNulls[column] ? batch.valid(column) : null;
  for (let row = 0; row < batch.rows; row++)
    if (isSet(source, row)) mark(target, last.rows + row);
    else clear(target, last.rows + row);
}

/** A new batch of the given rows. A place is the batch's index times the rows of a batch, plus the row in it. */
export function gather(
  batches: readonly Batch[],
  places: readonly number[],
  memory: SharedArrayBuffer = new SharedArrayBuffer(batches[0]!.layout.bytes),
): Batch {
  const { layout } = batches[0]!;
  const rows = places.length;
  const batchRows = layout.rows;
  const hasNulls = layout.columns.map((_, column) => batches.some((batch) => batch.hasNulls[column]));
  const texts: (string[] | null)[] = [];
  for (const [column, { kind }] of layout.columns.entries()) {
    const target = layout.values(memory, column);
    const sources: Values[] = batches.map((batch) => batch.at(column));
    const width = kind === "i64" ? 2 : 1;
    for (let row = 0; row < rows; row++) {
      const place = places[row]!;
      const source = sources[Math.floor(place / batchRows)]!;
      const from = (place % batchRows) * width;
      target[row * width] = source[from]!;
      if (width === 2) target[row * 2 + 1] = source[from + 1]!;
    }
    texts.push(kind === "text" ? gatherTexts(target, batches, places, column) : null);
    const valid = layout.valid(memory, column).fill(255);
    if (!hasNulls[column]) continue;
    const masks = batches.map((batch) => (batch.hasNulls[column] ? batch.valid(column) : null));
    for (let row = 0; row < rows; row++) {
      const place = places[row]!;
      if (!isSet(masks[Math.floor(place / batchRows)]!, place % batchRows)) clear(valid, row);
    }
  }
  const ns = layout.values(memory, layout.place("ns")) as Float64Array;
  return new Batch(layout, {
    memory,
    rows,
    hasNulls,
    texts,
    newEnds: [],
    endsAnew: false,
    sorted: true,
    firstNs: ns[0]!,
    lastNs: ns[rows - 1]!,
    upperHalf: batches.some(({ data }) => data.upperHalf),
    bad: [],
    lost: [],
    failedPolls: [],
    processes: [],
    polls: null,
  });
}

/** The texts that these rows have. Their numbers in `target` become those of the new list. */
function gatherTexts(target: Values, batches: readonly Batch[], places: readonly number[], column: number): string[] {
  const numbers = new Map<string, number>();
  for (const [row, place] of places.entries()) {
    // A row without a value has any number.
    const text = batches[Math.floor(place / batches[0]!.layout.rows)]!.data.texts[column]?.[target[row]!] ?? "";
    const number = numbers.get(text) ?? numbers.size;
    numbers.set(text, number);
    target[row] = number;
  }
  return [...numbers.keys()];
}
