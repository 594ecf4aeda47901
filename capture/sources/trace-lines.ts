/** Lines of trace_pipe's text. */
const newline = 10;
const dash = 45;
/** trace_print_context (kernel/trace/trace_output.c) prints `%16s-%-7d`: a process's name has 15 bytes at most. */
const dashAt = 16;

/**
 * How many records are in some whole lines. A process may have newlines in its name, which makes more lines of one
 * record: of these none has the dash in its place, so such a record counts as none.
 */
export function traceRecordsIn(lines: Buffer): number {
  let records = 0;
  let begin = 0;
  for (let end = lines.indexOf(newline); end !== -1; end = lines.indexOf(newline, begin)) {
    if (end - begin > dashAt && lines[begin + dashAt] === dash) records += 1;
    begin = end + 1;
  }
  return records;
}
