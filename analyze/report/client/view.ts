/** What is being looked at: which flows, which time. Everything on the page follows it. */
import type { DataSource, PageFlow, PageModel } from "../model.ts";

export interface Range {
  readonly from_s: number;
  readonly to_s: number;
}

export type Change = "model" | "flows" | "range" | "cursor" | "theme";

/** Most flows with lines of their own. */
export const mostShown = 8;

/** The shortest range, seconds: a few microseconds, which is as fine as the times in the page are. */
const shortest_s = 5e-6;

/** How many ranges can be gone back to. */
const mostBack = 100;

export class View {
  readonly source: DataSource;
  model: PageModel;
  /** The flows with lines; a single one has all quantities. In the order of their numbers. */
  shown: readonly number[];
  range: Range;
  /** The moment under the crosshair, seconds. Null for none. */
  cursor_s: number | null = null;
  readonly #back: Range[] = [];
  readonly #listeners = new Map<Change, (() => void)[]>();

  constructor(source: DataSource, model: PageModel) {
    this.source = source;
    this.model = model;
    this.shown = largest(model);
    this.range = this.whole();
  }

  on(changes: readonly Change[], listener: () => void): void {
    for (const change of changes) this.#listeners.set(change, [...(this.#listeners.get(change) ?? []), listener]);
  }

  tell(change: Change): void {
    for (const listener of this.#listeners.get(change) ?? []) listener();
  }

  get focus(): PageFlow | null {
    const [only] = this.shown;
    return this.shown.length === 1 ? (this.flow(only!) ?? null) : null;
  }

  flow(flow: number): PageFlow | undefined {
    const { flows } = this.model;
    const guess = flows[flow - 1];
    return guess?.flow === flow ? guess : flows.find((one) => one.flow === flow);
  }

  /** All time of the captures, with a little room on either side. */
  whole(): Range {
    const { from_s, to_s } = this.model;
    const room = Math.max(to_s - from_s, 1e-3) / 100;
    return { from_s: from_s - room, to_s: to_s + room };
  }

  isWhole(): boolean {
    const whole = this.whole();
    // `go` computes with the middle, and so is off by a rounding.
    return this.range.to_s - this.range.from_s > (1 - 1e-9) * (whole.to_s - whole.from_s);
  }

  show(flows: readonly number[]): void {
    this.shown = [...new Set(flows)].slice(-mostShown).sort((a, b) => a - b);
    this.tell("flows");
  }

  /** Adds a flow to those shown, or takes it away. The last one stays. */
  toggle(flow: number): void {
    const without = this.shown.filter((one) => one !== flow);
    if (without.length === this.shown.length) this.show([...without, flow]);
    else if (without.length > 0) this.show(without);
  }

  /** Shows a range of time, within that of the captures. `keeps`: the range before can be gone back to. */
  go(range: Range, keeps = true): void {
    const whole = this.whole();
    const length = Math.min(Math.max(range.to_s - range.from_s, shortest_s), whole.to_s - whole.from_s);
    const middle = (range.from_s + range.to_s) / 2;
    const from_s = Math.min(Math.max(middle - length / 2, whole.from_s), whole.to_s - length);
    if (keeps) {
      this.#back.push(this.range);
      if (this.#back.length > mostBack) this.#back.shift();
    }
    this.range = { from_s, to_s: from_s + length };
    this.tell("range");
  }

  back(): void {
    const before = this.#back.pop();
    if (before) this.go(before, false);
  }

  /** Zooms by a factor around a moment. Below 1 shows more detail. */
  zoom(factor: number, around_s: number, keeps = true): void {
    const { from_s, to_s } = this.range;
    this.go({ from_s: around_s - (around_s - from_s) * factor, to_s: around_s + (to_s - around_s) * factor }, keeps);
  }

  /** Moves by a share of what is shown. */
  pan(share: number, keeps = true): void {
    const { from_s, to_s } = this.range;
    const by = share * (to_s - from_s);
    this.go({ from_s: from_s + by, to_s: to_s + by }, keeps);
  }

  point(cursor_s: number | null): void {
    this.cursor_s = cursor_s;
    this.tell("cursor");
  }

  /** Takes a model that has grown. Where all time was shown, all of it is shown. */
  grow(model: PageModel): void {
    const whole = this.isWhole();
    const first = this.model.flows.length === 0;
    this.model = model;
    if (first) this.shown = largest(model);
    if (whole) this.range = this.whole();
    this.tell("model");
  }
}

/** The flows that moved at least a hundredth of what the largest did. */
function largest({ flows, without_series }: PageModel): number[] {
  const left = new Set(without_series);
  const weight = ({ acked_bytes, records }: PageFlow): number => acked_bytes ?? records;
  const there = flows.filter(({ flow }) => !left.has(flow));
  const top = there.reduce((most, one) => Math.max(most, weight(one)), 0);
  const carrying = there.filter((one) => weight(one) >= top / 100).sort((a, b) => weight(b) - weight(a));
  return carrying
    .slice(0, mostShown)
    .map(({ flow }) => flow)
    .sort((a, b) => a - b);
}
