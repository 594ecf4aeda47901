/**
 * How `npm test` gets its system packages on a machine where others use apt too: with the real apt-get, in a folder of
 * its own.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Apt, installPackages } from "../../scripts/apt.ts";
import { requires } from "../support/requires.ts";

const test = requires({ tools: ["apt-get", "python3"] });

/** apt-get with package lists of its own below `folder`, where nothing is ever installed. */
const aptIn =
  (folder: string): Apt =>
  (...args) => {
    const places = [
      `Dir::State::lists=${folder}/lists`,
      `Dir::Cache=${folder}/cache`,
      "Dir::Etc::sourcelist=/dev/null",
      "Dir::Etc::sourceparts=-",
    ];
    const options = ["-q", "-y", ...places.flatMap((place) => ["-o", place]), ...(args[0] === "install" ? ["-s"] : [])];
    const { status, stdout, stderr } = spawnSync("apt-get", [...options, ...args], {
      encoding: "utf8",
      env: { ...process.env, LC_ALL: "C.UTF-8" },
    });
    return { ok: status === 0, text: `${stdout}${stderr}` };
  };

const withLists = async (use: (folder: string) => Promise<void>): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), "apt-"));
  try {
    mkdirSync(join(folder, "lists", "partial"), { recursive: true });
    mkdirSync(join(folder, "cache", "archives", "partial"), { recursive: true });
    await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

/** A program that takes the lock as apt does and keeps it until it is killed, a minute at most. */
async function holderOf(lock: string): Promise<ChildProcess> {
  const script =
    "import fcntl, sys, time; f = open(sys.argv[1], 'w'); fcntl.lockf(f, fcntl.LOCK_EX); print('held', flush=True); time.sleep(60)";
  const holder = spawn("python3", ["-c", script, lock], { stdio: ["ignore", "pipe", "inherit"] });
  await once(holder.stdout, "data");
  return holder;
}

test("apt's lock held by another program is waited for, and said once", async (t) => {
  await withLists(async (folder) => {
    const lock = join(folder, "lists", "lock");
    const holder = await holderOf(lock);
    const said: string[] = [];
    let pauses = 0;
    const pause = (): void => {
      pauses++;
      if (pauses === 2) {
        holder.kill("SIGKILL");
        spawnSync("sleep", ["0.2"]);
      }
    };
    installPackages([], { apt: aptIn(folder), say: (line) => said.push(line), pause });
    t.is(pauses, 2);
    t.is(said.length, 1, said.join("\n"));
    t.regex(said[0]!, new RegExp(`holds ${lock} \\(python3 ${holder.pid}\\): waiting, 5 minutes at most`));
  });
});

test("a lock that is never given back is given up after five minutes", async (t) => {
  await withLists(async (folder) => {
    const lock = join(folder, "lists", "lock");
    const holder = await holderOf(lock);
    const said: string[] = [];
    let waitedMs = 0;
    installPackages([], { apt: aptIn(folder), say: (line) => said.push(line), pause: (ms) => (waitedMs += ms) });
    holder.kill("SIGKILL");
    t.is(waitedMs, 300_000);
    t.is(said.length, 3, said.join("\n"));
    t.regex(said[1]!, /still holds .*lock; giving up after 5 minutes/);
    t.regex(said[2]!, /^apt-get update failed \(Could not get lock/);
  });
});

test("a package that no source has is named once and costs none of the others", async (t) => {
  await withLists(async (folder) => {
    const said: string[] = [];
    const calls: string[][] = [];
    const apt = aptIn(folder);
    installPackages(["tar", "no-such-package-a", "no-such-package-b"], {
      apt: (...args) => {
        calls.push(args);
        return apt(...args);
      },
      say: (line) => said.push(line),
      pause: () => {},
    });
    t.deepEqual(said, ["Not to be had from this machine's package sources: no-such-package-a no-such-package-b"]);
    t.deepEqual(calls.at(-1), ["install", "--no-install-recommends", "tar"]);
  });
});

test("what fails for one reason is named in one line", (t) => {
  const said: string[] = [];
  const apt: Apt = (...args) => ({
    ok: args[0] === "update" || (args.length === 3 && args[2] === "tar"),
    text: "Reading package lists...\nE: Failed to fetch x\nE: Unable to fetch some archives\n",
  });
  installPackages(["a", "tar", "b"], { apt, say: (line) => said.push(line), pause: () => {} });
  t.deepEqual(said, ["Not installed: a b (Failed to fetch x)"]);
});
