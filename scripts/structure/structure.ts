/**
 * `npm run structure`: shows circular imports, and imports that the table of folders does not allow. Ends with 1 if
 * there are any.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { circlesOf } from "./circles.ts";
import { importsOf, includesOf } from "./imports.ts";
import { forbidden } from "./rules.ts";

const here = fileURLToPath(new URL("../..", import.meta.url));

/** Files that git tracks or would add. */
function filesOf(root: string, ...patterns: string[]): string[] {
  const args = ["ls-files", "--cached", "--others", "--exclude-standard", ...patterns];
  const listed = spawnSync("git", args, { cwd: root, encoding: "utf8" }).stdout.split("\n");
  return listed.filter((path) => path !== "" && existsSync(join(root, path)));
}

/** A line for each fault, in TypeScript and in the module's C. */
export function structureFaults(root = here): string[] {
  const imports = importsOf(root, filesOf(root, "*.ts", "*.js"));
  const includes = includesOf(root, filesOf(root, "kmod/*.c", "kmod/*.h"));
  const circles = [...circlesOf(imports), ...circlesOf(includes)];
  return [...new Set([...circles.map((files) => `circle: ${files.join(", ")}`), ...forbidden(imports)])];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const faults = structureFaults();
  for (const fault of faults) console.log(fault);
  if (faults.length === 0) console.log("no circle, and no import that scripts/structure/folders.ts does not allow");
  else process.exitCode = 1;
}
