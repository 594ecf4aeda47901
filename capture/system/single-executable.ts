/** Files embedded in the single executable. scripts/build/sea.ts embeds them. */
import { getAsset, isSea } from "node:sea";

/** The asset that lists all others, one name a line. */
export const assetList = "assets.txt";

/** Names of assets that begin with `prefix`. Null if this is not the single executable. */
export function assetNames(prefix: string): string[] | null {
  if (!isSea()) return null;
  return getAsset(assetList, "utf8")
    .split("\n")
    .filter((name) => name.startsWith(prefix));
}

export const readAsset = (name: string): Buffer => Buffer.from(getAsset(name));
