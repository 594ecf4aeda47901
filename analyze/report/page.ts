/** The page as HTML: its style, its data and its script in one document. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { deflateRawSync } from "node:zlib";
import { foreignText } from "@tcpprobe-plus/tpp/base";
import type { PageModel } from "./model.ts";

/** A bundle that `npm run build:page` made. */
export interface Bundle {
  readonly script: string;
  readonly style: string;
}

/** Reads the bundle of a folder: `client.js` and `client.css`. */
export async function readBundle(folder: URL): Promise<Bundle> {
  const read = (name: string) => readFile(fileURLToPath(new URL(name, folder)), "utf8");
  const [script, style] = await Promise.all([read("client.js"), read("client.css")]);
  return { script, style };
}

export const reportBundle = (): Promise<Bundle> => readBundle(new URL("./", import.meta.url));

/**
 * One HTML document. Its Content Security Policy allows this script and this style by their hashes, and nothing else:
 * no other script, no `eval`, and no request but, with `connects`, to where the page came from. `data` is HTML that
 * `dataElement` made.
 */
export function documentOf(title: string, { script, style }: Bundle, data: string, connects = false): string {
  const program = escapeScript(script);
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(program)}`,
    `style-src ${hashOf(style)}`,
    ...(connects ? ["connect-src 'self'"] : []),
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(foreignText(title))}</title>
<style>${style}</style>
</head>
<body>
<div id="app"><noscript>This page draws with JavaScript. It asks nothing of any network.</noscript></div>
${data}<script>${program}</script>
</body>
</html>
`;
}

/** Data for the script: base64, so that nothing in it can be markup. The id is ours. */
export const dataElement = (id: string, base64: string): string =>
  `<script type="text/plain" id="${id}">${base64}</script>\n`;

/** JSON for `unpackedJson` of the browser. */
export const packedJson = (value: unknown): string =>
  deflateRawSync(new TextEncoder().encode(JSON.stringify(value)), { level: 7 }).toString("base64");

/** The report: the model and the series of each flow, as report.ts packed them. */
export async function reportDocument(
  model: string,
  title: string,
  chunks: ReadonlyMap<number, string>,
): Promise<string> {
  const data = [dataElement("model", model), ...[...chunks].map(([flow, chunk]) => dataElement(`flow-${flow}`, chunk))];
  return documentOf(title, await reportBundle(), data.join(""));
}

/** The page's title: the files. */
export const titleOf = ({ captures }: PageModel): string =>
  `${captures.map(({ path }) => path.split("/").at(-1)).join(", ")} - TCP report`;

const hashOf = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

const escapeHtml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** A script must not contain text that closes its script element. */
const escapeScript = (text: string): string => text.replaceAll(/<(?=\/script|!--)/gi, "\\x3c");
