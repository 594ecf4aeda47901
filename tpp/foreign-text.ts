/**
 * Characters that change how the text around them is shown, or that XML cannot hold: C0, DEL and C1 controls, line and
 * paragraph separators, bidirectional and zero-width marks, interlinear annotations, tags, noncharacters, and
 * surrogates without a partner.
 */
const misleading =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: this matches control characters on purpose
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufdd0-\ufdef\u{e0000}-\u{e007f}]|\p{Noncharacter_Code_Point}|\p{Surrogate}/gu;

/**
 * Makes foreign text (a file's name or metadata, a process's name, a line of a kernel's text) safe to show: on a
 * terminal, in a message, in JUnit XML, in a picture. Every character that could move the cursor, begin a line or
 * change the writing direction is replaced by its number: `\x1b`, `\u{202e}`. The result is one line.
 *
 * HTML and XML need their own escaping on top of this. Data (CSV, JSON, Parquet, Arrow) is never passed through it.
 */
export const foreignText = (text: string): string =>
  text.replace(misleading, (character) => {
    const code = character.codePointAt(0)!;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
  });
