/** A picture as an HTML page with zooming and panning. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { themeNames } from "./choices.ts";
import type { VegaLiteSpec } from "./model.ts";
import { titleOf, toVega } from "./render.ts";
import { themes } from "./style.ts";

/**
 * One HTML file that needs no network. It holds the compiled picture and the Vega runtime. The wheel zooms in time,
 * dragging pans, a double click shows everything again, and the pointer shows values.
 *
 * The contents of a capture are in the page only as data: JSON without any `<`, read by a script that is the same for
 * every picture. The page's Content Security Policy allows that script by its hash, and nothing else: no other script,
 * no `eval`, no request.
 */
export async function toPage(spec: VegaLiteSpec): Promise<string> {
  const title = titleOf(spec);
  const program = await pageProgram();
  const style = styleFor(spec);
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(program)}`,
    `style-src ${hashOf(style)}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
<div id="picture"></div>
<p>The wheel zooms in time, dragging moves, a double click shows all. <button id="svg">Save as SVG</button></p>
<script type="application/json" id="data">${jsonForHtml({ picture: toVega(spec), file: fileName(title) })}</script>
<script>${program}</script>
</html>
`;
}

/** The page around the picture has the picture's theme. */
function styleFor({ background }: VegaLiteSpec): string {
  const theme = themeNames.map((name) => themes[name]).find((one) => one.background === background) ?? themes.light;
  return `
  :root { color-scheme: ${theme.name === "dark" ? "dark" : "light"}; }
  body { margin: 2rem auto; max-width: 980px; padding: 0 1rem; font: 14px/1.5 "DejaVu Sans", Helvetica, Arial, sans-serif; color: ${theme.text}; background: ${theme.background}; }
  p { color: ${theme.quiet}; margin: 0.5rem 0; }
  button { font: inherit; padding: 0.15rem 0.7rem; }
  #picture { overflow-x: auto; }
`;
}

/** Vega's expressions are interpreted: compiling them would need a policy that allows \`eval\`. */
const show = `
const { picture, file } = JSON.parse(document.getElementById("data").textContent);
const view = new vega.View(vega.parse(picture, null, { ast: true }), {
  expr: vegaInterpreter, renderer: "svg", container: "#picture", hover: true,
});
view.runAsync();
document.getElementById("svg").addEventListener("click", async () => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([await view.toSVG()], { type: "image/svg+xml" }));
  link.download = file;
  link.click();
});
`;

/** The page's whole script: the runtime, its interpreter, and the code that shows the picture. */
async function pageProgram(): Promise<string> {
  const { resolve } = createRequire(import.meta.url);
  const [runtime, interpreter] = await Promise.all([
    readFile(join(dirname(resolve("vega/vega-schema.json")), "vega.min.js"), "utf8"),
    readFile(fileURLToPath(import.meta.resolve("vega-interpreter")), "utf8"),
  ]);
  return escapeScript(`${runtime}\nconst vegaInterpreter = ${asExpression(interpreter)};\n${show}`);
}

/** Turns the interpreter, a module, into an expression. The runtime has everything that it imports. */
function asExpression(module: string): string {
  const body = module
    .replace(/^import (\{.*\}) from 'vega-util';$/m, "const $1 = vega;")
    .replace(/^export \{ (\w+) as expressionInterpreter \};$/m, "return $1;")
    .replace(/^\/\/# sourceMappingURL=.*$/m, "");
  if (/^(import|export)\b/m.test(body)) throw new Error("this version of vega-interpreter cannot be put into a page");
  return `(() => {\n${body}\n})()`;
}

const hashOf = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

const fileName = (title: string): string => `${title.replaceAll(/[^\w.-]+/g, "-").replace(/^[.-]+/, "") || "tcp"}.svg`;

const escapeHtml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** JSON in which HTML sees no tag, end of a script or comment, whatever the values are. */
const jsonForHtml = (value: unknown): string =>
  JSON.stringify(value).replaceAll(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

/** A script must not contain text that closes its script element. */
const escapeScript = (text: string): string => text.replaceAll(/<(?=\/script|!--)/gi, "\\x3c");
