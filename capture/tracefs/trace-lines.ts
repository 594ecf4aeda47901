/** Recognizes records in trace_pipe's text. */
const newline = 10;
const dash = 45;

/** Position of the dash in a line. trace_print_context (kernel/trace/trace_output.c) prints `%16s-%-7d [%03d] `. */
const dashAt = 16;

/**
 * A process's name may contain newlines, which split its records into several lines. A name has at most 15 bytes, too
 * few for a whole context, so a part of a name cannot look like another record.
 */
const endOfOddName = /^.{0,15}-\d+ +\[\d{3,}\] /s;
const endOfOddNameBytes = 48;

/** Counts the records in some whole lines. The kernel's `[LOST n EVENTS]` lines are not records. */
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
