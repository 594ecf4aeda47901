/** Lines of trace_pipe's text. */
const newline = 10;
const dash = 45;

/** trace_print_context (kernel/trace/trace_output.c) prints `%16s-%-7d [%03d] `: the dash's place in a line. */
const dashAt = 16;

/**
 * A process may have newlines in its name, so that its records are lines of their own up to there. What is left of a
 * name of 15 bytes has no room for a whole context, so no name makes a line that looks like a second record.
 */
const endOfOddName = /^.{0,15}-\d+ +\[\d{3,}\] /s;
const endOfOddNameBytes = 48;

/** How many records are in some whole lines; the kernel's `[LOST n EVENTS]` are none. */
export function traceRecordsIn(lines: Buffer): number {
  let records = 0;
  let begin = 0;
  for (let end = lines.indexOf(newline); end !== -1; end = lines.indexOf(newline, begin)) {
    const hasPlace = end - begin > dashAt && lines[begin + dashAt] === dash;
    if (hasPlace || endsOddName(lines, begin, end)) records += 1;
    begin = end + 1;
  }
  return records;
}

const endsOddName = (lines: Buffer, begin: number, end: number): boolean =>
  endOfOddName.test(lines.toString("latin1", begin, Math.min(end, begin + endOfOddNameBytes)));
