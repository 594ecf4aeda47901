import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import test from "ava";
import { fixture } from "../../../test/support/analyze.ts";
import { Status } from "../../terminal/status.ts";

function watched(columns = 80) {
  let ms = 0;
  let tick: (() => void) | null = null;
  let written = "";
  const status = new Status({
    write: (text) => {
      written += text;
    },
    columns: () => columns,
    now: () => ms,
    every: (_, work) => {
      tick = work;
      return () => {
        tick = null;
      };
    },
  });
  const pass = (more: number) => {
    ms += more;
    tick?.();
    const said = written;
    written = "";
    return said;
  };
  return { status, pass, isRunning: () => tick !== null };
}

test("work of less than a second says nothing, longer work how long, and nothing is left of it", (t) => {
  const { status, pass, isRunning } = watched();
  status.say("reading x.tpp");
  t.is(pass(900), "");
  t.is(pass(300), "\r\x1b[Kreading x.tpp, 1 s");
  status.say("working");
  t.is(pass(2000), "\r\x1b[Kworking, 3 s");
  status.hide();
  t.is(pass(0), "\r\x1b[K\r\x1b[Kworking, 3 s");
  status.end();
  t.is(pass(5000), "\r\x1b[K");
  t.false(isRunning());
});

test("a line never wraps", (t) => {
  const { status, pass } = watched(20);
  status.say("reading /a/very/long/path.tpp");
  t.is(pass(1500), `\r\x1b[K${"reading /a/very/long/path.tpp".slice(0, 19)}`);
});

test("where standard error is no terminal, nothing of it is written", (t) => {
  const bin = fileURLToPath(new URL("../../bin/analyze.js", import.meta.url));
  const query = "SELECT count(*) AS n FROM trace, range(3000)";
  const { stdout, stderr, status } = spawnSync(process.execPath, [bin, "sql", fixture("kmod-loss"), query, "--csv"]);
  t.is(String(stdout), `n\n${4724 * 3000}\n`);
  t.is(String(stderr), "");
  t.is(status, 0);
});
