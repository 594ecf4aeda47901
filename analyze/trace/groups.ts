/** Captures that are runs of one experiment, chosen by patterns of their names. */
import { basename } from "node:path";
import { UsageError } from "../errors.ts";

export interface Group {
  readonly name: string;
  /** Numbers of its captures. */
  readonly captures: readonly number[];
}

/**
 * The groups of captures whose paths fit each pattern, named by `labels` or by the patterns. Throws a UsageError where
 * a pattern fits nothing, or a capture fits two.
 */
export function groupsOf(paths: readonly string[], patterns: readonly string[], labels: readonly string[]): Group[] {
  const found = patterns.map((pattern, index) => {
    const fits = matcher(pattern);
    const captures = paths.flatMap((path, at) => (fits(path) ? [at + 1] : []));
    if (captures.length === 0)
      throw new UsageError(
        `--group ${pattern}: fits none of ${paths.map((path) => basename(path)).join(", ")}. Quote it, so that the shell leaves it alone`,
      );
    const plainName = pattern
      .replaceAll(/[*?]+/g, "")
      .replace(/\.(tpp|parquet)$/, "")
      .replaceAll(/^[-_./ ]+|[-_./ ]+$/g, "");
    return { name: labels[index] ?? (plainName || pattern), captures };
  });
  const twice = paths.findIndex((_, at) => found.filter(({ captures }) => captures.includes(at + 1)).length > 1);
  if (twice >= 0) throw new UsageError(`${paths[twice]}: is in two groups. Give patterns that part the captures`);
  return found;
}

/** Throws a UsageError unless there are no labels, or one for each of the `count`. `what`: "groups" or "captures". */
export function checkLabels(labels: readonly string[], count: number, what: string): void {
  if (labels.length > 0 && labels.length !== count)
    throw new UsageError(
      `${labels.length} labels for ${count} ${what}. Give --label once for each of them, in their order`,
    );
}

/** Tests whether a path, its name, or its name without the extension matches a pattern with * and ?. */
function matcher(pattern: string): (path: string) => boolean {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  const fits = new RegExp(`^${source}$`, "s");
  return (path) => [path, basename(path), basename(path).replace(/\.(tpp|parquet)$/, "")].some((one) => fits.test(one));
}
