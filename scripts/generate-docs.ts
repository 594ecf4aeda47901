/** `npm run docs`: writes the pages that are made from tables in the code. */
import { writeFileSync } from "node:fs";
import { generatedDocuments } from "./generated-documents.ts";

for (const { path, text } of generatedDocuments()) writeFileSync(path, text);
