/** The events that the tracefs source records, and how each is filtered on this kernel. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { PortRange } from "../filter/filter.ts";

interface EventChoice {
  readonly name: string;
  /** The source is useless without this event. */
  readonly required?: true;
  /** A filter that is always applied. */
  readonly always?: string;
}

const chosenEvents: readonly EventChoice[] = [
  { name: "tcp/tcp_probe", required: true },
  { name: "tcp/tcp_retransmit_skb" },
  { name: "tcp/tcp_cong_state_set" },
  { name: "sock/inet_sock_set_state", always: "protocol == 6" },
  { name: "tcp/tcp_send_reset" },
  { name: "tcp/tcp_receive_reset" },
];

export interface TraceEvent {
  /** Such as `tcp/tcp_probe`. */
  readonly name: string;
  /** The filter in the kernel, empty for none. */
  readonly filter: string;
  readonly printFormat: string;
}

export interface EventPlan {
  readonly events: readonly TraceEvent[];
  readonly notes: readonly string[];
  /** A required event that this kernel lacks. */
  readonly missing?: string;
}

const within = ([first, last]: PortRange): string[] =>
  ["sport", "dport"].map((field) =>
    first === last ? `${field} == ${first}` : `(${field} >= ${first} && ${field} <= ${last})`,
  );

/** Reads each event's format under `eventsDirectory` and decides what to record. */
export function planEvents(eventsDirectory: string, ports: readonly PortRange[]): EventPlan {
  const events: TraceEvent[] = [];
  const notes: string[] = [];
  for (const choice of chosenEvents) {
    const formatPath = join(eventsDirectory, choice.name, "format");
    if (!existsSync(formatPath)) {
      if (choice.required) return { events, notes, missing: choice.name };
      notes.push(`this kernel has no event ${choice.name}: not recorded`);
      continue;
    }
    const format = readFileSync(formatPath, "utf8");
    const hasPorts = /\ssport;/.test(format) && /\sdport;/.test(format);
    const filters = choice.always ? [choice.always] : [];
    if (ports.length > 0 && hasPorts) filters.push(`(${ports.flatMap(within).join(" || ")})`);
    if (ports.length > 0 && !hasPorts) {
      notes.push(`${choice.name} has no port fields on this kernel: recorded for all ports, not only those of --port`);
    }
    const printFormat = /^print fmt: (.*)$/m.exec(format)?.[1] ?? "";
    events.push({ name: choice.name, filter: filters.join(" && "), printFormat });
  }
  return { events, notes };
}
