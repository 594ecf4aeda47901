/** One line on a terminal that says how the capture is doing; nothing where standard error is no terminal. */
import type { TppTotals } from "@tcpprobe-plus/tpp";
import type { TextOut } from "../io.ts";
import { formatBytes, formatCount, totalLost } from "./format.ts";

const intervalMs = 500;

export class StatusLine {
  readonly #out: TextOut;
  readonly #totals: () => TppTotals;
  readonly #timer: NodeJS.Timeout | undefined;
  #lastLines = 0;
  #lastS = 0;

  constructor(out: TextOut, quiet: boolean, totals: () => TppTotals) {
    this.#out = out;
    this.#totals = totals;
    if (out.isTTY && !quiet) this.#timer = setInterval(() => this.#draw(), intervalMs);
  }

  stop(): void {
    if (!this.#timer) return;
    clearInterval(this.#timer);
    this.#out.write("\r\x1b[K");
  }

  #draw(): void {
    const totals = this.#totals();
    const perS = Math.round((totals.lines - this.#lastLines) / Math.max(0.001, totals.duration_s - this.#lastS));
    this.#lastLines = totals.lines;
    this.#lastS = totals.duration_s;
    const lost = totalLost(totals.lost);
    const lostText = lost === 0 ? "lost 0" : `\x1b[31mlost ${formatCount(lost)}\x1b[0m`;
    const parts = [
      `${totals.duration_s.toFixed(1)} s`,
      `${formatCount(totals.lines)} records`,
      `${formatCount(perS)}/s`,
      formatBytes(totals.fileBytes),
    ];
    const width = parts.join("  ").length + 2 + `lost ${formatCount(lost)}`.length;
    const line = width < this.#out.columns ? [...parts, lostText].join("  ") : `${parts[0]}  ${lostText}`;
    this.#out.write(`\r\x1b[K${line}`);
  }
}
