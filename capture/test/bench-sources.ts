// node capture/test/bench-sources.ts [KERNEL...]: measures the cost of a record from the module, the tracepoint and
// bpf, in instructions. It runs the module's own bench, then that of bpf, in guests with the same kernels.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

for (const bench of ["../../kmod/test/bench.ts", "bench-bpf.ts"]) {
  const path = fileURLToPath(new URL(bench, import.meta.url));
  const { status } = spawnSync(process.execPath, [path, ...process.argv.slice(2)], { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
