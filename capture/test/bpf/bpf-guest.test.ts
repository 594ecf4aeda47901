/**
 * In a guest of each chosen kernel (TPP_KERNELS), module and BPF side by side. Times counted in jiffies may differ by
 * what an emulated CPU does not run between the one's look and the other's.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { type Evidence, splatsIn } from "../../../kmod/test/harness/boot.ts";
import { chosenKernels } from "../../../kmod/test/harness/kernels.ts";
import { missingForGuests } from "../../../kmod/test/harness/needs.ts";
import { bpfWitness } from "../../../test/support/bpf-witness.ts";
import { captureInGuest } from "../../../test/support/guest.ts";
import { linesOf, sideBySide } from "../../../test/support/side-by-side.ts";

const missing = missingForGuests();
const clocked = ["busy_us", "rwnd_limited_us", "sndbuf_limited_us"];

for (const { name } of chosenKernels()) {
  const title = `Linux ${name}: each record of the module has its twin in BPF, equal in every field`;
  if (missing !== null && process.env.CI !== "true") {
    test.skip(`${title} (${missing})`, () => {});
    continue;
  }
  test.serial(title, async (t) => {
    t.timeout(30 * 60 * 1000);
    const evidence = await captureInGuest(name, { name: "bpf", command: "sh guest-capture/bpf.sh text", limit: 1500 });
    const statistics = evidence.text("bpf/stat.open");
    const [, fields = ""] = /^Fields: (.*)$/m.exec(statistics) ?? [];
    const [, zeroNs = "0"] = /monotonic_ns (\d+)/.exec(statistics) ?? [];
    const text = readFileSync(join(evidence.folder, "bpf/probe.txt"), "latin1");
    const skipped = await compare(t, name, evidence, { text, fields: fields.split(" "), zeroNs: BigInt(zeroNs) });
    await witnessed(t, evidence, skipped);
  });
}

/** Sends and receives are those of tcpdump, retransmissions and timeouts those of nstat. */
async function witnessed(t: ExecutionContext, evidence: Evidence, skipped: number): Promise<void> {
  const { wire, retransmissions, timeouts } = await bpfWitness(evidence);
  t.log(
    `tcpdump: ${wire.a.compared} segments at the sender, ${wire.b.compared} at the receiver; retransmissions ${retransmissions.join(" and nstat ")}, timeouts ${timeouts.join(" and nstat ")}`,
  );
  for (const { compared, problems } of [wire.a, wire.b]) {
    t.true(compared > 1000, `${compared} compared`);
    t.true(problems.length <= skipped, problems.join("\n"));
  }
  t.true(Math.abs(retransmissions[0] - retransmissions[1]) <= skipped, retransmissions.join(", "));
  t.true(Math.abs(timeouts[0] - timeouts[1]) <= skipped, timeouts.join(", "));
  t.true(retransmissions[1] > 10 && timeouts[1] >= 3);
}

const records = "the module's records in binary are those of BPF, too, whose twins its lines are";
if (missing !== null && process.env.CI !== "true") test.skip(`${records} (${missing})`, () => {});
else
  test.serial(records, async (t) => {
    t.timeout(30 * 60 * 1000);
    const { name } = chosenKernels()[0]!;
    const evidence = await captureInGuest(name, {
      name: "bpf",
      command: "sh guest-capture/bpf.sh records",
      limit: 1500,
    });
    const { header, lost, text, columns } = await linesOf(join(evidence.folder, "bpf/kmod.tpp"));
    t.deepEqual([header.source, header.text, lost], ["kmod", "records", {}]);
    await compare(t, name, evidence, { text, fields: columns, zeroNs: BigInt(header.clock.monotonic_ns) });
  });

async function compare(
  t: ExecutionContext,
  kernel: string,
  evidence: Evidence,
  module: Parameters<typeof sideBySide>[1],
): Promise<number> {
  t.is(evidence.status, 0);
  const { lost, pairs, onlyModule, onlyBpf, differing, header } = await sideBySide(
    join(evidence.folder, "bpf/bpf.tpp"),
    module,
  );
  t.log(`${pairs} pairs, skipped by the kernel ${lost.hooks ?? 0}`, differing);
  t.true(pairs > 3000);
  t.true(onlyModule.length <= (lost.hooks ?? 0), onlyModule.join("\n"));
  t.deepEqual(onlyBpf, []);
  // Before 5.11 modules do not describe their types, so BBR's own state is not known there.
  const allowed = [...clocked, ...(kernel === "5.10" ? ["cong_state"] : [])];
  t.deepEqual(
    Object.keys(differing).filter((field) => !allowed.includes(field)),
    [],
  );
  for (const field of clocked) t.true((differing[field]?.count ?? 0) < pairs / 100, field);
  t.deepEqual(Object.keys(header.bpf!.refused), []);
  t.deepEqual(splatsIn(evidence.dmesg), []);
  return lost.hooks ?? 0;
}
