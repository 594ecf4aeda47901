/**
 * node test/oracles/save-evidence.ts: makes evidence/ again, short runs in a booted guest that `npm test` compares.
 * What is in it: capture.tpp (one capture of all runs), ss.txt and clock.txt likewise, and of each run what the other
 * witnesses left: sender.pcap.gz (tcpdump, 96 bytes a frame), nstat before and after, iperf3's report.
 */
import { join } from "node:path";
import { runInGuest } from "./guest.ts";

await runInGuest(
  ["loss", "receiver-limited", "application-limited", "blackout"],
  ["cubic"],
  join(import.meta.dirname, "evidence"),
  4,
);
