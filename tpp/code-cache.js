/**
 * Lets Node cache compiled code, which makes commands start several times faster. Cached code is run without further
 * checks, so the cache must be in a folder that only this user and root can write to. Node's default, the temporary
 * directory, is never used. This file is plain JavaScript, because stripping types is the most expensive part of a
 * start.
 */
import { lstatSync, mkdirSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { homedir } from "node:os";
import { dirname, resolve } from "node:path";

const othersWrite = 0o022;
const sticky = 0o1000;

/** sudo may keep another user's HOME, where others than root can write. Root then uses a folder of its own. */
function foldersOf(uid) {
  const own = resolve(process.env.XDG_CACHE_HOME || `${homedir()}/.cache`, "tcpprobe_plus/code");
  return uid === 0 ? [own, "/var/cache/tcpprobe_plus/code"] : [own];
}

/** Whether only the user and root can change what the path refers to. If it does not exist, its parents are checked. */
function isPrivate(path, uid, isOurs = true) {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found) return isPrivate(dirname(path), uid, false);
  if (!found.isDirectory() || (found.uid !== uid && (isOurs || found.uid !== 0))) return false;
  // A parent folder may be writable by everybody if it is sticky, as /tmp is.
  if (found.mode & othersWrite && (isOurs || !(found.mode & sticky))) return false;
  return dirname(path) === path || isPrivate(dirname(path), uid, false);
}

/** Turns the cache on. If that is not possible, the command starts without it. */
export function keepCode() {
  const uid = process.geteuid?.();
  if (uid === undefined) return;
  try {
    const folder = foldersOf(uid).find((one) => isPrivate(one, uid));
    if (folder === undefined) return;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (isPrivate(folder, uid)) enableCompileCache(folder);
  } catch {
    // For example, the home directory is not writable.
  }
}
