// node capture/test/bench-bpf.ts [KERNEL...]: measures instructions that the source bpf adds: for a record in the
// kernel's path, for a record when it is read, and for a segment that its filter rejects. QEMU's -icount makes the
// guest's clock count instructions.
import { captureInGuest } from "../../test/support/guest.ts";

const rounds = 10_000;

for (const kernel of process.argv.length > 2 ? process.argv.slice(2) : ["6.1"]) {
  const evidence = await captureInGuest(kernel, {
    name: "bench-bpf",
    command: `sh guest-capture/bench-bpf.sh ${rounds}`,
    cpus: 1,
    accel: "tcg,thread=single",
    qemu: ["-icount", "shift=0,sleep=off"],
    memoryMiB: 3072,
    limit: 1200,
  });
  const linesOf = (file: string, what: string): number[][] =>
    evidence
      .text(`bench/${file}.txt`)
      .split("\n")
      .filter((text) => text.startsWith(`${what} `))
      .map((text) => text.split(" ").slice(1).map(Number));
  const numbers = (file: string, what: string): number[] => linesOf(file, what)[0] ?? [];
  const exchange = (file: string): number =>
    Math.min(...linesOf(file, "exchange").map(([spent]) => spent ?? Number.NaN));
  const base = Math.min(exchange("none"), exchange("none.again"));
  const [spent = 0, , count = 0] = numbers("bpf", "read");
  console.log(`${kernel}: ${rounds} exchanges of 1000 bytes both ways, instructions`);
  console.log(
    `  without            ${(base / rounds).toFixed(0)} per exchange (again: ${(exchange("none.again") / rounds).toFixed(0)})`,
  );
  console.log(
    `  bpf, all fields    ${((exchange("bpf") - base) / count).toFixed(0)} in the path, ${(spent / count).toFixed(0)} at reading, per record (${count})`,
  );
  // The number of segments that pass the hooks equals the number of records without a filter.
  console.log(`  bpf, all rejected  ${((exchange("rejected") - base) / count).toFixed(0)} per segment`);
  console.log(
    `  ${
      evidence
        .text("bench/bpf.txt")
        .split("\n")
        .find((text) => text.startsWith("lost")) ?? ""
    }`,
  );
}
