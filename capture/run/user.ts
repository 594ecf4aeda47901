/** Looks up the user that a command runs as, in the system's user database. */
import { readFileSync } from "node:fs";
import { AsUserError } from "../errors.ts";
import { findProgram, runProgram } from "../system/programs.ts";

export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** The environment for that user's programs: with the user's home, without root's session. */
  readonly environment: NodeJS.ProcessEnv;
}

/** Variables of another user's session, or about the user who called sudo. */
const notPassedOn = /^(?:SUDO_|XDG_|DBUS_SESSION_|NODE_|MAIL$)/;
const timeoutMs = 5000;

/**
 * Finds a user by name or number. Throws an AsUserError if there is none, or if this process may not change its user.
 */
export async function findUser(wanted: string): Promise<User> {
  if (process.geteuid?.() !== 0) throw new AsUserError(wanted, "only root can run a command as somebody else");
  const fields = (await entryOf(wanted))?.split(":");
  const [name = "", , uid = "", gid = "", , home = "/", shell = "/bin/sh"] = fields ?? [];
  if (!/^\d+$/.test(uid) || !/^\d+$/.test(gid)) throw new AsUserError(wanted, "this system has no such user");
  const kept = Object.entries(process.env).filter(([key]) => !notPassedOn.test(key));
  const own = { HOME: home, USER: name, LOGNAME: name, SHELL: shell };
  return { name, uid: Number(uid), gid: Number(gid), environment: { ...Object.fromEntries(kept), ...own } };
}

/** The user's line in the form of passwd(5). */
async function entryOf(wanted: string): Promise<string | null> {
  const getent = findProgram("getent"); // also knows users that are not in /etc/passwd
  if (getent !== null) {
    const { status, stdout } = await runProgram(getent, ["passwd", "--", wanted], { timeoutMs });
    return status === 0 ? (stdout.toString().split("\n")[0] ?? null) : null;
  }
  const lines = readFileSync("/etc/passwd", "utf8").split("\n");
  return lines.find((line) => [line.split(":")[0], line.split(":")[2]].includes(wanted)) ?? null;
}
