/** Finds the known name nearest to a misspelt one. */

/**
 * The edit distance between two texts. A step deletes, inserts or replaces a character, or swaps two neighbours
 * (optimal string alignment).
 */
function distance(from: string, to: string): number {
  const row = (length: number) => Array.from({ length }, (_, index) => index);
  let [before, last] = [row(to.length + 1), row(to.length + 1)];
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const change = last[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
      next[j] = Math.min(change, last[j]! + 1, next[j - 1]! + 1);
      if (i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1])
        next[j] = Math.min(next[j]!, before[j - 2]! + 1);
    }
    [before, last] = [last, next];
  }
  return last[to.length]!;
}

/** Only this many characters are compared, because what is typed can have any length. */
const mostCharacters = 200;

/**
 * The known name nearest to what was typed. At most a third of the characters may differ, or what was typed is the
 * beginning of the name. Null if none is near.
 */
export function nearest(typed: string, known: readonly string[]): string | null {
  const text = typed.slice(0, mostCharacters).toLowerCase();
  const ranked = known
    .map((name) => ({ name, steps: distance(text, name.slice(0, mostCharacters).toLowerCase()) }))
    .sort((a, b) => a.steps - b.steps);
  const [best] = ranked;
  const begun = text.length >= 3 ? known.find((name) => name.toLowerCase().startsWith(text)) : undefined;
  if (begun !== undefined) return begun;
  if (!best || best.steps > Math.max(1, Math.floor(Math.max(text.length, best.name.length) / 3))) return null;
  return best.name;
}

/** ` Did you mean NAME?`, or "". To be put after a message's first sentence. */
export function didYouMean(typed: string, known: readonly string[]): string {
  const name = nearest(typed, known);
  return name === null ? "" : ` Did you mean ${name}?`;
}
