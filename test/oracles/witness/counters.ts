/** The kernel's own counters: nstat before and after, and what ss told of each socket as it was destroyed. */

export type Counters = Readonly<Record<string, number>>;

function counters(text: string): Counters {
  const found: Record<string, number> = {};
  for (const line of text.split("\n")) {
    const match = /^(\w+)\s+(\d+)/.exec(line);
    if (match) found[match[1] as string] = Number(match[2]);
  }
  return found;
}

/** How far a counter moved from one `nstat -az` to the other. */
export function nstatDelta(before: string, after: string, name: string): number {
  const from = counters(before)[name];
  const to = counters(after)[name];
  if (from === undefined || to === undefined) throw new Error(`nstat did not print ${name}`);
  return to - from;
}

/** A socket's last tcp_info. */
export interface LastLook {
  readonly sport: number;
  readonly dport: number;
  readonly bytes_acked: number;
  readonly retrans: number;
  readonly busy_ms: number;
  readonly rwnd_limited_ms: number;
  readonly sndbuf_limited_ms: number;
  /** How long before this look the last acknowledgement had come. */
  readonly lastack_ms: number;
}

/** What `ss -tinEHO` printed: one line a socket, in the order in which they ended. */
export function lastLooks(text: string): LastLook[] {
  return text.split("\n").flatMap((line) => {
    const ends = /\s\S+:(\d+)\s+\S+:(\d+)\s/.exec(line);
    if (!ends) return [];
    const number = (pattern: RegExp): number => Number(pattern.exec(line)?.[1] ?? 0);
    return [
      {
        sport: Number(ends[1]),
        dport: Number(ends[2]),
        bytes_acked: number(/\bbytes_acked:(\d+)/),
        retrans: number(/\bretrans:\d+\/(\d+)/),
        busy_ms: number(/\bbusy:(\d+)ms/),
        rwnd_limited_ms: number(/\brwnd_limited:(\d+)ms/),
        sndbuf_limited_ms: number(/\bsndbuf_limited:(\d+)ms/),
        lastack_ms: number(/\blastack:(\d+)/),
      },
    ];
  });
}
