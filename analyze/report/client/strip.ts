/** All time in a strip. What is shown of it is a window that can be dragged, widened and drawn anew. */
import { isThrough } from "../../plots/states.ts";
import { lineStyles } from "../../plots/style.ts";
import type { PagePanel, SeriesBins, SeriesName } from "../model.ts";
import { h } from "./dom.ts";
import { empty } from "./embedded.ts";
import { timeText } from "./numbers.ts";
import { type Frame, holesOf, paintHoles, paintLine, paintMarks } from "./paint.ts";
import { colorOf } from "./theme.ts";
import type { Range, View } from "./view.ts";

/** What a drag does: move the window, move one of its ends, or draw another one. */
type Drag =
  | { readonly kind: "move"; readonly from: Range; readonly at_s: number }
  | { readonly kind: "end"; readonly fixed_s: number }
  | { readonly kind: "draw"; readonly fixed_s: number };

/** A press that moves less than this many pixels is a click. */
const clickPixels = 4;

/** While a capture grows, the strip is drawn again after it has become longer by this share. */
const growth = 0.02;

export class Strip {
  readonly element: HTMLElement;
  readonly #view: View;
  readonly #canvas = h("canvas", { "aria-hidden": "true" });
  readonly #before = h("div", { class: "outside" });
  readonly #after = h("div", { class: "outside" });
  readonly #window: HTMLElement;
  /** The time that was drawn, and of which flows. */
  #drawn: { range: Range; flows: readonly number[]; panel: string } | null = null;
  #series: readonly SeriesBins[] = [];
  #asked = 0;
  #drag: { readonly drag: Drag; readonly startX: number; moved: boolean } | null = null;

  constructor(view: View) {
    this.#view = view;
    this.#window = h(
      "div",
      {
        ...{ class: "window", role: "slider", tabindex: "0", "aria-label": "Shown time, of all time" },
        ...{ "aria-valuemin": "0", "aria-valuemax": "1", "aria-valuenow": "0" },
        onkeydown: (event) => this.#key(event as KeyboardEvent),
      },
      h("span", { class: "end", "data-end": "from" }),
      h("span", { class: "end", "data-end": "to" }),
    );
    this.element = h("div", { class: "strip" }, this.#canvas, this.#before, this.#after, this.#window);
    view.on(["range"], () => this.#place());
    view.on(["flows", "model"], () => void this.#load());
    view.on(["theme"], () => this.#paint());
    new ResizeObserver(() => this.#resized()).observe(this.element);
    this.#listen();
  }

  /** Of what the strip is: rates where there are any, as they need no axis to be read. */
  get #panel(): PagePanel | undefined {
    const { panels } = this.#view.model;
    return panels.find(({ id }) => id === "goodput") ?? panels[0];
  }

  async #load(): Promise<void> {
    this.#place();
    const { shown, source, model, focus } = this.#view;
    const range = this.#view.whole();
    const panel = this.#panel;
    const quantity = panel?.quantities[0];
    if (!panel || !quantity || this.element.clientWidth === 0) return;
    const known = this.#drawn;
    const isSame = known?.panel === panel.id && String(known.flows) === String(shown);
    if (isSame && range.to_s - known.range.to_s < growth * (range.to_s - range.from_s)) return;
    const asked = ++this.#asked;
    this.#drawn = { range, flows: shown, panel: panel.id };
    const marks = focus ? model.marks.filter(({ name }) => isThrough(name)) : [];
    const names: SeriesName[] = shown.flatMap((flow) => [quantity, ...marks].map(({ id }) => ({ flow, quantity: id })));
    const found = await source
      .series(names, range.from_s, range.to_s, this.element.clientWidth, "strip")
      .catch(() => null); // the panels say what went wrong
    if (asked !== this.#asked) return;
    if (found === null) this.#drawn = null;
    else this.#series = found;
    this.#paint();
  }

  #resized(): void {
    const [width, height] = [this.element.clientWidth, this.element.clientHeight];
    const ratio = devicePixelRatio;
    this.#canvas.width = Math.round(width * ratio);
    this.#canvas.height = Math.round(height * ratio);
    this.#drawn = null;
    void this.#load();
  }

  #paint(): void {
    const context = this.#canvas.getContext("2d");
    const quantity = this.#panel?.quantities[0];
    if (!context || !quantity || !this.#drawn) return;
    const { shown, model, focus } = this.#view;
    const { width, height } = this.#canvas;
    context.clearRect(0, 0, width, height);
    const each = shown.length > 0 ? this.#series.length / shown.length : 0;
    const lines = shown.map((flow, index) => ({ flow, bins: this.#series[index * each] ?? empty }));
    const top = highestOf(lines.map(({ bins }) => bins));
    const { from_s, to_s } = this.#drawn.range;
    const ratio = devicePixelRatio;
    const frame: Frame = {
      ...{ left: 0, top: 0, width, height, ratio },
      x: (at_us) => ((at_us / 1e6 - from_s) / (to_s - from_s)) * width,
      y: (value) => height - ratio - (value / (top || 1)) * (height - 4 * ratio),
    };
    const holesFor = (flow: number) => {
      const capture = model.captures[(this.#view.flow(flow)?.capture ?? 1) - 1];
      return capture ? holesOf(capture) : [];
    };
    paintHoles(context, frame, holesFor(shown[0] ?? 0));
    for (const [index, { flow, bins }] of lines.entries()) {
      const style = focus ? quantity : lineStyles[index]!;
      paintLine(context, frame, bins, quantity, { color: colorOf(style.color), dash: [], width: 1 }, holesFor(flow));
    }
    if (!focus) return;
    const marks = model.marks.filter(({ name }) => isThrough(name));
    for (const [index, { color }] of marks.entries())
      paintMarks(context, frame, this.#series[index + 1] ?? empty, colorOf(color), 0, true);
  }

  /** Puts the window where the view's range is. */
  #place(): void {
    const whole = this.#view.whole();
    const { from_s, to_s } = this.#view.range;
    const share = (time_s: number): number =>
      Math.min(Math.max((time_s - whole.from_s) / (whole.to_s - whole.from_s), 0), 1) * 100;
    const [from, to] = [share(from_s), share(to_s)];
    this.#before.style.width = `${from}%`;
    this.#after.style.left = `${to}%`;
    this.#window.style.left = `${from}%`;
    this.#window.style.width = `${to - from}%`;
    const length = to_s - from_s;
    const set = (name: string, value: string) => this.#window.setAttribute(name, value);
    set("aria-valuemin", whole.from_s.toFixed(3));
    set("aria-valuemax", whole.to_s.toFixed(3));
    set("aria-valuenow", ((from_s + to_s) / 2).toFixed(3));
    set("aria-valuetext", `${timeText(from_s, length)} to ${timeText(to_s, length)}`);
  }

  #timeAt(clientX: number): number {
    const { left, width } = this.element.getBoundingClientRect();
    const whole = this.#view.whole();
    const share = Math.min(Math.max((clientX - left) / Math.max(width, 1), 0), 1);
    return whole.from_s + share * (whole.to_s - whole.from_s);
  }

  #listen(): void {
    const { element } = this;
    element.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      event.preventDefault();
      this.#window.focus({ preventScroll: true });
      element.setPointerCapture(event.pointerId);
      this.#drag = { drag: this.#dragFor(event), startX: event.clientX, moved: false };
    });
    element.addEventListener("pointermove", (event) => {
      const now = this.#drag;
      if (!now || (!now.moved && Math.abs(event.clientX - now.startX) < clickPixels)) return;
      this.#view.go(this.#rangeOf(now.drag, this.#timeAt(event.clientX)), !now.moved);
      now.moved = true;
    });
    element.addEventListener("pointerup", (event) => {
      const now = this.#drag;
      this.#drag = null;
      if (!now || now.moved || now.drag.kind !== "draw" || this.#view.isWhole()) return;
      const { from_s, to_s } = this.#view.range;
      const half = (to_s - from_s) / 2;
      const middle = this.#timeAt(event.clientX);
      this.#view.go({ from_s: middle - half, to_s: middle + half });
    });
    element.addEventListener("pointercancel", () => {
      this.#drag = null;
    });
    element.addEventListener("dblclick", () => this.#view.go(this.#view.whole()));
    element.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        const { from_s, to_s } = this.#view.range;
        if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY))
          this.#view.pan((event.deltaX || event.deltaY) / Math.max(element.clientWidth, 1), false);
        else this.#view.zoom(1.002 ** Math.min(Math.max(event.deltaY, -300), 300), (from_s + to_s) / 2, false);
      },
      { passive: false },
    );
  }

  #dragFor(event: PointerEvent): Drag {
    const { range } = this.#view;
    const end = (event.target as HTMLElement).dataset.end;
    if (end) return { kind: "end", fixed_s: end === "from" ? range.to_s : range.from_s };
    const at_s = this.#timeAt(event.clientX);
    // All time cannot be moved: a drag in it draws a window.
    if ((event.target as HTMLElement) === this.#window && !this.#view.isWhole())
      return { kind: "move", from: range, at_s };
    return { kind: "draw", fixed_s: at_s };
  }

  #rangeOf(drag: Drag, at_s: number): Range {
    if (drag.kind === "move")
      return { from_s: drag.from.from_s + at_s - drag.at_s, to_s: drag.from.to_s + at_s - drag.at_s };
    return { from_s: Math.min(drag.fixed_s, at_s), to_s: Math.max(drag.fixed_s, at_s) };
  }

  #key(event: KeyboardEvent): void {
    const { from_s, to_s } = this.#view.range;
    const whole = this.#view.whole();
    const moves: Readonly<Record<string, () => void>> = {
      ArrowLeft: () => this.#view.pan(-0.1),
      ArrowDown: () => this.#view.pan(-0.1),
      ArrowRight: () => this.#view.pan(0.1),
      ArrowUp: () => this.#view.pan(0.1),
      PageDown: () => this.#view.pan(-1),
      PageUp: () => this.#view.pan(1),
      Home: () => this.#view.go({ from_s: whole.from_s, to_s: whole.from_s + to_s - from_s }),
      End: () => this.#view.go({ from_s: whole.to_s - (to_s - from_s), to_s: whole.to_s }),
    };
    const move = moves[event.key];
    if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    move();
  }
}

function highestOf(all: readonly SeriesBins[]): number {
  let highest = 0;
  // NaN is no number to compare with: Math.max would keep it.
  for (const { max } of all) for (const value of max) if (value > highest) highest = value;
  return highest;
}
