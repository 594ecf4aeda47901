/**
 * node bench-bpf.js PORT OUT COMMAND...: attaches the hooks and runs COMMAND, three times. The rings hold all records
 * and are read afterwards. Times are those of the guest's clock, which counts instructions under QEMU's -icount. Writes
 * the output of COMMAND and "read NS BYTES RECORDS" for one run.
 * PORT: the port that passes the filter, 0 for all.
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
// Other work of this process's threads falls into one of the runs only.
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
