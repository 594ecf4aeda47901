/** What a capture can show. These are columns of `captures`; SQL uses them instead of the source's name. */
import type { TppCheckpoint, TppHeader } from "@tcpprobe-plus/tpp";
import { isKernelProbe } from "./kinds.ts";

export interface Capabilities {
  /** Each sent segment has a record. */
  readonly sees_sends: boolean;
  /** Each expiry of the retransmission timer has a record. */
  readonly sees_timers: boolean;
  /** The congestion state is known at each record. */
  readonly sees_ca_state: boolean;
  /** Retransmissions are counted, or each has a record. */
  readonly sees_retransmits: boolean;
  /** RSTs are seen. */
  readonly sees_resets: boolean;
  /** Each connection's close is told, or nothing is hidden behind it. */
  readonly sees_closes: boolean;
  /** Records count packets in flight, lost, SACKed and retransmitted. Without this, only bytes are known. */
  readonly counts_packets: boolean;
  /** No step of the connection is left out, so a change of srtt between two records gives the RTT sample. */
  readonly tells_samples: boolean;
  /** srtt is in eighths of a us, as the kernel keeps it. Without this, in whole us. */
  readonly exact_srtt: boolean;
  /** Records are samples that capture asked for, not events. */
  readonly polled: boolean;
  /** The module left out records by its own filter, so what is between two is not known. */
  readonly sampled: boolean;
}

export const capabilityNames = [
  ...(["sees_sends", "sees_timers", "sees_ca_state", "sees_retransmits", "sees_resets"] as const),
  ...(["sees_closes", "counts_packets", "tells_samples", "exact_srtt", "polled", "sampled"] as const),
] as const satisfies readonly (keyof Capabilities)[];

export function capabilitiesOf(header: TppHeader): Capabilities {
  const { text, events = {}, columns, bpf } = header;
  const nothing = Object.fromEntries(capabilityNames.map((name) => [name, false])) as Record<
    keyof Capabilities,
    boolean
  >;
  if (text === "ss")
    return {
      ...nothing,
      sees_ca_state: false,
      sees_retransmits: true,
      sees_closes: true,
      counts_packets: true,
      polled: true,
    };
  if (text === "trace_pipe")
    return {
      ...nothing,
      sees_ca_state: "tcp_cong_state_set" in events,
      sees_retransmits: "tcp_retransmit_skb" in events,
      sees_resets: "tcp_send_reset" in events && "tcp_receive_reset" in events,
      sees_closes: "inet_sock_set_state" in events,
      tells_samples: true,
    };
  if (bpf) {
    const has = (hook: string): boolean => bpf.hooks.includes(hook);
    const sees_sends = has("fentry/__tcp_transmit_skb");
    return {
      ...nothing,
      sees_sends,
      sees_timers: has("fentry/tcp_retransmit_timer"),
      sees_ca_state: true,
      sees_retransmits: true,
      sees_resets: sees_sends || (has("tp_btf/tcp_send_reset") && has("tp_btf/tcp_receive_reset")),
      sees_closes: true,
      counts_packets: true,
      tells_samples: true,
      exact_srtt: true,
    };
  }
  if (isKernelProbe(columns)) return { ...nothing, tells_samples: true };
  // The module can skip segments that do not change the window (full=0), or that follow too soon (probetime).
  const { full, probetime } = header.module_sysctl ?? {};
  const isSampled = samples(full, probetime);
  return {
    ...nothing,
    sees_sends: !isSampled,
    sees_timers: true,
    sees_ca_state: true,
    sees_retransmits: true,
    sees_resets: !isSampled,
    sees_closes: true,
    counts_packets: true,
    tells_samples: !isSampled,
    exact_srtt: true,
    sampled: isSampled,
  };
}

/** Whether these settings of the module leave out records. */
const samples = (full: string | undefined, probetime: string | undefined): boolean =>
  full === "0" || Number(probetime ?? 0) > 0;

/**
 * The header, with the module's settings of a checkpoint that leave out records where its own do not: what was set
 * later holds for the whole capture, since nothing after it can tell the records that are missing.
 */
export function withLaterSettings(header: TppHeader, checkpoints: readonly TppCheckpoint[]): TppHeader {
  const later = checkpoints.find(
    ({ module_sysctl }) => module_sysctl && samples(module_sysctl.full, module_sysctl.probetime),
  )?.module_sysctl;
  if (!later) return header;
  const { full, probetime } = header.module_sysctl ?? {};
  return samples(full, probetime) ? header : { ...header, module_sysctl: later };
}
