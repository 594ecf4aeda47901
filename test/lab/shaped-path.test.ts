/** The namespaces that the tests make go away with them, however they end. */
import { existsSync, readdirSync } from "node:fs";
import { Background, run } from "../../lab/command.ts";
import { ShapedPath } from "../../lab/shaped-path.ts";
import { requires } from "../support/requires.ts";

const test = requires({ netns: true });

const namespacesOf = (pid: number): string[] =>
  existsSync("/run/netns") ? readdirSync("/run/netns").filter((name) => name.startsWith(`tpp-${pid}-`)) : [];

const module = new URL("../../lab/shaped-path.ts", import.meta.url).pathname;
const program = `
  const { ShapedPath } = await import(${JSON.stringify(module)});
  using path = await ShapedPath.make({ rateMbit: 10, queueBytes: 30000 });
  console.log("made");
  await new Promise((resolve) => setTimeout(resolve, 60000));`;

async function holder(): Promise<Background> {
  const process_ = new Background([process.execPath, "--input-type=module-typescript", "-e", program]);
  await process_.prints(/made/);
  return process_;
}

test.serial("a path is gone when its test is over, with what ran in it", async (t) => {
  let sleeper: Background;
  {
    using path = await ShapedPath.make({ rateMbit: 10, queueBytes: 30_000, dropsPer100k: 10 });
    t.is(namespacesOf(process.pid).length, 3);
    sleeper = new Background(path.onServer("sleep", "60"));
    await run(path.onClient("ip", "route", "get", path.serverAddress));
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  t.deepEqual(namespacesOf(process.pid), []);
  t.is(await sleeper.ended(), -1);
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  test.serial(`${signal} takes the path away`, async (t) => {
    await using held = await holder();
    t.is(namespacesOf(held.child.pid!).length, 3);
    await held.stop(signal);
    t.is(held.child.signalCode, signal);
    t.deepEqual(namespacesOf(held.child.pid!), []);
  });
}

test.serial("what a killed process left is taken away by the next", async (t) => {
  await using held = await holder();
  await held.stop("SIGKILL");
  t.is(namespacesOf(held.child.pid!).length, 3);
  using _path = await ShapedPath.make({ rateMbit: 10, queueBytes: 30_000 });
  t.deepEqual(namespacesOf(held.child.pid!), []);
});
