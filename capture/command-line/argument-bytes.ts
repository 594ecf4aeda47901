/**
 * Checks that arguments are UTF-8. Node.js decodes them as UTF-8 and replaces invalid bytes, which would change them.
 */
import { isUtf8 } from "node:buffer";
import { readFileSync } from "node:fs";
import { ArgumentBytesError } from "../errors.ts";

const replacement = "\ufffd";

/**
 * Throws an ArgumentBytesError if decoding has changed an argument, which may be a file's name or a command's argument.
 */
export function refuseChangedArguments(argv: readonly string[]): void {
  if (!argv.some((word) => word.includes(replacement))) return;
  const changed = ownWords().find((word) => !isUtf8(word));
  if (changed) throw new ArgumentBytesError(changed.toString("latin1").replace(/[\x80-\xff]/g, byNumber));
}

const byNumber = (byte: string): string => `\\x${byte.charCodeAt(0).toString(16)}`;

function ownWords(): Buffer[] {
  let bytes: Buffer;
  try {
    bytes = readFileSync("/proc/self/cmdline");
  } catch {
    return [];
  }
  const words: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(0, at);
    words.push(bytes.subarray(at, end === -1 ? bytes.length : end));
    at = end === -1 ? bytes.length : end + 1;
  }
  return words;
}
