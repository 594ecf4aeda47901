/**
 * The module's sources. They are in a folder of the repository or of the published package, or inside the single
 * executable.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { assetNames, readAsset } from "../../system/single-executable.ts";
import { NoModuleSourcesError } from "../errors.ts";

export interface ModuleSources {
  /** Contents by file name. */
  readonly files: ReadonlyMap<string, Buffer>;
  readonly version: string;
  /** Hash of names and contents: 12 hex digits. */
  readonly hash: string;
}

/** Whether `make` or DKMS needs this file. */
export const isModuleSource = (name: string): boolean =>
  (/\.[ch]$/.test(name) && !name.endsWith(".mod.c")) || ["Kbuild", "Makefile", "dkms.conf"].includes(name);

/** Throws a NoModuleSourcesError. */
export function moduleSources(): ModuleSources {
  const files = fromExecutable() ?? fromFolder(fileURLToPath(new URL("../../../kmod/", import.meta.url)));
  const hash = createHash("sha256");
  for (const [name, content] of files) hash.update(`${name}\0${content.length}\0`).update(content);
  return { files, version: versionOf(files), hash: hash.digest("hex").slice(0, 12) };
}

function fromExecutable(): Map<string, Buffer> | null {
  const names = assetNames("kmod/");
  if (names === null) return null;
  return new Map(names.map((name) => [name.slice("kmod/".length), readAsset(name)]));
}

function fromFolder(folder: string): Map<string, Buffer> {
  let names: string[];
  try {
    names = readdirSync(folder).filter(isModuleSource).sort();
  } catch {
    throw new NoModuleSourcesError(folder);
  }
  if (!names.includes("Kbuild") || !names.includes("main.c")) throw new NoModuleSourcesError(folder);
  return new Map(names.map((name) => [name, readFileSync(`${folder}/${name}`)]));
}

function versionOf(files: ReadonlyMap<string, Buffer>): string {
  return /^MODULE_VERSION\("(.*)"\);/m.exec(files.get("main.c")?.toString("latin1") ?? "")?.[1] ?? "unknown";
}
