/** Draws series on a canvas. Whatever the zoom, each pixel column covers all values between its lowest and highest. */

import { stateStyles } from "../../plots/states.ts";
import type { PageCapture, PageQuantity, SeriesBins } from "../model.ts";
import { stateNames } from "../model.ts";
import { colorOf, theme } from "./theme.ts";

/** Where the plotting area lies on the canvas, and how values become canvas pixels. */
export interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** Canvas pixels to a CSS pixel. */
  readonly ratio: number;
  readonly x: (at_us: number) => number;
  readonly y: (value: number) => number;
}

export interface Stroke {
  readonly color: string;
  readonly dash: readonly number[];
  readonly width: number;
}

/** A time in which records were lost, microseconds; infinite where an end is not known. */
export interface Hole {
  readonly from_us: number;
  readonly to_us: number;
}

export const holesOf = ({ losses }: PageCapture): Hole[] =>
  losses
    .map(({ from_s, to_s }) => ({
      from_us: from_s === null ? Number.NEGATIVE_INFINITY : from_s * 1e6,
      to_us: to_s === null ? Number.POSITIVE_INFINITY : to_s * 1e6,
    }))
    .sort((a, b) => a.from_us - b.from_us);

/** Tells of rising pairs of times whether records were lost between them. */
function crossing(holes: readonly Hole[]): (before: number, after: number) => boolean {
  let place = 0;
  return (before, after) => {
    while (place < holes.length && holes[place]!.to_us <= before) place++;
    return place < holes.length && holes[place]!.from_us < after;
  };
}

/** Bins wider than this many canvas pixels are shown as boxes: nothing finer is known. */
const widestColumn = 3;

/** More entries than this are too dense for dashes to be seen. */
const mostDashed = 1500;

export function paintLine(
  context: CanvasRenderingContext2D,
  frame: Frame,
  bins: SeriesBins,
  { interpolate, windowed }: PageQuantity,
  stroke: Stroke,
  holes: readonly Hole[],
): void {
  const { at_us, min, max, last, width_us } = bins;
  const { x, y } = frame;
  const binPixels = width_us === 0 ? 0 : x(width_us) - x(0);
  const isCrossed = crossing(windowed ? [] : holes);
  context.strokeStyle = stroke.color;
  context.fillStyle = stroke.color;
  context.lineWidth = stroke.width * frame.ratio;
  context.lineJoin = "bevel";
  context.setLineDash(at_us.length > mostDashed ? [] : stroke.dash.map((one) => one * frame.ratio * stroke.width));
  const columns = new Path2D();
  const boxes = new Path2D();
  context.beginPath();
  let down = false;
  let [lastX, lastY] = [0, 0];
  for (let at = 0; at < at_us.length; at++) {
    if (Number.isNaN(min[at]!)) {
      down = false;
      continue;
    }
    if (down && isCrossed(at_us[at - 1]!, at_us[at]!)) down = false;
    const [px, low, high] = [x(at_us[at]!), y(min[at]!), y(max[at]!)];
    const end = Number.isNaN(last[at]!) ? high : y(last[at]!);
    const isSingle = low === high;
    if (!down) context.moveTo(px, isSingle ? low : end);
    else if (interpolate === "linear") context.lineTo(px, end);
    else if (isSingle && interpolate === "step-before") {
      context.lineTo(lastX, end);
      context.lineTo(px, end);
    } else {
      context.lineTo(px, lastY);
      context.lineTo(px, end);
    }
    if (!isSingle) {
      if (binPixels > widestColumn) boxes.rect(px - binPixels, high, binPixels, low - high);
      columns.moveTo(px, low);
      columns.lineTo(px, high);
    }
    [lastX, lastY] = [px, end];
    down = !Number.isNaN(last[at]!);
  }
  context.stroke();
  context.setLineDash([]);
  context.stroke(columns);
  context.globalAlpha = 0.25;
  context.fill(boxes);
  context.globalAlpha = 1;
}

/** A strip between the lowest and the highest value, each entry from the one before it. */
export function paintBand(
  context: CanvasRenderingContext2D,
  { x, y }: Frame,
  { at_us, min, max }: SeriesBins,
  color: string,
  holes: readonly Hole[],
): void {
  const isCrossed = crossing(holes);
  context.fillStyle = color;
  context.globalAlpha = 0.22;
  context.beginPath();
  for (let at = 1; at < at_us.length; at++) {
    if (Number.isNaN(min[at]!) || isCrossed(at_us[at - 1]!, at_us[at]!)) continue;
    const [left, top] = [x(at_us[at - 1]!), y(max[at]!)];
    context.rect(left, top, Math.max(x(at_us[at]!) - left, 1), Math.max(y(min[at]!) - top, 1));
  }
  context.fill();
  context.globalAlpha = 1;
}

/** Single values as dots or crosses. A bin shows its lowest and highest, with all between them. */
export function paintPoints(
  context: CanvasRenderingContext2D,
  { x, y, ratio }: Frame,
  { at_us, min, max }: SeriesBins,
  color: string,
  asCrosses: boolean,
): void {
  context.fillStyle = color;
  context.strokeStyle = color;
  context.lineWidth = 1.3 * ratio;
  const half = (asCrosses ? 3.5 : 1) * ratio;
  context.globalAlpha = asCrosses ? 1 : 0.6;
  context.beginPath();
  for (let at = 0; at < at_us.length; at++) {
    const [px, low, high] = [x(at_us[at]!), y(min[at]!), y(max[at]!)];
    if (!asCrosses) context.rect(px - half, high - half, 2 * half, low - high + 2 * half);
    else {
      for (const py of low === high ? [high] : [low, high]) {
        context.moveTo(px - half, py - half);
        context.lineTo(px + half, py + half);
        context.moveTo(px - half, py + half);
        context.lineTo(px + half, py - half);
      }
    }
  }
  if (asCrosses) context.stroke();
  else context.fill();
  context.globalAlpha = 1;
}

/** Height of a row of marks and of the ribbon of states, CSS pixels. */
const [rowHeight, ribbonHeight] = [6, 6];

/** Marks as ticks in a row of their own at the top. Timeouts run through the whole height. */
export function paintMarks(
  context: CanvasRenderingContext2D,
  { x, top, height, ratio }: Frame,
  { at_us }: SeriesBins,
  color: string,
  row: number,
  through: boolean,
): void {
  context.strokeStyle = color;
  context.lineWidth = ratio;
  const begin = top + row * rowHeight * ratio;
  const drawn = new Set<number>();
  context.beginPath();
  for (const time of at_us) {
    const px = Math.round(x(time)) + 0.5;
    if (drawn.has(px)) continue;
    drawn.add(px);
    context.moveTo(px, begin);
    context.lineTo(px, begin + (rowHeight - 1) * ratio);
  }
  context.stroke();
  if (!through) return;
  context.globalAlpha = 0.4;
  context.beginPath();
  for (const px of drawn) {
    context.moveTo(px, top);
    context.lineTo(px, top + height);
  }
  context.stroke();
  context.globalAlpha = 1;
}

/** Colour of a congestion state; null for Open. */
export function stateColor(state: number): string | null {
  const style = stateStyles[stateNames[state] ?? ""];
  return style ? colorOf(style.color) : null;
}

/** The ribbon of congestion states at the bottom. Of the states in a bin, the one of the highest number is shown. */
export function paintStates(
  context: CanvasRenderingContext2D,
  { x, left, top, width, height, ratio }: Frame,
  { at_us, max, last }: SeriesBins,
): void {
  const [y, thick] = [top + height - ribbonHeight * ratio, ribbonHeight * ratio];
  const strip = (from: number, to: number, state: number): void => {
    const color = Number.isNaN(state) ? null : stateColor(state);
    const [begin, end] = [Math.max(from, left), Math.min(to, left + width)];
    if (color === null || end < begin) return;
    context.fillStyle = color;
    context.fillRect(begin, y, Math.max(end - begin, ratio), thick);
  };
  for (let at = 0; at < at_us.length; at++) {
    const px = x(at_us[at]!);
    strip(px, at + 1 < at_us.length ? x(at_us[at + 1]!) : left + width, last[at]!);
    if (max[at] !== last[at]) strip(px, px + ratio, max[at]!);
  }
}

/** Shares of windows, one of a stack: from the lower to the upper edge of each, 0 to 100, in a lane. */
export function paintShares(
  context: CanvasRenderingContext2D,
  { x, top, height, left, width, ratio }: Frame,
  { at_us, min, max, last }: SeriesBins,
  color: string,
  { index, of }: { readonly index: number; readonly of: number },
): void {
  const gap = of > 1 ? ratio : 0;
  const [laneTop, laneHeight] = [top + (index * height) / of + gap, height / of - 2 * gap];
  context.fillStyle = color;
  for (let at = 0; at + 1 < at_us.length; at++) {
    if (Number.isNaN(last[at]!) || max[at] === min[at]) continue;
    const [begin, end] = [Math.max(x(at_us[at]!), left), Math.min(x(at_us[at + 1]!), left + width)];
    if (end <= begin) continue;
    const upper = laneTop + laneHeight * (1 - max[at]! / 100);
    // To whole pixels, so that neighbours leave no seam.
    const [fromX, toX] = [Math.round(begin), Math.max(Math.round(end), Math.round(begin) + 1)];
    context.fillRect(fromX, upper, toX - fromX, (laneHeight * (max[at]! - min[at]!)) / 100);
  }
}

/** The flow of a lane, left of it. */
export function paintLaneName(
  context: CanvasRenderingContext2D,
  { left, top, height, ratio }: Frame,
  { name, index, of }: { readonly name: string; readonly index: number; readonly of: number },
): void {
  context.save();
  context.fillStyle = theme().quiet;
  context.font = `${11 * ratio}px system-ui, sans-serif`;
  context.textAlign = "right";
  context.textBaseline = "middle";
  context.fillText(`flow ${name}`, left - 6 * ratio, top + ((index + 0.5) * height) / of);
  context.restore();
}

/** Shades the times in which records were lost. */
export function paintHoles(context: CanvasRenderingContext2D, frame: Frame, holes: readonly Hole[]): void {
  const { x, left, top, width, height, ratio } = frame;
  context.fillStyle = theme().lost;
  for (const { from_us, to_us } of holes) {
    const begin = from_us === Number.NEGATIVE_INFINITY ? left : Math.max(x(from_us), left);
    const end = to_us === Number.POSITIVE_INFINITY ? left + width : Math.min(x(to_us), left + width);
    if (end < left || begin > left + width || end < begin) continue;
    context.fillRect(begin, top, Math.max(end - begin, 1.5 * ratio), height);
  }
}
