/** The user as whom a command runs, as the system's user database has it. */
import { readFileSync } from "node:fs";
import { AsUserError } from "../errors.ts";
import { findProgram, runProgram } from "../system/programs.ts";

export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** What a program of that user is to find: the user's own home, nothing of root's session. */
  readonly environment: NodeJS.ProcessEnv;
}

/** Of another user's session, or about who called sudo. */
const notPassedOn = /^(?:SUDO_|XDG_|DBUS_SESSION_|NODE_|MAIL$)/;
const timeoutMs = 5000;

/** By name or number. Throws an AsUserError where there is none, or where this process may not become another. */
export async function findUser(wanted: string): Promise<User> {
  if (process.geteuid?.() !== 0) throw new AsUserError(wanted, "only root can run a command as somebody else");
  const fields = (await entryOf(wanted))?.split(":");
  const [name = "", , uid = "", gid = "", , home = "/", shell = "/bin/sh"] = fields ?? [];
  if (!/^\d+$/.test(uid) || !/^\d+$/.test(gid)) throw new AsUserError(wanted, "this system has no such user");
  const kept = Object.entries(process.env).filter(([key]) => !notPassedOn.test(key));
  const own = { HOME: home, USER: name, LOGNAME: name, SHELL: shell };
  return { name, uid: Number(uid), gid: Number(gid), environment: { ...Object.fromEntries(kept), ...own } };
}

/** A line of passwd(5). */
async function entryOf(wanted: string): Promise<string | null> {
  const getent = findProgram("getent"); // knows users that are in no file
  if (getent !== null) {
    const { status, stdout } = await runProgram(getent, ["passwd", "--", wanted], { timeoutMs });
    return status === 0 ? (stdout.toString().split("\n")[0] ?? null) : null;
  }
  const lines = readFileSync("/etc/passwd", "utf8").split("\n");
  return lines.find((line) => [line.split(":")[0], line.split(":")[2]].includes(wanted)) ?? null;
}
