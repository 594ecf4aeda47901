/**
 * `npm run build:page [-- FOLDER]`: bundles the page's script and style, analyze/report/client.js and client.css, from
 * report/client/. The bundle is kept in the repository, so that a clone needs no build. A test builds it again and
 * compares.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Folders with a client of their own. Each bundle has all that its page needs. */
export const pageFolders = ["analyze/report", "analyze/serve"].filter((folder) =>
  existsSync(join(root, folder, "client/main.ts")),
);

const licence =
  "/*! Contains uPlot, Copyright (c) 2025 Leon Sorokin, MIT licence: https://github.com/leeoniya/uPlot */";

/** Bundles one folder's client into `target`. */
export async function buildPage(folder: string, target = join(root, folder)): Promise<void> {
  await build({
    entryPoints: [
      { in: join(root, folder, "client/main.ts"), out: "client" },
      { in: join(root, folder, "client/style.css"), out: "client" },
    ],
    outdir: target,
    bundle: true,
    minify: true,
    format: "iife",
    target: ["es2023"],
    banner: { js: licence },
    legalComments: "none",
    logLevel: "warning",
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) for (const folder of pageFolders) await buildPage(folder);
