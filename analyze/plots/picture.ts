/** A picture for notebooks. */
import { foreignText } from "@tcpprobe-plus/tpp/base";
import type { VegaLiteSpec } from "./model.ts";

/**
 * A plot that a notebook displays. Deno's and other Jupyter kernels call `Jupyter.display` for the value that a cell
 * returns. The bundle holds the specification (interactive where the front end supports Vega-Lite), an SVG and a line
 * of text.
 */
export class Picture {
  readonly spec: VegaLiteSpec;
  readonly svg: string;
  readonly text: string;

  constructor(spec: VegaLiteSpec, svg: string, text: string) {
    this.spec = spec;
    this.svg = svg;
    this.text = foreignText(text);
  }

  [Symbol.for("Jupyter.display")](): Record<string, unknown> {
    return {
      "application/vnd.vegalite.v5+json": this.spec,
      "image/svg+xml": this.svg,
      "text/plain": this.text,
    };
  }
}
