/**
 * In a guest of each chosen kernel (TPP_KERNELS), module and BPF side by side. Times counted in jiffies may differ by
 * what an emulated CPU does not run between the one's look and the other's.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { nstat } from "../../../kmod/test/checks/witness.ts";
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
    await special(t, name, evidence);
  });
}

/** Data came with the SYN, and an MPTCP connection had two subflows, each with records of its own. */
async function special(t: ExecutionContext, kernel: string, evidence: Evidence): Promise<void> {
  const [a, b] = ["a", "b"].map((end) => nstat(evidence.text(`bpf/nstat.${end}`)));
  t.is(a!.TcpExtTCPFastOpenActive, 2, "fast open, sent");
  t.is(b!.TcpExtTCPFastOpenPassive, 2, "fast open, received");
  const hasMptcp = kernel !== "5.10"; // Debian's is built without it
  t.is(existsSync(join(evidence.folder, "bpf/no-mptcp")), !hasMptcp);
  if (!hasMptcp) return;
  t.is(b!.MPTcpExtMPJoinAckRx, 1, "subflows that joined");
  const { text, columns } = await linesOf(join(evidence.folder, "bpf/bpf.tpp"));
  const [from, to, length] = ["saddr", "dport", "length"].map((name) => columns.indexOf(name));
  const bytes = { "10.0.1.1": 0, "10.0.1.3": 0 };
  for (const line of text.trimEnd().split("\n")) {
    const fields = line.split(" ");
    if (fields[0] === "1" && fields[to!] === "5006")
      bytes[fields[from!] as keyof typeof bytes] += Number(fields[length!]);
  }
  t.log(`MPTCP: ${bytes["10.0.1.1"]} and ${bytes["10.0.1.3"]} bytes sent by its subflows`);
  t.true(bytes["10.0.1.1"] + bytes["10.0.1.3"] >= 400_000);
  t.true(Math.min(...Object.values(bytes)) > 0);
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

for (const [mode, title] of [
  ["records", "the module's records in binary are those of BPF, too, whose twins its lines are"],
  ["plain", "so are the short ones, without the extended fields"],
] as const) {
  if (missing !== null && process.env.CI !== "true") {
    test.skip(`${title} (${missing})`, () => {});
    continue;
  }
  test.serial(title, async (t) => {
    t.timeout(30 * 60 * 1000);
    const { name } = chosenKernels()[0]!;
    const command = `sh guest-capture/bpf.sh ${mode}`;
    const evidence = await captureInGuest(name, { name: "bpf", command, limit: 1500 });
    const { header, lost, text, columns } = await linesOf(join(evidence.folder, "bpf/kmod.tpp"));
    t.deepEqual([header.source, header.text, lost], ["kmod", "records", {}]);
    t.is(columns.includes("rcv_wnd"), mode === "records");
    await compare(t, name, evidence, { text, fields: columns, zeroNs: BigInt(header.clock.monotonic_ns) });
  });
}

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
