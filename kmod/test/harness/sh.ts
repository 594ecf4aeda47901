// Runs host commands; a failing one throws with its last output.
import { spawn, spawnSync } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";

export class CommandError extends Error {
  constructor(command: string, status: number | null, tail: string) {
    super(`${command}: exit ${status ?? "by signal"}\n${tail}`);
    this.name = "CommandError";
  }
}

const tailOf = (text: string) => text.split("\n").slice(-40).join("\n");

/** Runs one command to its end and returns its standard output. */
export function sh(command: string, args: string[], options: { cwd?: string } = {}): string {
  const r = spawnSync(command, args, { encoding: "utf8", maxBuffer: 1 << 28, ...options });
  if (r.error) throw r.error;
  if (r.status !== 0) {
    throw new CommandError([command, ...args].join(" "), r.status, tailOf(r.stdout + r.stderr));
  }
  return r.stdout;
}

/** Is this program on the PATH (or in the system folders that a user's PATH may lack)? */
export function has(program: string): boolean {
  const path = `${process.env.PATH}:/usr/sbin:/sbin`;
  return (
    spawnSync("sh", ["-c", 'command -v "$1"', "sh", program], {
      env: { ...process.env, PATH: path },
    }).status === 0
  );
}

/** Text that a command's output must have some seconds after its start; the limit counts from then on. */
export type FirstWords = { text: string; seconds: number };

/** The first words did not come: the command was ended, or ended by itself. */
export class NoFirstWordsError extends CommandError {
  constructor(command: string, words: FirstWords, tail: string) {
    super(`${command}: no "${words.text}" within ${words.seconds} s`, null, tail);
    this.name = "NoFirstWordsError";
  }
}

/** Runs a long command in the background, its output in a file; ends it after `limit` seconds. */
export function logged(
  command: string,
  args: string[],
  logFile: string,
  limit: number,
  words?: FirstWords,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const log = openSync(logFile, "w");
    const child = spawn(command, args, { stdio: ["ignore", log, log] });
    closeSync(log);
    let late = false;
    let silent = false;
    const began = Date.now();
    const giveUpLate = () => {
      late = true;
      child.kill("SIGKILL");
    };
    let timer = setTimeout(giveUpLate, limit * 1000 + (words?.seconds ?? 0) * 1000);
    const listen = setInterval(() => {
      if (!words || readFileSync(logFile, "latin1").includes(words.text)) {
        clearInterval(listen);
        clearTimeout(timer);
        timer = setTimeout(giveUpLate, limit * 1000);
      } else if (Date.now() - began > words.seconds * 1000) {
        silent = true;
        child.kill("SIGKILL");
      }
    }, 500);
    const giveUp = () => child.kill("SIGKILL");
    process.once("exit", giveUp);
    child.on("error", reject);
    child.on("close", (status) => {
      clearTimeout(timer);
      clearInterval(listen);
      process.off("exit", giveUp);
      const output = readFileSync(logFile, "utf8");
      const tail = tailOf(output);
      if (words && (silent || !output.includes(words.text)))
        return reject(new NoFirstWordsError(`${command} (log: ${logFile})`, words, tail));
      if (status === 0) return resolve(0);
      const why = late ? `not done after ${limit} s\n` : "";
      reject(new CommandError(`${command} (log: ${logFile})`, status, why + tail));
    });
  });
}
