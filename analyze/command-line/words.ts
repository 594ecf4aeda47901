/** Arguments that are files, except one: `plot FILE… NAME`, `sql FILE… QUERY`. */
import { stat } from "node:fs/promises";
import { UsageError } from "../errors.ts";

export interface FilesAndWord {
  readonly files: string[];
  readonly word: string;
}

/**
 * The files and the word after them. If the first argument is not a file but the last one is, the word is taken from
 * the front. `what`: a name for the word, for messages.
 */
export async function filesAndWord(
  words: readonly string[],
  what: string,
  isWord: (word: string) => boolean,
): Promise<FilesAndWord> {
  if (words.length < 2) {
    const [only] = words;
    if (only === undefined) throw new UsageError(`nothing is given. Give files and ${what} after them`);
    throw new UsageError(isWord(only) ? `a file is missing before ${only}` : `${what} is missing after ${only}`);
  }
  const behind = { files: words.slice(0, -1), word: words.at(-1)! };
  if (isWord(behind.word) && !isWord(words[0]!)) return behind;
  const before = { files: words.slice(1), word: words[0]! };
  if (isWord(before.word) && !isWord(behind.word)) return before;
  const turned = !(await isThere(before.word)) && (await isThere(behind.word));
  return turned ? before : behind;
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
