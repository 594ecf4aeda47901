/** The value of a series at a moment. */
import type { Scales } from "../../plots/definition.ts";
import type { PageQuantity, SeriesBins } from "../model.ts";
import { firstFrom } from "../pyramid.ts";
import { notKnown, rangeText, valueText } from "./numbers.ts";

/** How near a single point has to be, pixels. */
const nearPixels = 4;

/**
 * What was in force at a moment. State is that of the next record, which holds what the kernel had before its event.
 * "" where there is no point near.
 */
export function valueAt(
  bins: SeriesBins,
  { draw, interpolate }: PageQuantity,
  at_s: number,
  scales: Scales,
  pixel_us: number,
): string {
  const { at_us, min, max, last, width_us } = bins;
  const now = at_s * 1e6;
  if (at_us.length === 0) return "";
  const next = firstFrom(at_us, now);
  if (draw === "dots" || draw === "crosses") {
    const near = [next - 1, next].filter((at) => at >= 0 && at < at_us.length);
    const place = near.toSorted((a, b) => Math.abs(at_us[a]! - now) - Math.abs(at_us[b]! - now))[0]!;
    const isNear = Math.abs(at_us[place]! - now) <= Math.max(nearPixels * pixel_us, width_us);
    return isNear ? rangeText(min[place]!, max[place]!, scales) : "";
  }
  const place = interpolate === "step-after" ? next - 1 : next;
  if (place < 0 || place >= at_us.length) return notKnown;
  if (draw === "share") return `${max[place]! - min[place]!} %`;
  if (draw === "band") return rangeText(min[place]!, max[place]!, scales);
  if (interpolate === "step-after" && width_us === 0) return valueText(last[place]!, scales);
  if (min[place] !== max[place] && !Number.isNaN(min[place]!)) return rangeText(min[place]!, max[place]!, scales);
  return valueText(width_us > 0 && interpolate !== "step-after" ? max[place]! : last[place]!, scales);
}
