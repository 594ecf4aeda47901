/**
 * node bench-bpf.js PORT OUT COMMAND...: hooks attached while COMMAND runs, three times, rings big enough for all of it
 * and read afterwards, by the guest's clock, which under QEMU's -icount counts instructions. Writes what
 * COMMAND printed and "read NS BYTES RECORDS" of one run.
 * PORT: what is let through; 0 for all.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { everything, onePort } from "../../filter/filter.ts";
import { openBpf } from "../../sources/bpf.ts";

const [port = "0", out = "", program = "", ...args] = process.argv.slice(2);
const source = await openBpf({
  filter: Number(port) > 0 ? onePort(Number(port)) : everything,
  bufferSizeKb: 64 * 1024,
  extended: true,
});
const runs = 3;
source.start();
// Whatever else this process's threads do meanwhile, they do once.
const printed = Array.from({ length: runs }, () => execFileSync(program, args, { encoding: "utf8" })).join("");
source.halt();
const space = Buffer.alloc(64 * 1024 * 1024);
let bytes = 0;
const begin = process.hrtime.bigint();
for (;;) {
  const got = source.read(space.subarray(bytes));
  if (got === "ended" || got === 0) break;
  bytes += got;
}
const ns = process.hrtime.bigint() - begin;
const { lost } = source.finish(0);
writeFileSync(
  out,
  `${printed}read ${ns / BigInt(runs)} ${bytes} ${bytes / source.records!.bytes / runs}\nlost ${JSON.stringify(lost)}\n`,
);
await source.dispose();
