/** Fits a picture into a requested size. */
import { UsageError } from "../errors.ts";
import type { Picture, VegaLiteSpec } from "./model.ts";
import { sizeOf } from "./render.ts";
import { type Look, pictureSpec } from "./spec.ts";

/** Smaller panels cannot be read. */
const leastWidth = 60;
const leastHeight = 24;

/** Ratio of height to width of a plotting area if only the width is given. */
const usualShape = 0.5;

/**
 * The space around the panels depends on their labels, so the size is found by drawing repeatedly. Each time the panels
 * get the space that is left. Throws a UsageError if no space is left for them.
 */
export async function fitted(
  picture: Picture,
  look: Look,
  size: { readonly width?: number; readonly height?: number },
): Promise<VegaLiteSpec> {
  const panels = picture.panels.reduce((sum, { height = 1 }) => sum + height, 0);
  let now: Look = {
    ...look,
    ...(size.width === undefined ? {} : { width: Math.max(size.width - 70, leastWidth) }),
  };
  if (size.height === undefined && size.width !== undefined)
    now = {
      ...now,
      panelHeight: Math.min(look.panelHeight, now.width * (picture.panels.length === 1 ? usualShape : 0.36)),
    };
  for (let turn = 0; turn < 6; turn++) {
    const spec = pictureSpec(picture, now);
    const drawn = await sizeOf(spec);
    const wider = size.width === undefined ? 0 : size.width - drawn.width;
    const higher = size.height === undefined ? 0 : (size.height - drawn.height) / panels;
    if (Math.abs(wider) < 0.5 && Math.abs(higher) < 0.5) return spec;
    now = { ...now, width: now.width + wider, panelHeight: now.panelHeight + higher };
    if (now.width < leastWidth || now.panelHeight < leastHeight)
      throw new UsageError(
        `the picture has no room for its ${now.width < leastWidth ? "labels in this width" : "panels in this height"}. Give a larger --${now.width < leastWidth ? "size" : "height"}, a smaller --font-size, --no-title or --legend none`,
      );
  }
  return pictureSpec(picture, now);
}
