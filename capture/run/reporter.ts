/**
 * What `capture run` tells while it runs and at its end, on standard error: lines for people, with a status line on a
 * terminal, or with --json one object a line.
 */
import type { TextOut } from "../io.ts";
import { type Status, StatusLine } from "./status-line.ts";

export interface Reporter {
  say(line: string): void;
  /** Shows how it goes, again and again, until `stop`. */
  follow(status: () => Status): void;
  stop(): void;
  /** The end: `line` for people, `facts` for programs. */
  end(line: string, facts: Readonly<Record<string, unknown>>): void;
}

const jsonStatusMs = 1000;

export function makeReporter(out: TextOut, options: { readonly quiet: boolean; readonly json: boolean }): Reporter {
  if (options.quiet) return silent;
  return options.json ? jsonReporter(out) : textReporter(out);
}

const silent: Reporter = { say: () => {}, follow: () => {}, stop: () => {}, end: () => {} };

function textReporter(out: TextOut): Reporter {
  let statusLine: StatusLine | undefined;
  const say = (line: string): void => {
    statusLine?.clear();
    out.write(`capture: ${line}\n`);
  };
  return {
    say,
    follow: (status) => {
      statusLine = new StatusLine(out, status);
    },
    stop: () => statusLine?.stop(),
    end: (line) => say(line),
  };
}

function jsonReporter(out: TextOut): Reporter {
  let timer: NodeJS.Timeout | undefined;
  const write = (event: string, facts: Readonly<Record<string, unknown>>): void => {
    out.write(`${JSON.stringify({ event, ...facts })}\n`);
  };
  return {
    say: (text) => write("note", { text }),
    follow: (status) => {
      timer = setInterval(() => write("status", { ...status() }), jsonStatusMs);
    },
    stop: () => clearInterval(timer),
    end: (_line, facts) => write("end", facts),
  };
}
