/** Where a command writes text. */
export interface TextOut {
  write(text: string): unknown;
  /** Writes the text now, or not at all if there is no room. For text that is soon out of date. */
  offer(text: string): unknown;
  readonly isTTY: boolean;
  readonly columns: number;
}
