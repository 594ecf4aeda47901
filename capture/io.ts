/** All that a command touches of the terminal and the process, passed in so that tests are silent. */
import { isatty } from "node:tty";

export interface TextOut {
  write(text: string): unknown;
  readonly isTTY: boolean;
  readonly columns: number;
}

export type StopSignal = "SIGINT" | "SIGTERM" | "SIGHUP";

export interface Io {
  readonly stdout: TextOut;
  readonly stderr: TextOut;
  readonly stdin: { readonly isTTY: boolean };
  /** Calls `handler` at each signal that asks to stop; returns how to take it off again. */
  onSignal(handler: (signal: StopSignal) => void): () => void;
}

const signals: readonly StopSignal[] = ["SIGINT", "SIGTERM", "SIGHUP"];

function textOut(stream: NodeJS.WriteStream): TextOut {
  stream.on("error", () => {}); // a terminal that has gone must not end the capture
  return {
    write: (text) => stream.write(text),
    get isTTY() {
      return stream.isTTY === true;
    },
    get columns() {
      return stream.columns || 80; // 0 where the terminal does not tell
    },
  };
}

export function processIo(): Io {
  return {
    stdout: textOut(process.stdout),
    stderr: textOut(process.stderr),
    stdin: { isTTY: isatty(0) },
    onSignal: (handler) => {
      for (const signal of signals) process.on(signal, handler);
      return () => {
        for (const signal of signals) process.off(signal, handler);
      };
    },
  };
}
