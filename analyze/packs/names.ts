/** The packs that come with `analyze`: a YAML file each, beside this one. */

export const packNames = ["rfc6298", "rfc5681", "cubic", "bbr"] as const;

export const packPath = (name: string): URL => new URL(`./${name}.yaml`, import.meta.url);

/** The name that a misspelt one is nearest to; undefined where none is near. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  const [best] = names
    .map((one) => ({ one, steps: distance(name.toLowerCase(), one) }))
    .sort((a, b) => a.steps - b.steps);
  return best && best.steps <= Math.max(2, Math.ceil(best.one.length / 3)) ? best.one : undefined;
}

/** Characters to change, add or leave out from one to the other (Levenshtein). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (const [place, letter] of [...from].entries()) {
    const next = [place + 1];
    for (const [at, other] of [...to].entries())
      next.push(Math.min(row[at + 1]! + 1, next[at]! + 1, row[at]! + (letter === other ? 0 : 1)));
    row = next;
  }
  return row[to.length]!;
}
