#!/usr/bin/env node
// Plain JavaScript for any Node. This comes before anything else: by default, SIGUSR1 makes Node open a debugger that
// every user of the host can reach. `capture run` replies to the signal with its totals; other commands ignore it.
process.on("SIGUSR1", () => {});
// Tells the user what to do if Node is too old to run the rest.
const major = Number(process.versions.node.split(".")[0]);
if (major < 24) {
  process.stderr.write(
    "capture: needs Node.js 24 or later, this is " +
      process.version +
      ". In a clone of the repository run `bin/capture`, which brings its own Node 24; elsewhere install Node.js 24 LTS.\n",
  );
  process.exit(69);
}
// In the repository the sources run directly. The published package has them compiled (scripts/build/publish.ts).
import("./close-debugger.js").then(async ({ closeDebugger }) => {
  await closeDebugger();
  const fs = await import("node:fs");
  const inRepository = fs.existsSync(new URL("../cli.ts", import.meta.url));
  const { keepCode } = await import(inRepository ? "../../tpp/code-cache.js" : "../dist/tpp/code-cache.js");
  keepCode();
  const cli = await import(inRepository ? "../cli.ts" : "../dist/capture/cli.js");
  await closeDebugger(); // the debugger's thread may have been slower
  process.exitCode = await cli.main(process.argv);
});
