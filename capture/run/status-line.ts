/** A status line for the capture on a terminal. Nothing is shown if standard error is not a terminal. */

import { bytesText, type LossTotals } from "@tcpprobe-plus/tpp/write";
import type { TextOut } from "../terminal/io.ts";
import { painter } from "../terminal/lines.ts";
import { formatCount, totalLost } from "../terminal/numbers.ts";

export interface Status {
  readonly duration_s: number;
  readonly records: number;
  readonly raw_bytes: number;
  readonly file_bytes: number;
  readonly lost: LossTotals;
}

const intervalMs = 500;
const clearLine = "\r\x1b[K";

export class StatusLine {
  readonly #out: TextOut;
  readonly #status: () => Status;
  readonly #timer: NodeJS.Timeout | undefined;
  #lastRecords = 0;
  #lastS = 0;

  constructor(out: TextOut, status: () => Status) {
    this.#out = out;
    this.#status = status;
    if (out.isTTY) this.#timer = setInterval(() => this.#draw(), intervalMs);
  }

  /** Clears the line for other output. The next update draws it again. */
  clear(): void {
    if (this.#timer) this.#out.offer(clearLine);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.clear();
  }

  #draw(): void {
    const { duration_s, records, file_bytes, lost } = this.#status();
    const perS = Math.max(0, Math.round((records - this.#lastRecords) / Math.max(0.001, duration_s - this.#lastS)));
    this.#lastRecords = records;
    this.#lastS = duration_s;
    const sum = totalLost(lost);
    const lostText = `lost ${formatCount(sum)}`;
    const colouredLost = sum === 0 ? lostText : painter(this.#out)("red", lostText);
    const parts = [
      `${duration_s.toFixed(1)} s`,
      `${formatCount(records)} records`,
      `${formatCount(perS)}/s`,
      bytesText(file_bytes),
    ];
    const fits = parts.join("  ").length + 2 + lostText.length < this.#out.columns;
    const line = fits ? [...parts, colouredLost].join("  ") : `${parts[0]}  ${colouredLost}`;
    this.#out.offer(`${clearLine}${line}`);
  }
}
