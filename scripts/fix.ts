/** `npm run fix`: formats, applies the lint's fixes, breaks long comment lines, and generates the pages again. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { wrapFiles } from "./comments.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const listed = ["ls-files", "--cached", "--others", "--exclude-standard", "*.ts", "*.js", "*.sql"];
wrapFiles(root, execFileSync("git", listed, { cwd: root, encoding: "utf8" }).split("\n").filter(Boolean));
for (const script of [
  "node_modules/@biomejs/biome/bin/biome check --write .",
  "scripts/sql/format.ts",
  "scripts/generate-docs.ts",
])
  execFileSync(process.execPath, script.split(" "), { cwd: root, stdio: "inherit" });
