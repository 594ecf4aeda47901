// node capture/test/bench-sources.ts [KERNEL...]: what a record costs from the module, from the tracepoint and from
// bpf, in instructions: the module's own bench, then that of bpf, in guests of the same kernels.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

for (const bench of ["../../kmod/test/bench.ts", "bench-bpf.ts"]) {
  const path = fileURLToPath(new URL(bench, import.meta.url));
  const { status } = spawnSync(process.execPath, [path, ...process.argv.slice(2)], { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
