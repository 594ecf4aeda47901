/**
 * One transfer, captured by every source at once (test/fixtures/same-transfer): where the sources overlap, they agree.
 */
import test from "ava";
import { fixtureFile } from "../support/captures.ts";
import { query } from "../support/commands.ts";

interface Row {
  /** Time of day, ms. */
  readonly ms: number;
  readonly type: string;
  readonly cwnd: number;
  readonly ssthresh: number | null;
  readonly srtt_us: number | null;
  readonly acked: number;
}

/** The sender's end of the data connection, which is the one that sent most. */
const rowsOf = (source: string, acked: string): Promise<Row[]> =>
  query<Row>(
    fixtureFile(`same-transfer/${source}.tpp`),
    `SELECT epoch_ns(time) / 1e6 AS ms, type::VARCHAR AS type, snd_cwnd AS cwnd, ssthresh, srtt_us, ${acked} AS acked FROM trace
     WHERE flow = (SELECT flow FROM flows ORDER BY acked_bytes DESC NULLS LAST LIMIT 1) AND snd_cwnd IS NOT NULL ORDER BY ord`,
  );

test("every tcp_probe event is a record of the module: cwnd, ssthresh, smoothed RTT and bytes acknowledged", async (t) => {
  const module = (await rowsOf("kmod", "snd_una - 1")).filter((row) => row.type === "recv");
  const events = (await rowsOf("tracefs", "snd_una")).filter((row) => row.type === "recv");
  t.true(events.length > 1000, `${events.length} events`);
  // The module goes on after the connection has left ESTABLISHED.
  t.true(module.length >= events.length && module.length - events.length < 20);
  const told = ({ cwnd, ssthresh, srtt_us, acked }: Row) =>
    `cwnd ${cwnd} ssthresh ${ssthresh} srtt ${Math.floor(srtt_us ?? 0)} acked ${acked}`;
  const differing = events.flatMap((event, index) => {
    const [ours, theirs] = [told(module[index]!), told(event)];
    return ours === theirs ? [] : [`${index}: module ${ours}, tracepoint ${theirs}`];
  });
  t.deepEqual(differing.slice(0, 5), []);
});

test("what ss saw at each poll, the module saw at a record around it", async (t) => {
  const module = await rowsOf("kmod", "bytes_acked");
  const polls = await rowsOf("ss", "bytes_acked");
  t.true(polls.length > 10, `${polls.length} polls`);
  const unmatched = polls.filter(
    (poll) =>
      !module.some(
        (row) =>
          Math.abs(row.ms - poll.ms) < 1000 &&
          row.cwnd === poll.cwnd &&
          row.acked === poll.acked &&
          Math.abs((row.srtt_us ?? 0) - (poll.srtt_us ?? 0)) <= 1 &&
          // ss shows the stored threshold, the module the current one (tcp_current_ssthresh).
          (row.ssthresh === (poll.ssthresh ?? 2147483647) ||
            row.ssthresh === Math.max(poll.ssthresh ?? 0, (row.cwnd >> 1) + (row.cwnd >> 2))),
      ),
  );
  t.deepEqual(unmatched, []);
});
