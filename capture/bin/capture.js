#!/usr/bin/env node
// Plain JavaScript for any Node: says what to do where Node is too old to run the rest.
const major = Number(process.versions.node.split(".")[0]);
if (major < 24) {
  process.stderr.write(
    "capture: needs Node.js 24 or later, this is " +
      process.version +
      ". Inside the project run it as `npx capture`, which brings its own Node 24; elsewhere install Node.js 24 LTS.\n",
  );
  process.exit(69);
}
// In the repository the sources run as they are; the published package has them compiled (scripts/build/publish.ts).
import("node:fs")
  .then((fs) => fs.existsSync(new URL("../cli.ts", import.meta.url)))
  .then((inRepository) => import(inRepository ? "../cli.ts" : "../dist/capture/cli.js"))
  .then((cli) => cli.main(process.argv))
  .then((code) => {
    process.exitCode = code;
  });
