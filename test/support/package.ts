/** Installs a package as its users do: packed, in a folder without anything of this repository. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sh } from "../../kmod/test/harness/sh.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

export interface Installed {
  /** The folder in which `npm install` was run. */
  readonly folder: string;
  readonly modules: string;
  readonly bin: string;
  /** The packed file. */
  readonly tarball: string;
  remove(): void;
}

/** Packs and installs a package, as on a machine with npm and Node 24 and without the repository. */
export function installPackage(name: "capture" | "analyze" = "capture"): Installed {
  const folder = mkdtempSync(join(tmpdir(), `${name}-package-`));
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
  if (name === "analyze") sh(process.execPath, [join(root, "scripts/build/publish.ts"), "analyze"], { cwd: root });
  const what = name === "capture" ? ["-w", "capture"] : ["./analyze/dist"];
  const packed = sh("npm", ["pack", ...what, "--pack-destination", folder, "--json", ...quiet], { cwd: root });
  const found = JSON.parse(packed.slice(packed.search(/^[[{]/m))) as PackReport;
  const [{ filename }] = Object.values(found) as [{ filename: string }];
  const tarball = join(folder, filename);
  const place = join(folder, "installed");
  mkdirSync(place);
  sh("npm", ["install", "--prefix", place, tarball, ...quiet], { cwd: place });
  const modules = join(place, "node_modules");
  return {
    folder: place,
    modules,
    bin: join(modules, ".bin", name),
    tarball,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** npm's report: a list in older versions, an object by name in newer ones. */
type PackReport = readonly { filename: string }[] | Readonly<Record<string, { filename: string }>>;
