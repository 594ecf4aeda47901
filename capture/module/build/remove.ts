/** Removes the module from the kernel, which can take a while. */

import { findProgram, runProgram } from "../../system/programs.ts";
import { ModuleRemoveError, NoKmodToolsError } from "../errors.ts";

/** Time until the first message that it is waiting, and the interval of further ones. */
const quietS = 2;
const remindS = 10;

/** Throws a ModuleRemoveError. Calls `say` regularly while it waits. */
export async function removeModule(say: (line: string) => void): Promise<{ readonly seconds: number }> {
  const program = findProgram("rmmod");
  if (program === null) throw new NoKmodToolsError("rmmod");
  const began = performance.now();
  const seconds = (): number => (performance.now() - began) / 1000;
  let reminder: NodeJS.Timeout | undefined;
  const first = setTimeout(() => {
    say(
      "waiting for the kernel: every task must have left the traced functions once, which takes long on a busy machine",
    );
    reminder = setInterval(() => say(`still waiting (${Math.round(seconds())} s)`), remindS * 1000);
  }, quietS * 1000);
  try {
    const { status, stderr } = await runProgram(program, ["tcpprobe_plus"]);
    if (status === 0 || /not currently loaded/i.test(stderr)) return { seconds: seconds() };
    throw new ModuleRemoveError((stderr.trim().split("\n").at(-1) ?? "").replace(/^rmmod: ERROR: /, ""));
  } finally {
    clearTimeout(first);
    clearInterval(reminder);
  }
}
