/**
 * Causes known by construction (test/fixtures/numbers): each source names the cause, or the group of causes among which
 * it cannot tell; never another one.
 */
import test from "ava";
import { analyze, fixture } from "../../../test/support/analyze.ts";

const tracepointsCannot = "application, pacing or send buffer";
const bufferUnknown = "application or send buffer";

/** Recording, its flow, what made it slow, and what is to be said. */
const cases: readonly (readonly [recording: string, made: string, said: string])[] = [
  ["bursts.tracefs", "an application that writes 60 kB every 250 ms", "application"],
  ["bursts.ss", "an application that writes 60 kB every 250 ms", "application"],
  ["zero-window.tracefs", "a receiver that reads nothing for 5 s", "receiver"],
  ["zero-window.ss", "a receiver that reads nothing for 5 s", "receiver"],
  ["bbr-bulk.tracefs", "BBR at the path's bandwidth", tracepointsCannot],
  ["bbr-bulk.ss", "BBR at the path's bandwidth", "pacing"],
  ["paced.tracefs", "a pacing rate of 3 Mbit/s", tracepointsCannot],
  ["paced.ss", "a pacing rate of 3 Mbit/s", "pacing"],
  ["tiny-mss.tracefs", "a full window of segments of 288 bytes", "congestion window"],
  ["tiny-mss.ss", "a full window of segments of 288 bytes", "congestion window"],
  ["bbr-loss.tracefs", "BBR at the path's bandwidth, 2 % lost", tracepointsCannot],
  ["bbr-loss.ss", "BBR at the path's bandwidth, 2 % lost", "pacing"],
  ["blackout.tracefs", "nothing passes for 5 s", "blackout"],
  ["blackout.ss", "nothing passes for 5 s", "blackout"],
  ["blackout-veth.tracefs", "nothing passes for 4 s", "blackout"],
  ["blackout-veth.ss", "nothing passes for 4 s", "blackout"],
  ["loss-2-percent.tracefs", "2 % lost at random", "loss"],
  ["loss-2-percent.ss", "2 % lost at random", "loss"],
  ["small-queue.tracefs", "a queue that Reno fills by itself", "congestion window"],
  ["small-queue.ss", "a queue that Reno fills by itself", "congestion window"],
  ["small-sndbuf.tracefs", "SO_SNDBUF 16384", tracepointsCannot],
  ["small-sndbuf.ss", "SO_SNDBUF 16384", bufferUnknown],
  ["small-sndbuf-memory.ss", "SO_SNDBUF 16384, with the socket's memory", "send buffer"],
  ["bbr-application-memory.ss", "an application that writes 2 Mbit/s, BBR, with the socket's memory", "application"],
  ["bbr-application.tracefs", "an application that writes 2 Mbit/s, BBR", tracepointsCannot],
  ["bbr-application.ss", "an application that writes 2 Mbit/s, BBR", bufferUnknown],
  ["reordering.tracefs", "a full window, packets out of order", "congestion window"],
  ["ecn.tracefs", "a full window, marked by ECN", "congestion window"],
];

interface Report {
  readonly cause: string;
  readonly cost_s: number;
  readonly facts: { readonly life_s: number };
}

const reports = async (name: string): Promise<Report[]> =>
  JSON.parse((await analyze("diagnose", fixture(`numbers/${name}`), "--json")).out);
const words = async (name: string): Promise<string> => (await analyze("diagnose", fixture(`numbers/${name}`))).out;

for (const [name, made, said] of cases)
  test(`${name}, ${made}: ${said}`, async (t) => {
    const all = await reports(name);
    t.deepEqual(
      all.map(({ cause }) => cause),
      [said],
    );
    t.true(all[0]!.cost_s > 0.3 * all[0]!.facts.life_s && all[0]!.cost_s <= all[0]!.facts.life_s * 1.01);
  });

test("where it cannot tell, it says what would", async (t) => {
  t.regex(await words("paced.tracefs"), /Tracepoints cannot tell which\..*\n {4}ask {7}--source bpf or kmod/s);
  t.notRegex(await words("paced.tracefs"), /too little/);
  t.regex(await words("small-sndbuf.ss"), /Send-Q was 32.8 kB in .* of the polls.*\n {4}ask {7}`ss -tm`/s);
});

test("a blackout that polls show costs its own time, and says how many timeouts there were at least", async (t) => {
  const [tracefs, ss] = [(await reports("blackout-veth.tracefs"))[0]!, (await reports("blackout-veth.ss"))[0]!];
  t.true(Math.abs(tracefs.cost_s - ss.cost_s) < 0.1, `${tracefs.cost_s} ${ss.cost_s}`);
  t.regex(await words("blackout-veth.ss"), /at least 3 timeouts in a row: nothing acknowledged from/);
});

test("recoveries that were undone are no losses", async (t) => {
  t.regex(await words("reordering.tracefs"), /no loss: 2 recoveries were undone.*\(≥ 2 buffers sent again\)/);
});

test("of the time behind a close tracepoints show nothing, and the words say so", async (t) => {
  t.regex(await words("clean-close.tracefs"), /beware {4}nothing shows what held it for 21\d ms of its 628 ms/);
  t.notRegex(await words("bursts.tracefs"), /beware/);
});

test("a recovery that leaves the window costs nothing", async (t) => {
  t.regex(await words("bbr-loss.tracefs"), /they left the window as it was/);
  t.notRegex(await words("bbr-loss.ss"), /packet loss/);
});
