/** The name of a capture that was given none. */
import { lstatSync } from "node:fs";

/** `capture-20261126T191034Z.tpp` in this folder; a name that is taken gets a number. */
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
