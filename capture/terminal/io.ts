/** Everything that a command uses of the terminal and the process. It is passed in, so that tests can replace it. */
import type { TextOut } from "./text-out.ts";
import { UnhurriedOut } from "./unhurried-out.ts";

export type { TextOut } from "./text-out.ts";

/** Signals that ask a process to end, and others that would end it without cleaning up. */
const signals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR2", "SIGALRM", "SIGXCPU"] as const;
export type StopSignal = (typeof signals)[number];

export interface Io {
  readonly stdout: TextOut;
  readonly stderr: TextOut;
  /** Calls `handler` for each signal that asks to stop. Returns a function that removes the handler. */
  onSignal(handler: (signal: StopSignal) => void): () => void;
  /** The same for SIGUSR1, which requests the totals so far. */
  onReport(handler: () => void): () => void;
  /** Waits a short time for a terminal or reader that has not accepted everything yet. */
  settle(): Promise<void>;
}

function textOut(stream: NodeJS.WriteStream): TextOut {
  stream.on("error", () => {}); // a terminal that is gone must not end the capture
  return {
    write: (text) => stream.write(text),
    offer: (text) => stream.write(text),
    get isTTY() {
      return stream.isTTY === true;
    },
    get columns() {
      return stream.columns || 80; // 0 if the terminal does not report it
    },
  };
}

function listen<Name extends NodeJS.Signals>(names: readonly Name[], handler: (name: Name) => void): () => void {
  const call = (name: NodeJS.Signals): void => handler(name as Name);
  for (const name of names) process.on(name, call);
  return () => {
    for (const name of names) process.off(name, call);
  };
}

export function processIo(): Io {
  const stderr = new UnhurriedOut(2, process.stderr);
  return {
    stdout: textOut(process.stdout),
    stderr,
    onSignal: (handler) => listen(signals, handler),
    onReport: (handler) => listen(["SIGUSR1"], handler),
    settle: () => stderr.settle(),
  };
}
