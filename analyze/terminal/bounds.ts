/** Numbers that are bounds or approximate, as the view `flows` says of its columns. */
import { unknown } from "./table.ts";

/** Names of columns, separated by commas. */
export interface Bounds {
  readonly at_least?: string | null;
  readonly about?: string | null;
}

const has = (names: string | null | undefined, name: string): boolean => names?.split(", ").includes(name) ?? false;

/** Whether a number of these is the least that it can be, and whether it is approximate. */
export const isLeast = (bounds: Bounds | undefined, name: string): boolean => has(bounds?.at_least, name);
export const isAbout = (bounds: Bounds | undefined, name: string): boolean => has(bounds?.about, name);

/** A number as text, behind `≥` where it is the least that it can be, behind `≈` where it is approximate. */
export function bounded(bounds: Bounds, name: string, text: string): string {
  if (text === unknown || text === "") return text;
  return has(bounds.at_least, name) ? `≥ ${text}` : has(bounds.about, name) ? `≈ ${text}` : text;
}
