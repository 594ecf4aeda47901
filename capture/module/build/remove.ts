/** Takes the module out of the kernel, which may take its time. */

import { findProgram, runProgram } from "../../system/programs.ts";
import { ModuleRemoveError, NoKmodToolsError } from "../errors.ts";

/** When it is first said that it waits, and how often again. */
const quietS = 2;
const remindS = 10;

/** Throws a ModuleRemoveError. Says every now and then that it still waits. */
export async function removeModule(say: (line: string) => void): Promise<{ readonly seconds: number }> {
  const program = findProgram("rmmod");
  if (program === null) throw new NoKmodToolsError("rmmod");
  const began = performance.now();
  const seconds = (): number => (performance.now() - began) / 1000;
  let reminder: NodeJS.Timeout | undefined;
  const first = setTimeout(() => {
    say(
      "waiting for the kernel to let go: every task must once have left the traced functions, which takes long on a busy machine",
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
