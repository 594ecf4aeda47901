/**
 * The packs on every recording of a real kernel: none is broken, and what its source can tell holds. How many rules of
 * each pack hold, are broken and cannot be told: rfc6298, rfc5681, cubic, bbr.
 */
import test from "ava";
import { analyze, fixture } from "../../../test/support/analyze.ts";
import type { RuleOutcome, Verdict } from "../../packs/hold.ts";
import { packNames } from "../../packs/names.ts";

const recordings: readonly (readonly [string, string])[] = [
  ["causes/tracefs-cause-application", "0 0 7, 1 0 4, 0 0 6, 0 0 6"],
  ["causes/tracefs-cause-blackout", "1 0 6, 1 0 4, 0 0 6, 0 0 6"],
  ["causes/tracefs-cause-cwnd", "0 0 7, 1 0 4, 0 0 6, 0 0 6"],
  ["causes/tracefs-cause-loss", "0 0 7, 1 0 4, 1 0 5, 0 0 6"],
  ["causes/tracefs-cause-receiver", "0 0 7, 1 0 4, 0 0 6, 0 0 6"],
  ["causes/tracefs-validation-application", "0 0 7, 1 0 4, 0 0 6, 0 0 6"],
  ["causes/tracefs-validation-blackout", "1 0 6, 1 0 4, 0 0 6, 0 0 6"],
  ["causes/tracefs-validation-cwnd", "0 0 7, 1 0 4, 0 0 6, 0 0 6"],
  ["causes/tracefs-validation-loss", "0 0 7, 2 0 3, 1 0 5, 0 0 6"],
  ["causes/tracefs-validation-receiver", "0 0 7, 1 0 4, 0 0 6, 0 0 6"],
  ["cubic-bbr", "0 0 7, 1 0 4, 1 0 5, 0 0 6"],
  ["kmod-bbr-extended", "4 0 3, 1 0 4, 0 0 6, 5 0 1"],
  ["kmod-bbr", "4 0 3, 1 0 4, 0 0 6, 0 0 6"],
  ["kmod-ipv6", "4 0 3, 2 0 3, 2 0 4, 0 0 6"],
  ["kmod-loss-extended", "4 0 3, 3 0 2, 5 0 1, 0 0 6"],
  ["kmod-loss", "4 0 3, 2 0 3, 1 0 5, 0 0 6"],
  ["kmod-overflow-extended", "0 0 7, 0 0 5, 0 0 6, 0 0 6"],
  ["kmod-rto-chain-extended", "7 0 0, 4 0 1, 2 0 4, 0 0 6"],
  ["kmod-rto-chain", "7 0 0, 3 0 2, 0 0 6, 0 0 6"],
  ["kmod-zero-window-extended", "4 0 3, 1 0 4, 0 0 6, 0 0 6"],
  ["loopback", "0 0 7, 1 0 4, 0 0 6, 0 0 6"],
  ["numbers/bbr-cubic.ss", "2 0 5, 0 0 5, 0 0 6, 1 0 5"],
  ["numbers/bbr-cubic.tracefs", "0 0 7, 1 0 4, 1 0 5, 0 0 6"],
  ["numbers/blackout.ss", "2 0 5, 0 0 5, 0 0 6, 0 0 6"],
  ["numbers/blackout.tracefs", "1 0 6, 1 0 4, 0 0 6, 0 0 6"],
  ["numbers/ecn.tracefs", "0 0 7, 2 0 3, 2 0 4, 0 0 6"],
  ["numbers/late-attach.ss", "2 0 5, 0 0 5, 0 0 6, 0 0 6"],
  ["numbers/loss-2-percent.ss", "2 0 5, 0 0 5, 0 0 6, 0 0 6"],
  ["numbers/loss-2-percent.tracefs", "0 0 7, 1 0 4, 1 0 5, 0 0 6"],
  ["numbers/starved.tracefs", "0 0 7, 1 0 4, 1 0 5, 0 0 6"],
  ["same-transfer/kmod", "4 0 3, 3 0 2, 5 0 1, 0 0 6"],
  ["same-transfer/ss", "2 0 5, 0 0 5, 0 0 6, 0 0 6"],
  ["same-transfer/tracefs", "0 0 7, 2 0 3, 1 0 5, 0 0 6"],
  ["shaped-loss", "0 0 7, 1 0 4, 1 0 5, 0 0 6"],
  ["side-by-side/binary/bpf", "7 0 0, 4 0 1, 6 0 0, 5 0 1"],
  ["side-by-side/binary/kmod", "7 0 0, 4 0 1, 6 0 0, 5 0 1"],
  ["side-by-side/bpf", "7 0 0, 4 0 1, 6 0 0, 6 0 0"],
  ["ss-loss", "2 0 5, 0 0 5, 0 0 6, 0 0 6"],
  ["ecn/bbr.bpf", "3 0 4, 1 0 4, 0 0 6, 5 0 1"],
  ["ecn/cubic.bpf", "3 0 4, 2 0 3, 5 0 1, 0 0 6"],
  ["ecn/reno.bpf", "3 0 4, 3 0 2, 0 0 6, 0 0 6"],
  ["rotated.0001", "0 0 7, 2 0 3, 0 0 6, 0 0 6"],
];

for (const [name, expected] of recordings)
  test(`rules on a real kernel: ${name}`, async (t) => {
    const packs = packNames.flatMap((pack) => ["--pack", pack]);
    const { code, out, err } = await analyze("check", fixture(name), ...packs, "--json");
    t.is(code, 3, err);
    const rules = JSON.parse(out) as RuleOutcome[];
    const counts = packNames.map((pack) => {
      const own = rules.filter((rule) => rule.pack === pack);
      const count = (verdict: Verdict) => own.filter((rule) => rule.verdict === verdict).length;
      return `${count("holds")} ${count("broken")} ${count("cannot tell")}`;
    });
    t.is(counts.join(", "), expected);
    for (const { verdict, why, evidence } of rules) {
      t.is(why === null, verdict === "holds");
      if (verdict === "holds") t.true(evidence.some(({ holds }) => holds > 0));
    }
  });
