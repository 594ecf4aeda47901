// node kmod/test/wrong-constants.ts [OUT] — records kernels in which a constant of a congestion control is wrong, and
// the same without a change, for the packs of `analyze check`: in a booted guest (6.1, guest/wrong-constants.sh).
import path from "node:path";
import { boot } from "./harness/boot.ts";
import { buildModule, buildPrograms, buildTestModule, moduleFolder } from "./harness/build.ts";
import { buildChanged, type Change } from "./harness/changed.ts";
import { kernelNamed } from "./harness/kernels.ts";
import { saveRecordings } from "./harness/recordings.ts";
import { tree } from "./harness/tree.ts";

const changes: readonly Change[] = [
  { name: "cubic_as_is", file: "tcp_cubic.c", constant: null },
  { name: "cubic_beta", file: "tcp_cubic.c", constant: ["beta __read_mostly = 717;", "beta __read_mostly = 819;"] },
  {
    name: "cubic_c",
    file: "tcp_cubic.c",
    constant: ["bic_scale __read_mostly = 41;", "bic_scale __read_mostly = 82;"],
  },
  { name: "bbr_as_is", file: "tcp_bbr.c", constant: null },
  { name: "bbr_high_gain", file: "tcp_bbr.c", constant: ["BBR_UNIT * 2885 / 1000 + 1", "BBR_UNIT * 2000 / 1000 + 1"] },
  { name: "bbr_cycle", file: "tcp_bbr.c", constant: ["BBR_UNIT * 5 / 4,", "BBR_UNIT * 3 / 2,"] },
];

const [out = path.join(moduleFolder, "../test/fixtures/wrong-constants/kmod-raw")] = process.argv.slice(2);
const made = await tree(kernelNamed("6.1"));
const modules = [(await buildModule(made)).module, (await buildTestModule(made, "unregister")).module];
for (const change of changes) modules.push((await buildChanged(made, change)).module);
const evidence = await boot(made, {
  name: "wrong-constants",
  files: [...modules, await buildPrograms(made), path.join(moduleFolder, "test/guest")],
  command: "sh guest/wrong-constants.sh",
  limit: 900,
});
if (evidence.status !== 0) throw new Error(`the guest's script failed\n${evidence.text("run.log")}`);
saveRecordings(evidence, out);
