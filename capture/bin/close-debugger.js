/**
 * Closes a debugger that SIGUSR1 opened while Node itself was starting, but not one that the user asked for. An open
 * debugger is recognized by its listening socket. One signal requests it twice, the second time from the event loop, so
 * another turn of the event loop is awaited before the last check. (With --disable-sigusr1 no debugger would open, but
 * Node.js 24 then does not deliver the signal to our handler either.)
 */
import { readdirSync, readlinkSync } from "node:fs";

export async function closeDebugger() {
  if ([...process.execArgv, process.env.NODE_OPTIONS ?? ""].join(" ").includes("--inspect")) return;
  for (let quietTurns = 0; quietTurns < 2; quietTurns += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    if (!hasSocket()) continue;
    const inspector = await import("node:inspector");
    if (inspector.url() === undefined) return; // a socket inherited from the parent process
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
