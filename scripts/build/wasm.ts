/**
 * `npm run build:wasm [-- FILE]`: builds analyze/records/texts/lines.wasm from lines.as.ts. The file is kept in the
 * repository, so that a clone needs no build. A test builds it again and compares.
 */
import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../../analyze/records/texts", import.meta.url));
const compiler = fileURLToPath(new URL("../../node_modules/assemblyscript/bin/asc.js", import.meta.url));

/** Throws with the compiler's messages. */
export function buildWasm(target: string): void {
  const options = ["-O3", "--runtime", "stub", "--noAssert", "--enable", "simd", "--initialMemory", "1"];
  execFileSync(process.execPath, [compiler, "lines.as.ts", "-o", target, ...options], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) buildWasm(resolve(process.argv[2] ?? `${folder}/lines.wasm`));
