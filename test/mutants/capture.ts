/**
 * Faults in capture: settings, sets, the ring's losses, the end. Those of the module and its source want a booted guest
 * and are not here.
 */
import { type Mutant, suite } from "./mutant.ts";

const edges = suite("capture/test/command-line/edges");

export const captureMutants: readonly Mutant[] = [
  {
    id: "C01",
    fault: "settings: nothing is put back when the kernel refuses a later one",
    file: "capture/module/settings.ts",
    find: "    putBack();\n    throw error;",
    replace: "    throw error;",
    suites: edges,
    by: "settings changed before*",
  },
  {
    id: "C05",
    fault: "finish: what was left in the ring after a second signal is not counted",
    file: "capture/run/finish.ts",
    find: "const isLeft = stop.urgent || error !== undefined ||",
    replace: "const isLeft = error !== undefined ||",
    suites: suite("capture/test/run/faults"),
  },
  {
    id: "C06",
    fault: "output: what belongs into the next file is not copied out of the buffer that the old one may use again",
    file: "capture/run/output.ts",
    find: "Buffer.from(text.subarray(cut))",
    replace: "text.subarray(cut)",
    suites: suite("capture/test/run/set"),
    equivalent: "the old writer does not touch that memory once it is closed",
  },
  {
    id: "C07",
    fault: "output: a rotated file counts with what it held before it was closed",
    file: "capture/run/output.ts",
    find: "        this.#earlier[index] = totals;\n",
    replace: "",
    suites: edges,
    by: "the totals of a set*",
  },
  {
    id: "C08",
    fault: "tracefs: events that could not be committed or were dropped are no losses",
    file: "capture/tracefs/trace-instance.ts",
    find: `value("overrun") + value("commit overrun") + value("dropped events")`,
    replace: `value("overrun")`,
    suites: edges,
    by: "what a ring has lost*",
  },
  {
    id: "C09",
    fault: "ss: a file of a set begins with the line feed of the last poll",
    file: "capture/sources/ss.ts",
    find: "text.indexOf(pollMarkAfterLine) + 1 || -1",
    replace: "text.indexOf(pollMarkAfterLine)",
    suites: edges,
    by: "ss: the next file*",
  },
  {
    id: "C10",
    fault: "ss: an answer that comes after the halt is taken",
    file: "capture/sources/ss.ts",
    find: "      if (this.#halted) return;\n",
    replace: "",
    suites: suite("capture/test/sources/ss-edges"),
    by: "what a poll answers*",
  },
  {
    id: "C11",
    fault: "record: a source that cannot be halted is drained for ever",
    file: "capture/run/record.ts",
    find: "(!more || performance.now() > drainUntil)",
    replace: "!more",
    suites: edges,
    by: "a source that never runs dry*",
  },
  {
    id: "C14",
    fault: "settings: a process that has the number of a killed run is taken for it",
    file: "capture/system/process.ts",
    find: "return processStart(Number(pid)) === start ?",
    replace: "return processStart(Number(pid)) !== null ?",
    suites: suite("capture/test/module/settings"),
  },
  {
    id: "C15",
    fault: "tracefs: what the text says is lost is counted again at the end",
    file: "capture/sources/tracefs.ts",
    find: "Math.max(lost, this.#lost.events)",
    replace: "lost + this.#lost.events",
    suites: suite("capture/test/run/live"),
  },
  {
    id: "C16",
    fault: "record: an output that has failed does not end the capture",
    file: "capture/run/record.ts",
    find: "    if (output.failure) throw output.failure;\n",
    replace: "",
    suites: suite("capture/test/run/faults"),
  },
  {
    id: "C17",
    fault: "output: a setting that was changed meanwhile is not in the next file's header",
    file: "capture/run/output.ts",
    find: "    if (moduleSysctl) this.#moduleSysctl = moduleSysctl;\n",
    replace: "",
    suites: edges,
    by: "a setting that was changed*",
  },
];
