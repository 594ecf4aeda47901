/**
 * golden/PLOT.yaml: what a plot of one recording is made of: each shape with its mark, its style, and its data in
 * short. `node analyze/test/plots/write-golden.ts PLOT` writes one anew, for a person to look at beside the picture.
 */
import { readFileSync } from "node:fs";
import test from "ava";
import { plotNames } from "../../index.ts";
import { goldenText } from "./write-golden.ts";

for (const plot of plotNames)
  test(`plot ${plot}: panels, axes, shapes and styles are those of golden/${plot}.yaml`, async (t) => {
    t.is(await goldenText(plot), readFileSync(new URL(`golden/${plot}.yaml`, import.meta.url), "utf8"));
  });
