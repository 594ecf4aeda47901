// node kmod/test/bench.ts [KERNEL...]: instructions that the module adds per record, in the kernel's path and at
// reading, beside the tcp_probe tracepoint read as text, in the same guest. QEMU's -icount makes the clock count
// instructions, so the numbers are the same on a busy machine. It counts each step of a string instruction, so a copy
// to the reader by the byte.
import path from "node:path";
import { boot } from "./harness/boot.ts";
import { buildModule, buildPrograms, moduleFolder } from "./harness/build.ts";
import { kernelNamed } from "./harness/kernels.ts";
import { missingForGuests } from "./harness/needs.ts";
import { tree } from "./harness/tree.ts";

const missing = missingForGuests();
if (missing) throw new Error(missing);
const rounds = 10000;

for (const name of process.argv.length > 2 ? process.argv.slice(2) : ["6.1"]) {
  const made = await tree(kernelNamed(name));
  const { module } = await buildModule(made);
  const evidence = await boot(made, {
    name: "bench",
    files: [module, await buildPrograms(made), path.join(moduleFolder, "test/guest")],
    command: `sh guest/bench.sh ${rounds}`,
    cpus: 1,
    accel: "tcg,thread=single",
    qemu: ["-icount", "shift=0,sleep=off"],
    memoryMiB: 3072,
    limit: 900,
  });
  const all = (file: string, what: string): number[][] =>
    evidence
      .text(`bench/${file}.txt`)
      .split("\n")
      .filter((line) => line.startsWith(what))
      .map((line) => line.split(" ").slice(1).map(Number));
  const numbers = (file: string, what: string) => all(file, what)[0] ?? [];
  /** Of the runs under one condition the cheapest. */
  const exchange = (file: string) => Math.min(...all(file, "exchange").map(([spent]) => spent ?? Number.NaN));
  const base = Math.min(exchange("none"), exchange("none.again"));
  const recordBytes = (file: string) => Number(/^Binary: bytes (\d+)/m.exec(evidence.text(`bench/${file}.stat`))?.[1]);
  console.log(`Linux ${made.release}: ${rounds} exchanges of 1000 bytes both ways, instructions`);
  console.log(
    `  no module            ${(base / rounds).toFixed(0)} per exchange (again: ${(exchange("none.again") / rounds).toFixed(0)})`,
  );
  console.log(`  module, no reader    ${((exchange("closed") - base) / rounds).toFixed(0)} more per exchange`);
  console.log("                         records  in the kernel's path     reading   together   (per record)");
  for (const [file, title] of [
    ["tracepoint", "tcp_probe tracepoint"],
    ["module", "module, 30 fields"],
    ["extended", "module, extended"],
    ["binary", "binary, 30 fields"],
    ["binary-extended", "binary, extended"],
  ] as const) {
    const [spent = 0, bytes = 0, lines = 0] = numbers(file, "read");
    // Only text has lines.
    const records = file.startsWith("binary") ? bytes / recordBytes(file) : lines;
    const count = records / all(file, "exchange").length;
    const hook = (exchange(file) - base) / count;
    const read = spent / records;
    console.log(
      `  ${title.padEnd(20)} ${count.toFixed(0).padStart(9)} ${hook.toFixed(0).padStart(21)} ${read.toFixed(0).padStart(11)} ${(hook + read).toFixed(0).padStart(10)}`,
    );
  }
  console.log(`  module, probetime=1000: ${((exchange("probetime") - base) / rounds).toFixed(0)} more per exchange`);
}
