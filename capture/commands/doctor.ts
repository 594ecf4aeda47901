/** `capture doctor`. */
import { exitCodes } from "@tcpprobe-plus/tpp/base";
/** Shows what works here, what does not, and what to do about it. Changes nothing without --fix. */
import { clockFindings } from "../doctor/clock.ts";
import type { Finding } from "../doctor/finding.ts";
import { interfaceFindings } from "../doctor/interfaces.ts";
import { fixLeft, leftFindings } from "../doctor/left-behind.ts";
import { moduleFindings } from "../doctor/module.ts";
import { ringFindings } from "../doctor/rings.ts";
import { sourceFindings, usable } from "../doctor/sources.ts";
import { findingsText } from "../doctor/text.ts";
import { tracingFindings } from "../doctor/tracing.ts";
import type { Io } from "../terminal/io.ts";
import { painter, widthOf, writeLine } from "../terminal/lines.ts";

export interface DoctorOptions {
  readonly json: boolean;
  /** Clean up what killed captures left behind. */
  readonly fix: boolean;
}

/** Returns 0 if at least one source can be used. */
export async function doctor(options: DoctorOptions, io: Io): Promise<number> {
  const fixed = options.fix ? fixLeft() : [];
  for (const line of fixed) writeLine(io.stderr, line);
  if (options.fix && fixed.length === 0) writeLine(io.stderr, "nothing was left behind");
  const findings: Finding[] = [
    ...(await sourceFindings()),
    ...moduleFindings(),
    ...tracingFindings(),
    ...(await interfaceFindings()),
    ...(await clockFindings()),
    ...ringFindings(),
    ...leftFindings(),
  ];
  io.stdout.write(
    options.json
      ? `${JSON.stringify({ findings }, null, 2)}\n`
      : findingsText(findings, widthOf(io.stdout), painter(io.stdout)),
  );
  const works = findings.some(({ section, state }) => section === "sources" && usable(state));
  return works ? exitCodes.ok : exitCodes.unavailable;
}
