#!/usr/bin/env node
// Plain JavaScript for any Node. Before anything else: Node's own answer to SIGUSR1 is a debugger that every user of
// the host can reach. `capture run` answers with its totals, everything else not at all.
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
import("./close-debugger.js").then(async ({ closeDebugger }) => {
  await closeDebugger();
  const fs = await import("node:fs");
  const inRepository = fs.existsSync(new URL("../cli.ts", import.meta.url));
  const { keepCode } = await import(inRepository ? "../../tpp/code-cache.js" : "../dist/tpp/code-cache.js");
  keepCode();
  const cli = await import(inRepository ? "../cli.ts" : "../dist/capture/cli.js");
  await closeDebugger(); // its thread may have been slower
  process.exitCode = await cli.main(process.argv);
});
