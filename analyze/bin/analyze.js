#!/usr/bin/env node
// Plain JavaScript for any Node: says what to do where Node is too old to run the rest.
const major = Number(process.versions.node.split(".")[0]);
if (major < 24) {
  process.stderr.write(
    "analyze: needs Node.js 24 or later, this is " +
      process.version +
      ". In a clone run `bin/analyze`, which uses the clone's own Node 24; elsewhere install Node.js 24 LTS.\n",
  );
  process.exit(69);
}
import("@tcpprobe-plus/tpp/code-cache")
  .then(({ keepCode }) => keepCode())
  .then(() => import("../cli.ts"))
  .then((cli) => cli.main(process.argv))
  .then((code) => {
    process.exitCode = code;
  });
