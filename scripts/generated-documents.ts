/**
 * The pages, completions and manuals that are generated from tables and definitions in the code, and which of them are
 * out of date on disk.
 */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { commandLineDocuments } from "./command-line/documents.ts";
import { fieldsDocument } from "./fields-document.ts";
import { architectureDocument } from "./folders-document.ts";

export interface GeneratedDocument {
  readonly path: string;
  readonly text: string;
}

export function generatedDocuments(): GeneratedDocument[] {
  const root = new URL("..", import.meta.url);
  const documents = [
    { path: "docs/fields.md", text: fieldsDocument() },
    { path: "docs/architecture.md", text: architectureDocument(new URL("docs/architecture.md", root)) },
    ...commandLineDocuments(),
  ];
  return documents.map(({ path, text }) => ({ path: fileURLToPath(new URL(path, root)), text }));
}

export function staleDocuments(): string[] {
  const stale = ({ path, text }: GeneratedDocument) => !existsSync(path) || readFileSync(path, "utf8") !== text;
  return generatedDocuments().flatMap((document) => (stale(document) ? [document.path] : []));
}
