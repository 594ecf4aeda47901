/** Numbers that are bounds or approximate, as the view `flows` says of its columns. */
import { unknown } from "./table.ts";

/** Names of columns, separated by commas. */
export interface Bounds {
  readonly at_least?: string | null;
  readonly about?: string | null;
}

/** Whether a list of columns, separated by commas, has this one. */
export const lists = (names: string | null | undefined, name: string): boolean =>
  names?.split(", ").includes(name) ?? false;

/** Whether a number of these is the least that it can be, and whether it is approximate. */
export const isLeast = (bounds: Bounds | undefined, name: string): boolean => lists(bounds?.at_least, name);
export const isAbout = (bounds: Bounds | undefined, name: string): boolean => lists(bounds?.about, name);

/** A number as text, behind `≥` where it is the least that it can be, behind `≈` where it is approximate. */
export function bounded(bounds: Bounds, name: string, text: string): string {
  if (text === unknown || text === "") return text;
  return lists(bounds.at_least, name) ? `≥ ${text}` : lists(bounds.about, name) ? `≈ ${text}` : text;
}
