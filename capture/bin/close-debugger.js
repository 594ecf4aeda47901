/**
 * Closes a debugger that SIGUSR1 has opened while Node itself was starting; not one that was asked for. It listens on a
 * socket. One signal asks for it twice, from the event loop too: so it is looked for once more behind a turn of that.
 * (With --disable-sigusr1 there would be none, but Node.js 24 hands the signal to nobody then.)
 */
import { readdirSync, readlinkSync } from "node:fs";

export async function closeDebugger() {
  if ([...process.execArgv, process.env.NODE_OPTIONS ?? ""].join(" ").includes("--inspect")) return;
  for (let quietTurns = 0; quietTurns < 2; quietTurns += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    if (!hasSocket()) continue;
    const inspector = await import("node:inspector");
    if (inspector.url() === undefined) return; // a socket of who started this
    inspector.close();
    quietTurns = -1;
  }
}

function hasSocket() {
  return readdirSync("/proc/self/fd").some((fd) => {
    try {
      return Number(fd) > 2 && readlinkSync(`/proc/self/fd/${fd}`).startsWith("socket:");
    } catch {
      return false;
    }
  });
}
