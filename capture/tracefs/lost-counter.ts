/** Sums the lost events in `CPU:2 [LOST 17 EVENTS]` lines of trace_pipe text. Lines may be split between chunks. */
const mark = Buffer.from("[LOST ");

export class LostCounter {
  #carry = Buffer.alloc(0);
  /** Number of lost events so far. */
  events = 0;

  /** Returns the number of lost events reported in this chunk. */
  add(text: Buffer): number {
    let found = 0;
    const lineEnd = text.indexOf(10);
    if (this.#carry.length > 0) {
      const head = lineEnd === -1 ? text : text.subarray(0, lineEnd + 1);
      const line = Buffer.concat([this.#carry, head]);
      if (lineEnd === -1) {
        this.#carry = line.length > 4096 ? Buffer.alloc(0) : line;
        return 0;
      }
      found += this.#count(line);
      this.#carry = Buffer.alloc(0);
      text = text.subarray(lineEnd + 1);
    }
    const lastLine = text.lastIndexOf(10) + 1;
    found += this.#count(text.subarray(0, lastLine));
    if (lastLine < text.length) this.#carry = Buffer.from(text.subarray(lastLine));
    return found;
  }

  #count(lines: Buffer): number {
    let found = 0;
    for (let at = lines.indexOf(mark); at !== -1; at = lines.indexOf(mark, at + 1)) {
      const line = lines.toString("latin1", lines.lastIndexOf(10, at) + 1, at + 40);
      const match = /^CPU:\d+ \[LOST (?:(\d+) )?EVENTS\]\n/.exec(line);
      if (!match) continue; // the words may be part of a process name
      found += Number(match[1] ?? 0); // without a number, the ring's counters supply it at the end
    }
    this.events += found;
    return found;
  }
}
