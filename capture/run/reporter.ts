/**
 * The messages of `capture run` on standard error, while it runs and at its end. They are lines of text, with a status
 * line on a terminal, or with --json one object a line.
 */
import { bytesText } from "@tcpprobe-plus/tpp/base";
import type { TextOut } from "../terminal/io.ts";
import { writeLine } from "../terminal/lines.ts";
import { formatCount, formatLost } from "../terminal/numbers.ts";
import { type Status, StatusLine } from "./status-line.ts";

export interface Reporter {
  say(line: string): void;
  /** Shows the status repeatedly, until `stop`. */
  follow(status: () => Status): void;
  stop(): void;
  /** Prints what was requested by a signal, even if other output is suppressed. */
  answer(line: string, facts: Readonly<Record<string, unknown>>): void;
  answerStatus(status: Status): void;
  /** Prints the end of the capture: `line` as text, or `facts` as JSON. */
  end(line: string, facts: Readonly<Record<string, unknown>>): void;
}

const jsonStatusMs = 1000;

export function makeReporter(out: TextOut, options: { readonly quiet: boolean; readonly json: boolean }): Reporter {
  const reporter = options.json ? jsonReporter(out) : textReporter(out);
  return options.quiet ? { ...reporter, say: () => {}, follow: () => {}, stop: () => {}, end: () => {} } : reporter;
}

function answerText({ duration_s, records, raw_bytes, file_bytes, lost }: Status): string {
  const size = `${bytesText(raw_bytes)} of text in ${bytesText(file_bytes)}`;
  return `so far ${formatCount(records)} records in ${duration_s.toFixed(1)} s, ${size}, lost ${formatLost(lost)}`;
}

function textReporter(out: TextOut): Reporter {
  let statusLine: StatusLine | undefined;
  const say = (line: string): void => {
    statusLine?.clear();
    writeLine(out, line);
  };
  const answer = (line: string): void => say(line);
  return {
    say,
    follow: (status) => {
      statusLine = new StatusLine(out, status);
    },
    stop: () => statusLine?.stop(),
    answer,
    answerStatus: (status) => answer(answerText(status)),
    end: (line) => say(line),
  };
}

function jsonReporter(out: TextOut): Reporter {
  let timer: NodeJS.Timeout | undefined;
  const line = (event: string, facts: object): string => `${JSON.stringify({ event, ...facts })}\n`;
  const write = (event: string, facts: object): void => {
    out.write(line(event, facts));
  };
  return {
    say: (text) => write("note", { text }),
    follow: (status) => {
      timer = setInterval(() => out.offer(line("status", status())), jsonStatusMs);
    },
    stop: () => clearInterval(timer),
    answer: (_line, facts) => write("status", facts),
    answerStatus: (status) => write("status", status),
    end: (_line, facts) => write("end", facts),
  };
}
