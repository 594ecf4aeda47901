import test from "ava";
import { fixture, opened } from "../../../test/support/analyze.ts";

interface Event {
  readonly flow: number;
  readonly cause: string;
  readonly cwnd_before: number | null;
  readonly ssthresh_before: number | null;
  readonly ssthresh_after: number | null;
  readonly beta: number | null;
  readonly undone: boolean | null;
}

const none = 2147483647;
/** tcp_cubic.c: max(cwnd * beta / 1024, 2), with beta 717. */
const cubics = (cwnd: number): number => Math.max(Math.floor((cwnd * 717) / 1024), 2);

async function eventsOf(t: Parameters<typeof opened>[0], name: string): Promise<Event[]> {
  const trace = await opened(t, fixture(name));
  return trace.rows<Event>("SELECT * FROM congestion_events ORDER BY flow, episode");
}

// Each with how many events it has, and of how many the window is known.
const ofCubic: readonly (readonly [string, number, number])[] = [
  ["kmod-loss", 8, 7],
  ["kmod-loss-extended", 7, 7],
  ["kmod-rto-chain-extended", 1, 1],
  ["same-transfer/kmod", 12, 12],
  ["same-transfer/tracefs", 12, 11],
  ["shaped-loss", 8, 5],
  ["numbers/ecn.tracefs", 7, 7],
  ["ecn/cubic.bpf", 22, 22],
];
for (const [name, events, known] of ofCubic)
  test(`CUBIC's threshold is 717/1024 of the window before: ${name}`, async (t) => {
    const found = await eventsOf(t, name);
    t.is(found.length, events);
    const told = found.filter(({ beta }) => beta !== null);
    t.is(told.length, known);
    for (const { cwnd_before, ssthresh_after, beta } of told) {
      t.is(ssthresh_after, cubics(cwnd_before!));
      t.is(beta, ssthresh_after! / cwnd_before!);
    }
  });

test("module and tracepoints tell the same of one transfer, but for what tracepoints cannot", async (t) => {
  const [kmod, tracefs] = await Promise.all([eventsOf(t, "same-transfer/kmod"), eventsOf(t, "same-transfer/tracefs")]);
  const comparable = ({ cause, cwnd_before, ssthresh_before, ssthresh_after }: Event) => ({
    cause,
    cwnd_before,
    ssthresh_before,
    ssthresh_after,
  });
  t.is(kmod.filter(({ undone }) => undone).length, 2);
  t.deepEqual(tracefs.map(comparable), kmod.map(comparable));
  for (const [index, { beta, undone }] of tracefs.entries()) {
    t.true(beta === null || beta === kmod[index]!.beta);
    t.true(undone === null || undone === kmod[index]!.undone);
  }
  t.is(tracefs.filter(({ undone }) => undone === null).length, 1);
});

test("BBR sets no threshold, so it has no beta", async (t) => {
  const trace = await opened(t, fixture("side-by-side/bpf"));
  const rows = await trace.rows<Event>(
    "SELECT * FROM congestion_events JOIN (SELECT DISTINCT flow AS of_bbr FROM trace WHERE cong = 'bbr') ON flow = of_bbr",
  );
  t.is(rows.length, 3);
  t.true(rows.every(({ beta }) => beta === null));
  const senders = (await eventsOf(t, "cubic-bbr")).filter(({ ssthresh_after }) => ssthresh_after === none);
  t.true(senders.length > 5 && senders.every(({ beta }) => beta === null));
});

test("tracepoints tell no window before a timeout, and polls tell no events", async (t) => {
  const timeouts = (await eventsOf(t, "shaped-loss")).filter(({ cause }) => cause === "RTO");
  t.is(timeouts.length, 1);
  t.is(timeouts[0]!.cwnd_before, null);
  t.deepEqual(await eventsOf(t, "ss-loss"), []);
});

test("a source that shows flags tells ECN, and Reno's threshold is half of the window", async (t) => {
  const events = await eventsOf(t, "ecn/reno.bpf");
  t.is(events.length, 22);
  for (const { cause, cwnd_before, ssthresh_after } of events) {
    t.is(cause, "ECN");
    t.is(ssthresh_after, Math.max(Math.floor(cwnd_before! / 2), 2));
  }
});
