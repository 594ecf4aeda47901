/** The pages that are made from tables in the code, and which of them are not in step on disk. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { fieldsDocument } from "./fields-document.ts";

export interface GeneratedDocument {
  readonly path: string;
  readonly text: string;
}

export function generatedDocuments(): GeneratedDocument[] {
  return [{ path: fileURLToPath(new URL("../docs/fields.md", import.meta.url)), text: fieldsDocument() }];
}

export function staleDocuments(): string[] {
  const stale = ({ path, text }: GeneratedDocument) => !existsSync(path) || readFileSync(path, "utf8") !== text;
  return generatedDocuments().flatMap((document) => (stale(document) ? [document.path] : []));
}
