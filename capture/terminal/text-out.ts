/** Where a command writes text. */
export interface TextOut {
  write(text: string): unknown;
  /** Writes it now or, where there is no room, not at all: for what the next moment makes old. */
  offer(text: string): unknown;
  readonly isTTY: boolean;
  readonly columns: number;
}
