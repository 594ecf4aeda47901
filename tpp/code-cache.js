/**
 * Lets Node keep the code that it has compiled, which makes the start of a command several times as quick. What it
 * keeps is run as it is the next time. So it lies where nobody but this user and root can write: never in the temporary
 * directory, where Node would put it by itself. This is plain JavaScript: taking types off is what costs most.
 */
import { lstatSync, mkdirSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { homedir } from "node:os";
import { dirname, resolve } from "node:path";

const othersWrite = 0o022;
const sticky = 0o1000;

/** sudo may keep another user's HOME, which is not root's alone: then root has a folder of its own. */
function foldersOf(uid) {
  const own = resolve(process.env.XDG_CACHE_HOME || `${homedir()}/.cache`, "tcpprobe_plus/code");
  return uid === 0 ? [own, "/var/cache/tcpprobe_plus/code"] : [own];
}

/** Whether only the user and root can change what the path leads to; of what is not there yet, what is above it. */
function isPrivate(path, uid, isOurs = true) {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found) return isPrivate(dirname(path), uid, false);
  if (!found.isDirectory() || (found.uid !== uid && (isOurs || found.uid !== 0))) return false;
  // A folder above may be everybody's if it is sticky, as /tmp is.
  if (found.mode & othersWrite && (isOurs || !(found.mode & sticky))) return false;
  return dirname(path) === path || isPrivate(dirname(path), uid, false);
}

/** Where it cannot be kept, the command starts as it is. */
export function keepCode() {
  const uid = process.geteuid?.();
  if (uid === undefined) return;
  try {
    const folder = foldersOf(uid).find((one) => isPrivate(one, uid));
    if (folder === undefined) return;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (isPrivate(folder, uid)) enableCompileCache(folder);
  } catch {
    // A home that cannot be written to, say.
  }
}
