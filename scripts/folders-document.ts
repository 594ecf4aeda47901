/** Generates the part of docs/architecture.md that shows the table of folders. */
import { readFileSync } from "node:fs";
import { type Folder, folders } from "./structure/folders.ts";

const begin =
  "<!-- Made by scripts/generate-docs.ts from scripts/structure/folders.ts: change that and run `npm run docs`. -->";
const end = "<!-- end of what is made -->";

/** The page with its table generated again. The rest is not changed. */
export function architectureDocument(page: URL): string {
  const text = readFileSync(page, "utf8");
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${page.pathname}: the marks around the table of folders are not there`);
  return `${text.slice(0, from)}${begin}\n\n${tables()}\n${text.slice(to)}`;
}

function tables(): string {
  return ["tpp", "capture", "analyze", "lab"].map((name) => tableOf(name)).join("\n");
}

const inPackage = (name: string) => (path: string) => path === name || path.startsWith(`${name}/`);
const base =
  /\/(errors|code-cache|exit-codes|version|nearest|temporary|foreign-text|port|units|base|index|write)\.[tj]s$/;

function tableOf(name: string): string {
  const isOwn = inPackage(name);
  const short = (path: string) => `\`${path.slice(name.length + 1) || path}${/\.\w+$/.test(path) ? "" : "/"}\``;
  const row = ({ path, what, imports }: Folder) => {
    const known = imports.filter((one) => isOwn(one) && !base.test(one)).map(short);
    return `| ${short(path)} | ${what} | ${known.join(", ")} |`;
  };
  const rows = folders.filter(({ path }) => isOwn(path)).map(row);
  return [`**${name}/**`, "", "| | what it is | knows |", "|---|---|---|", ...rows, ""].join("\n");
}
