/** One panel: its axes, its lines, and a legend that shows the values under the crosshair. */
import uPlot from "uplot";
import { pickScale } from "../../plots/definition.ts";
import { isThrough } from "../../plots/states.ts";
import { type PagePanel, type SeriesBins, stateNames } from "../model.ts";
import { h, setText } from "./dom.ts";
import { type Line, nothing, type PanelData } from "./line.ts";
import { rangeText, timeText } from "./numbers.ts";
import {
  type Frame,
  paintBand,
  paintHoles,
  paintLaneName,
  paintLine,
  paintMarks,
  paintPoints,
  paintShares,
  paintStates,
  stateColor,
} from "./paint.ts";
import { valueAt } from "./readout.ts";
import { sharesInWords } from "./shares.ts";
import { swatch } from "./swatch.ts";
import { colorOf, theme } from "./theme.ts";
import type { View } from "./view.ts";

/** A series that may leave the axis extends it up to this many times the highest value of the others. */
const mostAbove = 1.5;

export class Panel {
  readonly definition: PagePanel;
  readonly element: HTMLElement;
  readonly plot: uPlot;
  readonly #view: View;
  readonly #legend = h("ul", { class: "legend" });
  readonly #outputs = new Map<string, HTMLElement>();
  readonly #hidden = new Set<string>();
  readonly #unit = h("span", { class: "unit" });
  readonly #canvas: HTMLElement;
  #data: PanelData = nothing;
  /** The upper end of the axis, which decides its unit. */
  #top = 1;

  constructor(definition: PagePanel, view: View, select: (from_s: number, to_s: number) => void) {
    this.definition = definition;
    this.#view = view;
    this.#canvas = h("div", { class: "canvas", role: "img" });
    const head = h("figcaption", {}, h("h3", {}, definition.title, this.#unit), this.#legend);
    this.element = h("figure", { class: "panel", id: `panel-${definition.id}` }, head, this.#canvas);
    this.plot = new uPlot(this.#options(select), [[0, 1], []], this.#canvas);
  }

  #options(select: (from_s: number, to_s: number) => void): uPlot.Options {
    const axis = { stroke: () => theme().quiet, font: "11px system-ui, sans-serif" };
    const grid = { stroke: () => theme().grid, width: 1 };
    const ticks = { stroke: () => theme().grid, width: 1, size: 4 };
    return {
      width: 600,
      height: 160,
      pxAlign: 0,
      series: [{}, { show: true, points: { show: false } }],
      legend: { show: false },
      scales: { x: { time: false, auto: false }, y: { auto: false } },
      padding: [this.#isShares ? 9 : 4, 16, 0, 0],
      axes: [
        { ...axis, grid, ticks, size: 24, gap: 2, values: (u, marks) => timeMarks(u, marks) },
        { ...axis, grid, ticks, size: narrow.matches ? 46 : 60, gap: 3, values: (_, marks) => this.#valueMarks(marks) },
      ],
      cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false, dist: 4 } },
      hooks: {
        drawClear: [(u) => paintHoles(u.ctx, frameOf(u), this.#data.holes)],
        draw: [(u) => this.#paint(u)],
        setSelect: [
          (u) => {
            const { left, width } = u.select;
            if (width < 3) return;
            u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            select(u.posToVal(left, "x"), u.posToVal(left + width, "x"));
          },
        ],
      },
    };
  }

  /** Takes new data, and draws it. */
  show(data: PanelData): void {
    this.#data = data;
    this.redraw();
    this.#drawLegend();
    this.point();
  }

  /** Draws what is there at the view's range. */
  redraw(): void {
    const { from_s, to_s } = this.#view.range;
    const { low, high } = this.#extent();
    this.#top = high;
    const { unit } = pickScale(this.definition.scales, high);
    setText(this.#unit, ` ${unit || this.definition.y_title}`);
    this.plot.batch(() => {
      this.plot.setScale("x", { min: from_s, max: to_s });
      this.plot.setScale("y", { min: low, max: high });
    });
    this.plot.redraw(false, true);
    this.#canvas.setAttribute("aria-label", this.#inWords());
    this.point();
  }

  resize(width: number, height: number): void {
    if (this.plot.width !== width || this.plot.height !== height) this.plot.setSize({ width, height });
  }

  /** Moves the crosshair to the view's moment, and shows the values there. */
  point(): void {
    const { cursor_s } = this.#view;
    const left = cursor_s === null ? -10 : this.plot.valToPos(cursor_s, "x");
    if (Math.abs((this.plot.cursor.left ?? -10) - left) > 0.01)
      this.plot.setCursor({ left, top: cursor_s === null ? -10 : 1 });
    const pixel_us =
      ((this.#view.range.to_s - this.#view.range.from_s) * 1e6) / Math.max(this.plot.over.clientWidth, 1);
    for (const { key, bins, quantity } of this.#data.lines) {
      const output = this.#outputs.get(key);
      if (output)
        setText(output, cursor_s === null ? "" : valueAt(bins, quantity, cursor_s, this.definition.scales, pixel_us));
    }
  }

  get data(): PanelData {
    return this.#data;
  }

  /** Lines that are not switched off. */
  get visible(): readonly Line[] {
    return this.#data.lines.filter(({ key }) => !this.#hidden.has(key));
  }

  /** Kinds of marks of which there are any. Each has a row of its own. */
  get #marks(): readonly Line[] {
    return this.#data.marks.filter(({ bins }) => bins.at_us.length > 0);
  }

  get #isShares(): boolean {
    return this.definition.quantities[0]?.draw === "share";
  }

  #valueMarks(marks: readonly number[]): string[] {
    // Lanes have the names of their flows beside them.
    if (this.#data.lines.some(({ lane }) => lane)) return marks.map(() => "");
    const { divisor } = pickScale(this.definition.scales, this.#top);
    return marks.map((one) => String(Number((one / divisor).toPrecision(6))));
  }

  #extent(): { low: number; high: number } {
    const { from_lowest } = this.definition;
    if (this.#isShares) return { low: 0, high: 100 };
    const lines = this.visible.map((line) => ({ line, ...extentOf(line.bins) })).filter(({ high }) => high >= 0);
    const held = lines.filter(({ line }) => !line.quantity.may_leave);
    const most = (of: readonly { high: number }[]) => of.reduce((top, { high }) => Math.max(top, high), 0);
    const near = lines.filter(({ line, low }) => line.quantity.may_leave && low < mostAbove * most(held));
    const high = held.length === 0 ? most(lines) : Math.max(most(held), Math.min(most(near), mostAbove * most(held)));
    const lowest = held.reduce((least, { low }) => Math.min(least, low), Number.POSITIVE_INFINITY);
    const low = from_lowest && Number.isFinite(lowest) ? lowest : 0;
    const rows = this.#marks.length;
    const room = 0.06 + (8 + 6 * rows) / Math.max(this.plot.over.clientHeight, 60);
    const span = high > low ? high - low : high || 1;
    return { low: low === 0 ? 0 : low - span * 0.06, high: low + span * (1 + room) };
  }

  /** Whether all of a line lies above the axis, so that nothing of it is to be seen. */
  #isAbove({ bins, quantity }: Line): boolean {
    return quantity.may_leave && extentOf(bins).low > this.#top;
  }

  #paint(u: uPlot): void {
    const { ctx } = u;
    const frame = frameOf(u);
    ctx.save();
    ctx.beginPath();
    ctx.rect(frame.left, frame.top, frame.width, frame.height);
    ctx.clip();
    const { states } = this.#data;
    if (states) paintStates(ctx, frame, states.bins);
    const thin = this.visible.length > 6;
    // The first series is drawn last, on top of the others.
    for (const { bins, quantity, color, dash, holes, lane } of this.visible.toReversed()) {
      if (quantity.draw === "share") {
        paintShares(ctx, frame, bins, colorOf(color), lane ?? { index: 0, of: 1 });
        continue;
      }
      const stroke = { color: colorOf(color), dash: dash[1] === 0 ? [] : dash, width: thin ? 1.1 : 1.4 };
      if (quantity.draw === "band") paintBand(ctx, frame, bins, stroke.color, holes);
      else if (quantity.draw === "dots" || quantity.draw === "crosses")
        paintPoints(ctx, frame, bins, stroke.color, quantity.draw === "crosses");
      else paintLine(ctx, frame, bins, quantity, stroke, holes);
    }
    for (const [row, { bins, color, name }] of this.#marks.entries())
      paintMarks(ctx, frame, bins, colorOf(color), row, isThrough(name));
    ctx.restore();
    const lanes = new Map(this.#data.lines.flatMap(({ lane }) => (lane ? [[lane.index, lane]] : [])));
    for (const lane of lanes.values()) paintLaneName(ctx, frame, lane);
  }

  #drawLegend(): void {
    this.#outputs.clear();
    if (this.#isShares) {
      this.#drawShareLegend();
      return;
    }
    const items = this.#data.lines.map((line) => {
      const output = h("span", { class: "value" });
      this.#outputs.set(line.key, output);
      const isHidden = this.#hidden.has(line.key);
      const button = h(
        "button",
        { type: "button", "aria-pressed": String(!isHidden), onclick: () => this.#toggle(line.key) },
        swatch(line.quantity.draw, colorOf(line.color), line.dash),
        line.name,
        this.#isAbove(line) ? " (above the axis)" : "",
      );
      return h("li", {}, button, output);
    });
    this.#legend.replaceChildren(...items, ...this.#asideLegend());
  }

  /** What held the flows in sight; of one flow, also how much of the window under the crosshair. */
  #drawShareLegend(): void {
    const first = new Map(this.#data.lines.map((line) => [line.quantity.id, line]));
    const items = this.definition.quantities.flatMap(({ id }) => {
      const line = first.get(id);
      if (!line) return [];
      const output = h("span", { class: "value" });
      if (!line.lane) this.#outputs.set(line.key, output);
      return [h("li", { class: "share" }, swatch("states", colorOf(line.color), []), line.name, output)];
    });
    this.#legend.replaceChildren(...items);
  }

  /** What marks and colours mean. The first panel that has them says it. */
  #asideLegend(): HTMLElement[] {
    if (!this.#data.explains) return [];
    const marks = this.#marks.map(({ name, color }) =>
      h("li", { class: "mark" }, swatch("marks", colorOf(color), []), name),
    );
    const there = new Set(this.#data.states?.bins.max);
    const states = stateNames.flatMap((name, state) => {
      const color = there.has(state) ? stateColor(state) : null;
      return color === null ? [] : [h("li", { class: "mark" }, swatch("states", color, []), name)];
    });
    return [...marks, ...states];
  }

  #toggle(key: string): void {
    if (!this.#hidden.delete(key)) this.#hidden.add(key);
    const focused = [...this.#data.lines].findIndex((line) => line.key === key);
    this.#drawLegend();
    this.#legend.querySelectorAll("button")[focused]?.focus();
    this.redraw();
  }

  /** The panel for those who do not see it. */
  #inWords(): string {
    const { from_s, to_s } = this.#view.range;
    const length = to_s - from_s;
    if (this.#isShares)
      return `${this.definition.title}, ${timeText(from_s, length)} to ${timeText(to_s, length)}: ${sharesInWords(this.#data.lines, from_s, to_s)}`;
    const lines = this.visible.flatMap(({ name, bins }) => {
      const { low, high } = extentOf(bins);
      return high >= low ? [`${name} ${rangeText(low, high, this.definition.scales)}`] : [];
    });
    const marks = this.#marks.map(({ name, bins }) => `${name} at ${bins.at_us.length} moments`);
    const lost = this.#data.holes.length > 0 ? ["records were lost where shaded"] : [];
    return `${this.definition.title}, ${timeText(from_s, length)} to ${timeText(to_s, length)}: ${[...lines, ...marks, ...lost].join("; ") || "nothing"}`;
  }
}

const narrow = matchMedia("(max-width: 600px)");

function extentOf({ min, max }: SeriesBins): { low: number; high: number } {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let at = 0; at < min.length; at++) {
    if (min[at]! < low) low = min[at]!;
    if (max[at]! > high) high = max[at]!;
  }
  return { low, high };
}

/** Labels of the time axis: as many digits as neighbours need to differ. */
function timeMarks(_: uPlot, marks: readonly number[]): string[] {
  const step = marks.length > 1 ? marks[1]! - marks[0]! : 1;
  const isWhole = (digits: number) => Math.abs(step * 10 ** digits - Math.round(step * 10 ** digits)) < 1e-6;
  let digits = 0;
  while (digits < 6 && !isWhole(digits)) digits++;
  return marks.map((one, index) => `${one.toFixed(digits)}${index === marks.length - 1 ? " s" : ""}`);
}

function frameOf(u: uPlot): Frame {
  const { left, top, width, height } = u.bbox;
  const { min: fromX = 0, max: toX = 1 } = u.scales.x as { min?: number; max?: number };
  const { min: fromY = 0, max: toY = 1 } = u.scales.y as { min?: number; max?: number };
  const perUs = width / ((toX - fromX) * 1e6);
  const perValue = height / (toY - fromY);
  return {
    left,
    top,
    width,
    height,
    ratio: devicePixelRatio,
    x: (at_us) => left + (at_us - fromX * 1e6) * perUs,
    y: (value) => top + height - (value - fromY) * perValue,
  };
}
