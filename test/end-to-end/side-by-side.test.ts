/**
 * Module and BPF on the same traffic: loss, reordering, IPv6, BBR, a cut path, a closed window, resets, a port used
 * again.
 */
import { readFileSync } from "node:fs";
import { zstdDecompressSync } from "node:zlib";
import test from "ava";
import { fixtureFile } from "../support/captures.ts";
import { linesOf, sideBySide } from "../support/side-by-side.ts";

const fixture = (name: string): string => fixtureFile(`side-by-side/${name}`);

test("each record of BPF is the module's in every field: recorded on Linux 6.12", async (t) => {
  const { fields, zero_ns } = JSON.parse(readFileSync(fixture("kmod.json"), "utf8")) as {
    fields: string[];
    zero_ns: string;
  };
  const text = zstdDecompressSync(readFileSync(fixture("kmod.txt.zst"))).toString("latin1");
  const { lost, pairs, onlyModule, onlyBpf, differing } = await sideBySide(fixture("bpf.tpp"), {
    text,
    fields,
    zeroNs: BigInt(zero_ns),
  });
  t.true(pairs > 4000, `${pairs} pairs`);
  // Runs that the kernel skipped are counted, and each is at most one record.
  t.true(onlyModule.length <= (lost.hooks ?? 0), onlyModule.join("\n"));
  t.deepEqual(onlyBpf, []);
  // A time counted in jiffies goes on between the one's look and the other's, by more than a tick where the emulator
  // held a CPU up.
  t.deepEqual(Object.keys(differing), ["busy_us"]);
  t.true(differing.busy_us!.count < 10);
});

test("each record of the module's binary file is BPF's in every field, too: recorded on Linux 6.1", async (t) => {
  const { header, lost, text, columns } = await linesOf(fixture("binary/kmod.tpp"));
  t.deepEqual([header.source, header.text, header.records!.sequence, lost], ["kmod", "records", "relative", {}]);
  const { pairs, onlyModule, onlyBpf, differing } = await sideBySide(fixture("binary/bpf.tpp"), {
    text,
    fields: columns,
    zeroNs: BigInt(header.clock.monotonic_ns),
  });
  t.true(pairs > 4000, `${pairs} pairs`);
  t.deepEqual([onlyModule, onlyBpf], [[], []]);
  t.deepEqual(Object.keys(differing).sort(), ["busy_us", "rwnd_limited_us"]);
  t.true(Object.values(differing).every(({ count }) => count < 10));
});
