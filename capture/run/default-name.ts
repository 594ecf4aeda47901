/** The default name of a capture. */
import { lstatSync } from "node:fs";

/** `capture-20261126T191034Z.tpp` in this folder. A number is added if the name is taken. */
export function defaultName(now: Date = new Date()): string {
  const moment = now
    .toISOString()
    .replace(/\.\d+Z$/, "Z")
    .replaceAll(/[-:]/g, "");
  for (let number = 1; ; number += 1) {
    const name = `capture-${moment}${number === 1 ? "" : `-${number}`}.tpp`;
    if (lstatSync(name, { throwIfNoEntry: false }) === undefined) return name;
  }
}
