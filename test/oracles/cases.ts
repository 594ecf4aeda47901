/** The matrix: what happens on each path, and where it can be made. */

export const controls = ["cubic", "reno", "bbr"] as const;
export type Control = (typeof controls)[number];

export const cases = {
  clean: "nothing is lost",
  loss: "1 % of the data packets lost at random",
  "burst-loss":
    "losses in bursts (guest: Gilbert-Elliott, netem gemodel 1 % 20 % 70 % 0.1 %; host: 6 of every 400 packets in a row)",
  reordering: "5 % of the data packets overtake others by 20 ms",
  "receiver-limited": "a receive buffer of 32 KiB",
  "application-limited": "an application that writes 2 Mbit/s",
  blackout: "nothing passes for some seconds: a chain of timeouts",
  "over-4-gib": "4400 MiB over loopback, so that sequence numbers wrap",
  "port-reuse": "three connections one after the other on the same 4-tuple",
  ecn: "both ends speak ECN, and the router marks one of every 200 packets",
  "tiny-mss": "the peer takes segments of 200 bytes",
  "send-buffer": "a send buffer of 16 KiB",
  pacing: "a sender that paces itself to 4 Mbit/s (SO_MAX_PACING_RATE)",
  bursts: "an application that writes 20 kB every 50 ms",
  "half-closed": "a sender that is done first, and gets 400 kB of answer after that",
  "short-flows": "eight connections of 60 kB",
  "begun-before": "a transfer that is 2 s old as the capture begins",
} as const;
export type Case = keyof typeof cases;

const allCases = Object.keys(cases) as Case[];
/** Made on the host alone. */
const ofHost: readonly Case[] = [
  ...(["ecn", "tiny-mss", "send-buffer", "pacing", "bursts", "half-closed", "short-flows", "begun-before"] as const),
];
export const guestCases = allCases.filter((name) => !ofHost.includes(name));
/** The host has no netem, so packets do not overtake each other there. */
export const hostCases = allCases.filter((name) => name !== "reordering");

/** Cases that go into one boot and under one capture: the long one is by itself. */
export const guestSets: Readonly<Record<string, readonly Case[]>> = {
  paths: guestCases.filter((name) => name !== "over-4-gib"),
  "over-4-gib": ["over-4-gib"],
};

/** Captures of one run on the host, all at the same time. */
export const hostSources = { host: "capture.tpp", "host, bpf": "bpf.tpp", "host, ss": "ss.tpp" } as const;
export type Place = "guest" | keyof typeof hostSources;

/** One run by one source, and where its evidence is. */
export interface Run {
  readonly place: Place;
  readonly case: Case;
  readonly control: Control;
  readonly folder: string;
}
