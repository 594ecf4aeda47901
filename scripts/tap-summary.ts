/** Reads AVA's TAP line by line, selects what to show, and sums up the results. */

/** Matches the reason for a skip at the end of a title: `… (needs root)`, `… (not installed: qemu)`. */
const skipMark = / \(needs (.+)\)$| \(([^()]+)\)$/;

function reasonOf(title: string): string | undefined {
  const mark = skipMark.exec(title);
  return mark?.[1] ?? mark?.[2];
}

export class TapSummary {
  readonly #failed: string[] = [];
  /** Number of tests skipped, by reason. */
  readonly #skipped = new Map<string, number>();
  #passed = 0;
  /** AVA's own count of failures. It includes tests that never ran. */
  #failedByAva = 0;
  /** Number of failures that AVA does not know of. */
  #failedElsewhere = 0;

  /** Counts a result that does not come from TAP. */
  add(title: string, passed: boolean): void {
    this.#count(title, passed);
    if (!passed) this.#failedElsewhere += 1;
  }

  #count(title: string, passed: boolean): void {
    if (passed) this.#passed += 1;
    else this.#failed.push(title);
  }

  /** Takes one line of TAP. Returns the part worth showing, or null. */
  read(line: string): string | null {
    this.#failedByAva += Number(/^# fail (\d+)/.exec(line)?.[1] ?? 0);
    const test = /^(not ok|ok) \d+ - (.*?)( # (SKIP|TODO).*)?$/i.exec(line);
    if (!test)
      return /^(TAP version|\d+\.\.\d+|# (tests|pass|skip|todo|fail) \d+)/.test(line) || line === "" ? null : line;
    const [, result, title = "", , directive] = test;
    if (directive) {
      const reason = reasonOf(title) ?? "marked so in its file";
      this.#skipped.set(reason, (this.#skipped.get(reason) ?? 0) + 1);
      return `- ${title}`;
    }
    this.#count(title, result === "ok");
    return `${result === "ok" ? "✔" : "✘"} ${title}`;
  }

  ok(avaStatus: number | null): boolean {
    return avaStatus === 0 && this.#failed.length === 0 && this.#passed > 0;
  }

  /** The closing lines. An AVA that failed without a failed test (a crash, no tests found) counts as one failure. */
  text(avaStatus: number | null): string {
    const lines = [""];
    for (const title of this.#failed) lines.push(`failed: ${title}`);
    const crashed = avaStatus !== 0 && this.#failed.length === this.#failedElsewhere;
    if (crashed) lines.push(`failed: the test runner ended with ${avaStatus ?? "a signal"}`);
    const skipped = [...this.#skipped.values()].reduce((sum, count) => sum + count, 0);
    for (const [reason, count] of this.#skipped) lines.push(`skipped: ${count} for ${reason}`);
    const tail = skipped > 0 ? `, ${skipped} skipped` : "";
    const failed = Math.max(this.#failed.length + (crashed ? 1 : 0), this.#failedByAva + this.#failedElsewhere);
    lines.push(`${this.#passed} passed, ${failed} failed${tail}`);
    return lines.join("\n");
  }
}
