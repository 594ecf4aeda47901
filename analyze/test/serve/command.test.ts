/** `analyze serve` as a user runs it: one line with the address, an end that leaves nothing, errors in one line. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import test, { type ExecutionContext } from "ava";
import { analyze, fixture, temporaryDirectory } from "../../../test/support/analyze.ts";
import { ask } from "../../../test/support/http.ts";
import { served } from "../../../test/support/served.ts";
import type { PageModel } from "../../report/model.ts";
import { Folders } from "../../serve/folders.ts";

/** The first thing that a page hears of growth. */
async function firstGrowth(url: string): Promise<{ notes: string[] }> {
  const stop = new AbortController();
  const { body } = await fetch(`${url}growth`, { signal: stop.signal });
  // What is read at once can be part of an event, or several.
  let text = "";
  for await (const bytes of body!.pipeThrough(new TextDecoderStream())) {
    text += bytes;
    if (text.includes("\n\n")) break;
  }
  stop.abort();
  return JSON.parse(text.slice(0, text.indexOf("\n\n")).replace(/^data: /, ""));
}

const bin = fileURLToPath(new URL("../../bin/analyze.js", import.meta.url));

interface Running {
  readonly child: ChildProcess;
  readonly url: string;
  readonly err: () => string;
  readonly temporary: string;
}

/** Starts the command and waits for its address. */
async function started(t: ExecutionContext, ...args: string[]): Promise<Running> {
  const temporary = temporaryDirectory(t);
  const child = spawn(process.execPath, [bin, "serve", "--no-cache", ...args], {
    env: { ...process.env, TMPDIR: temporary },
    stdio: ["ignore", "pipe", "pipe"],
  });
  t.teardown(() => child.kill("SIGKILL"));
  let [out, err] = ["", ""];
  child.stderr!.on("data", (chunk) => {
    err += chunk;
  });
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout!.on("data", (chunk) => {
      out += chunk;
      if (out.endsWith("\n")) resolve(out.trimEnd());
    });
    child.on("exit", () => reject(new Error(`it ended: ${err}`)));
  });
  return { child, url, err: () => err, temporary };
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  test(`at ${signal} the server ends with 0 and leaves no file, whoever is connected`, async (t) => {
    const { child, url, err, temporary } = await started(t, fixture("kmod-loss"));
    t.regex(url, /^http:\/\/127\.0\.0\.1:\d+\/[\w-]{22}\/$/);
    t.is((await ask(url)).status, 200);
    const waiting = ask(`${url}growth`).catch(() => "ended");
    await ask(`${url}model`);
    t.true(readdirSync(temporary).length > 0);
    child.kill(signal);
    const [code] = await once(child, "exit");
    t.is(code, 0);
    await waiting;
    t.is(err(), "");
    t.deepEqual(readdirSync(temporary), []);
    await t.throwsAsync(ask(url), { code: "ECONNREFUSED" });
  });

test("a directory is served with the captures in it, and names them only by number", async (t) => {
  const directory = temporaryDirectory(t);
  for (const name of ["kmod-loss", "ss-loss"]) copyFileSync(fixture(name), join(directory, `${name}.tpp`));
  symlinkSync("kmod-loss.tpp", join(directory, "linked.tpp"));
  const { url } = await started(t, directory);
  const { captures } = JSON.parse((await ask(`${url}model`)).text) as PageModel;
  t.deepEqual(
    captures.map(({ path }) => path),
    ["kmod-loss.tpp", "linked.tpp", "ss-loss.tpp"].map((name) => join(directory, name)),
  );
});

test("captures that come into a directory which is served are named, once they are more than one of a set", async (t) => {
  const folder = temporaryDirectory(t);
  const add = (name: string) => copyFileSync(fixture("kmod-loss"), join(folder, name));
  add("first.tpp");
  let told = 0;
  let open = ["first.tpp"];
  const changed = () => told++;
  const watched = await Folders.watch([folder], () => open.map((name) => join(folder, name)), changed, 20);
  t.teardown(() => watched.close());
  add("second.tpp");
  add("of-the-set.tpp");
  open = [...open, "of-the-set.tpp"];
  for (let turn = 0; told === 0 && turn < 200; turn++) await sleep(20);
  t.deepEqual(watched.notes, [
    `second.tpp was added to ${folder} and cannot be seen here: start analyze serve again to see it`,
  ]);
  const { url } = await served(t, [join(folder, "first.tpp")], { folders: [folder], folderMs: 20 });
  add("third.tpp");
  for (let turn = 0; turn < 200; turn++) {
    const growth = await firstGrowth(url);
    if (growth.notes.some((note) => note.includes("third.tpp was added"))) return;
    await sleep(20);
  }
  t.fail("the page is not told");
});

test("a link that leads out of a directory is not served", async (t) => {
  const directory = temporaryDirectory(t);
  mkdirSync(join(directory, "shown"));
  copyFileSync(fixture("kmod-loss"), join(directory, "secret.tpp"));
  copyFileSync(fixture("ss-loss"), join(directory, "shown/a.tpp"));
  symlinkSync("../secret.tpp", join(directory, "shown/b.tpp"));
  const { code, err } = await analyze("serve", join(directory, "shown"));
  t.is(code, 65);
  t.is(
    err,
    `analyze: ${join(directory, "shown/b.tpp")}: is a link that leads out of its directory. Name the file itself to serve it.\n`,
  );
});

test("an address that others can reach is said so", async (t) => {
  const { url, err } = await started(t, fixture("kmod-loss"), "--listen", "0.0.0.0");
  t.regex(url, /^http:\/\/0\.0\.0\.0:\d+\//);
  t.is(
    err(),
    "analyze: whoever can reach 0.0.0.0 and knows this address sees the captures and can query them; nothing is encrypted\n",
  );
});

test("where it cannot listen, one line says why", async (t) => {
  const taken = createServer().listen(0, "127.0.0.1");
  t.teardown(() => taken.close());
  await once(taken, "listening");
  const { port } = taken.address() as AddressInfo;
  const busy = await analyze("serve", fixture("kmod-loss"), "--port", String(port));
  t.is(busy.code, 75);
  t.is(
    busy.err,
    `analyze: cannot listen on 127.0.0.1, port ${port}: another program listens there. Give another --port, or none for any that is free.\n`,
  );
  const cases: readonly (readonly [string[], number, RegExp])[] = [
    [
      ["--listen", "192.0.2.7"],
      69,
      /^analyze: cannot listen on 192\.0\.2\.7: this machine does not have that address\.\n$/,
    ],
    [
      ["--listen", "localhost"],
      64,
      /^analyze: --listen localhost: not an address of this machine, such as 127\.0\.0\.1\.\n$/,
    ],
    [["--port", "70000"], 64, /^analyze: 70000: not a port\. Give a number from 0 to 65535\.\n$/],
    [["--port", "x"], 64, /^analyze: x: not a port\./],
  ];
  for (const [args, code, expected] of cases) {
    const answer = await analyze("serve", fixture("kmod-loss"), ...args);
    t.is(answer.code, code, args.join(" "));
    t.regex(answer.err, expected);
    t.is(answer.out, "");
  }
  t.is((await analyze("serve", "/nonexistent.tpp")).code, 66);
});
