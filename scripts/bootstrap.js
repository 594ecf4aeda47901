// node scripts/bootstrap.js NAME [ARGUMENT...]: installs what is missing, then runs scripts/NAME.ts with the project's
// own Node. This is plain JavaScript without dependencies, because it must run on any Node from 20 on, before anything
// is installed.
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const bins = join(root, "node_modules", ".bin");
const ownNode = join(bins, "node");

const modifiedMs = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);

function run(command, args, env = process.env) {
  const { status, signal, error } = spawnSync(command, args, { cwd: root, stdio: "inherit", env });
  if (error) stop(`cannot run ${command}: ${error.message}`, 69);
  return signal ? 128 + constants.signals[signal] : status;
}

function stop(line, exitCode) {
  process.stderr.write(`${line}\n`);
  process.exit(exitCode);
}

function install() {
  // npm writes its own copy of the lock file last, so this also detects an interrupted install.
  const installedMs = modifiedMs(join(root, "node_modules", ".package-lock.json"));
  const why = installedMs === 0 ? "nothing is installed yet" : "package-lock.json is newer than what is installed";
  if (installedMs >= modifiedMs(join(root, "package-lock.json")) && existsSync(ownNode)) return;
  process.stderr.write(`${why}: running npm ci\n`);
  const status = run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
  if (status !== 0) stop("npm ci failed; its own message is above. Fix the cause and run this again.", status);
  if (!existsSync(ownNode)) {
    stop(
      "npm ci did not run the install script of the package `node`: allow it (npm approve-scripts) and try again.",
      69,
    );
  }
}

const [name, ...args] = process.argv.slice(2);
if (Number(process.versions.node.split(".")[0]) < 20) {
  stop(`Node.js 20 or later is needed to install the project, this is ${process.version}.`, 69);
}
install();
const path = [bins, process.env.PATH].filter(Boolean).join(delimiter);
process.exitCode = run(ownNode, [join("scripts", `${name}.ts`), ...args], { ...process.env, PATH: path });
