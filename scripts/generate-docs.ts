/** `npm run docs`: writes the pages, completions and manuals that are generated from the code. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { generatedDocuments } from "./generated-documents.ts";

for (const { path, text } of generatedDocuments()) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
