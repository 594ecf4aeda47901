/** koffi, which calls C functions: the npm package, or in the single executable its native part alone. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type koffi from "koffi";
import { assetNames, readAsset } from "../system/single-executable.ts";
import { NoBpfError } from "./errors.ts";

export type Koffi = typeof koffi;

export const koffiAsset = "koffi.node";

/** Throws a NoBpfError. */
export async function loadKoffi(): Promise<Koffi> {
  try {
    if (assetNames(koffiAsset)?.length) return fromAsset();
    return (await import("koffi")).default;
  } catch (error) {
    throw new NoBpfError("the npm package koffi is not installed", "Install it beside capture: npm i -g koffi.", error);
  }
}

/** A shared library is loaded from a file: for a moment it is one that only this user can reach. */
function fromAsset(): Koffi {
  const folder = mkdtempSync(join(tmpdir(), "capture-koffi-"));
  try {
    const file = join(folder, koffiAsset);
    writeFileSync(file, readAsset(koffiAsset), { mode: 0o500 });
    const module = { exports: {} };
    process.dlopen(module, file);
    return module.exports as Koffi;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
