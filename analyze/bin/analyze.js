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
// Node keeps the compiled code in the temporary directory: the drawing libraries load in half the time from then on. It
// would make that directory, which is the user's to name.
Promise.all([import("node:module"), import("node:fs"), import("node:os")])
  .then(([module, fs, os]) => fs.existsSync(os.tmpdir()) && module.enableCompileCache())
  .then(() => import("../cli.ts"))
  .then((cli) => cli.main(process.argv))
  .then((code) => {
    process.exitCode = code;
  });
