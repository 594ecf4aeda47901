import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { toVega } from "./render.ts";
import type { VegaLiteSpec } from "./spec.ts";

/**
 * One HTML file that needs no network: the compiled picture and the Vega runtime. The wheel zooms in time, dragging
 * pans, a double click shows all again, and the pointer shows values.
 */
export async function toPage(spec: VegaLiteSpec): Promise<string> {
  const runtime = await readFile(
    join(dirname(createRequire(import.meta.url).resolve("vega/vega-schema.json")), "vega.min.js"),
    "utf8",
  );
  const title = titleOf(spec);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
<style>
  body { margin: 2rem auto; max-width: 980px; padding: 0 1rem; font: 14px/1.5 "DejaVu Sans", Helvetica, Arial, sans-serif; color: #222; }
  p { color: #555; margin: 0.5rem 0; }
  button { font: inherit; padding: 0.15rem 0.7rem; }
  #picture { overflow-x: auto; }
</style>
<div id="picture"></div>
<p>The wheel zooms in time, dragging moves, a double click shows all. <button id="svg">Save as SVG</button></p>
<script>${escapeScript(runtime)}</script>
<script>
const picture = ${escapeScript(JSON.stringify(toVega(spec)))};
const view = new vega.View(vega.parse(picture), { renderer: "svg", container: "#picture", hover: true });
view.runAsync();
document.getElementById("svg").addEventListener("click", async () => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([await view.toSVG()], { type: "image/svg+xml" }));
  link.download = ${JSON.stringify(`${title.replaceAll(/[^\w.-]+/g, "-")}.svg`)};
  link.click();
});
</script>
</html>
`;
}

const titleOf = (spec: VegaLiteSpec): string => {
  const title = spec.title as { text?: string } | undefined;
  return title?.text ?? "TCP";
};

const escapeHtml = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

/** Text inside a script element must not close it. */
const escapeScript = (text: string): string => text.replaceAll("</script", "<\\/script").replaceAll("<!--", "<\\!--");
