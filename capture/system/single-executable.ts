/** The files that the single executable carries inside (scripts/build/sea.ts puts them there). */
import { getAsset, isSea } from "node:sea";

/** Lists them all, one name a line. */
export const assetList = "assets.txt";

/** Names of those that begin so; null where this is no single executable. */
export function assetNames(prefix: string): string[] | null {
  if (!isSea()) return null;
  return getAsset(assetList, "utf8")
    .split("\n")
    .filter((name) => name.startsWith(prefix));
}

export const readAsset = (name: string): Buffer => Buffer.from(getAsset(name));
