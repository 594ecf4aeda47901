#!/usr/bin/env node
// Plain JavaScript for any Node. Before anything else: Node's own answer to SIGUSR1 is a debugger that every user of the
// host can reach. `capture run` answers with its totals, everything else not at all.
process.on("SIGUSR1", () => {});
// Says what to do where Node is too old to run the rest.
const major = Number(process.versions.node.split(".")[0]);
if (major < 24) {
  process.stderr.write(
    "capture: needs Node.js 24 or later, this is " +
      process.version +
      ". In a clone of the repository run `bin/capture`, which brings its own Node 24; elsewhere install Node.js 24 LTS.\n",
  );
  process.exit(69);
}
// In the repository the sources run as they are; the published package has them compiled (scripts/build/publish.ts).
import("node:fs").then(async (fs) => {
  await closeDebugger(fs);
  const inRepository = fs.existsSync(new URL("../cli.ts", import.meta.url));
  const cli = await import(inRepository ? "../cli.ts" : "../dist/capture/cli.js");
  await closeDebugger(fs); // its thread may have been slower
  process.exitCode = await cli.main(process.argv);
});

// One that a signal has opened while Node itself was starting; not one that was asked for. It listens on a socket. A signal
// asks for it twice, from the event loop too: so it is looked for once more behind a turn of that.
async function closeDebugger(fs) {
  if ([...process.execArgv, process.env.NODE_OPTIONS ?? ""].join(" ").includes("--inspect")) return;
  const isSocket = (fd) => {
    try {
      return Number(fd) > 2 && fs.readlinkSync(`/proc/self/fd/${fd}`).startsWith("socket:");
    } catch {
      return false;
    }
  };
  for (let quietTurns = 0; quietTurns < 2; quietTurns += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    if (!fs.readdirSync("/proc/self/fd").some(isSocket)) continue;
    const inspector = await import("node:inspector");
    if (inspector.url() === undefined) return; // a socket of who started this
    inspector.close();
    quietTurns = -1;
  }
}
