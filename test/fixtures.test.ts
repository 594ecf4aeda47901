/** The recordings in the repository: whole, in order, and what their README says. */
import { readdirSync, statSync } from "node:fs";
import { verifyTpp } from "@tcpprobe-plus/tpp";
import test from "ava";
import { run } from "../lab/command.ts";
import { fixture, flowsOf, query } from "./support/analyze.ts";
import { requires } from "./support/requires.ts";

const names = readdirSync(fixture(".")).filter((name) => name.endsWith(".tpp"));

test("every recording is whole and below 1 MB", async (t) => {
  t.true(names.length >= 12);
  for (const name of names) {
    t.deepEqual((await verifyTpp(fixture(name))).damage, [], name);
    t.true(statSync(fixture(name)).size < 1_000_000, name);
  }
});

requires({ tools: ["zstd"] })("the zstd program accepts every recording", async (t) => {
  await t.notThrowsAsync(run(["zstd", "-tq", ...names.map(fixture)]));
});

const iperf3Runs: readonly [name: string, runs: number][] = [
  ["loopback.tpp", 1],
  ["shaped-loss.tpp", 1],
  ["cubic-bbr.tpp", 4],
];
for (const [name, runs] of iperf3Runs) {
  test(`${name}: control and data connection of each of ${runs} iperf3 runs, seen whole at both ends`, async (t) => {
    const flows = await flowsOf(fixture(name));
    t.is(flows.length, runs * 4);
    t.deepEqual([...new Set(flows.map((flow) => flow.seen))], ["whole"]);
    t.false(flows.some((flow) => flow.crosses_gap));
  });
}

test("shaped-loss.tpp shows fast recoveries, a retransmission timeout and retransmissions", async (t) => {
  const rows = await query<{ type: string; ca_state: string | null; records: number }>(
    fixture("shaped-loss.tpp"),
    `SELECT type::VARCHAR AS type, ca_state::VARCHAR AS ca_state, count(*)::INTEGER AS records FROM trace
      WHERE type IN ('ca_state', 'retransmit') GROUP BY ALL`,
  );
  const count = (type: string, state: string | null) =>
    rows.find((row) => row.type === type && row.ca_state === state)?.records ?? 0;
  t.true(count("ca_state", "Recovery") >= 3);
  t.true(count("ca_state", "Loss") >= 1);
  t.true(count("retransmit", null) >= 5);
});
