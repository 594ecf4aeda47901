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
} as const;
export type Case = keyof typeof cases;

export const guestCases = Object.keys(cases) as Case[];
/** The host has no netem, so packets do not overtake each other there. */
export const hostCases = guestCases.filter((name) => name !== "reordering");

/** Cases that go into one boot and under one capture: the long one is by itself. */
export const guestSets: Readonly<Record<string, readonly Case[]>> = {
  paths: guestCases.filter((name) => name !== "over-4-gib"),
  "over-4-gib": ["over-4-gib"],
};

/** One run, and where its evidence is. */
export interface Run {
  readonly place: "guest" | "host";
  readonly case: Case;
  readonly control: Control;
  readonly folder: string;
}
