/** How capture handles foreign text, arguments and users. */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { verifyTpp } from "@tcpprobe-plus/tpp";
import ava from "ava";
import { captureHere, follow, live, silentIo, temporaryDirectory, textOf } from "../../../test/support/capture.ts";
import { requires } from "../../../test/support/requires.ts";
import { findingsText } from "../../doctor/text.ts";
import { findReaders, nameReaders } from "../../module/build/readers.ts";
import { painter } from "../../terminal/lines.ts";
import { traceRecordsIn } from "../../tracefs/trace-lines.ts";

const test = requires({ tools: ["ss", "zstd"] });
const asRoot = requires({ root: true, tools: ["ss", "setpriv"] });
const withRoot = requires({ root: true, tools: ["unshare", "setpriv", "bash"] });
const bin = fileURLToPath(new URL("../../bin/capture.js", import.meta.url));
const plain = painter(silentIo().stdout);

/** A record of a process with this name, as trace_print_context prints it. */
const recordOf = (name: string): string =>
  `${name.padStart(16)}-1234567 [001] ..s2.   911.567068: tcp_probe: family=AF_INET src=127.0.0.1:1\n`;

ava("a process's name makes neither more nor fewer records, whatever newlines it has", (t) => {
  const names = [
    "iperf3",
    "a\nb",
    "\n\n\n",
    "\n".repeat(15),
    "x\n-1 [000] 1.1:",
    "\nCPU:0 [LOST 9",
    "a-b-c",
    "x: tcp_probe: ",
  ];
  for (const name of names) {
    const text = Buffer.from(`${recordOf("before")}${recordOf(name)}CPU:0 [LOST 3 EVENTS]\n${recordOf("behind")}`);
    t.is(traceRecordsIn(text), 3, JSON.stringify(name));
  }
  t.is(traceRecordsIn(Buffer.from("")), 0);
  t.is(traceRecordsIn(Buffer.from("\n-\n      \n")), 0);
});

live("the totals count the records of a process with newlines in its name once each", async (t) => {
  const path = join(temporaryDirectory(t), "a.tpp");
  const program = `
import ctypes, socket
ctypes.CDLL(None).prctl(15, b"a\\nb\\nc\\n", 0, 0, 0)
l = socket.create_server(("127.0.0.1", 0))
for i in range(10):
    c = socket.create_connection(l.getsockname()); s, _ = l.accept()
    for k in range(3): c.send(b"x" * 900); s.recv(900)
    c.close(); s.close()
print(l.getsockname()[1])
`;
  const child = spawnSync("python3", ["-c", program], { encoding: "utf8" });
  t.is(child.status, 0, child.stderr);
  const running = await follow(t, [
    process.execPath,
    [bin, "run", "--source", "tracefs", "-o", path, "--", "python3", "-c", program],
  ]);
  t.is(await running.ended, 0, running.err());
  const said = Number(/: ([\d ]+) records in/.exec(running.err())?.[1]?.replaceAll(" ", ""));
  const events = textOf(path).match(/: (tcp_\w+|inet_sock_set_state): /g)?.length;
  t.is(said, events ?? 0);
  t.true(said >= 60);
});

withRoot(
  "a process that names itself in escapes, and passes for a reader of the module, is shown as text",
  async (t) => {
    const directory = temporaryDirectory(t);
    chmodSync(directory, 0o755);
    const script = `mount -t tmpfs none ${directory}; cd ${directory}; mkdir -p proc/net old usr lib lib64; touch proc/net/tcpprobe
    for d in usr lib lib64; do mount --rbind /$d $d 2>/dev/null; done
    exec 9<proc/net/tcpprobe; pivot_root . old; exec -a $'\\e[2J\\nFAKE' /usr/bin/sleep 20`;
    const child = spawn("setpriv", [
      "--reuid=65534",
      "--regid=65534",
      "--clear-groups",
      "unshare",
      "-Urm",
      "bash",
      "-c",
      script,
    ]);
    t.teardown(() => child.kill("SIGKILL"));
    const fakes = () => findReaders().filter(({ command }) => command.includes("FAKE"));
    for (let tries = 0; tries < 100 && fakes().length === 0; tries += 1) await new Promise((go) => setTimeout(go, 50));
    if (existsSync("/proc/net/tcpprobe"))
      return t.deepEqual(fakes(), [], "told from the module's own file by its inode");
    t.is(fakes().length, 1);
    t.regex(nameReaders(fakes()), /^\\x1b\[2J\\x0aFAKE 20 \(pid \d+, \w+\)$/);
  },
);

ava("doctor shows the text of a finding by its number where it could steer a terminal", (t) => {
  const text = findingsText(
    [{ section: "module", name: "a\x1bb", state: "ok", text: "c\nd", next: "e\u202e" }],
    80,
    plain,
  );
  t.true(text.includes("a\\x1bb") && text.includes("c\\x0ad") && text.includes("e\\u{202e}"), text);
});

test("arguments that are not UTF-8 are refused, and name the bytes", (t) => {
  const script = `exec "$1" "$2" run --source ss -o "$3" -- printf %s "$(printf 'caf\\351')"`;
  const path = join(temporaryDirectory(t), "a.tpp");
  const { status, stderr } = spawnSync("sh", ["-c", script, "sh", process.execPath, bin, path], { encoding: "utf8" });
  t.is(status, 64);
  t.regex(stderr, /^capture: caf\\xe9: an argument that is not UTF-8 would arrive changed\. .*\n$/);
  t.false(existsSync(path));
  const fine = spawnSync(process.execPath, [
    bin,
    "run",
    "--source",
    "ss",
    "-o",
    path,
    "--",
    "printf",
    "%s",
    "café\ufffd",
  ]);
  t.is(fine.stdout.toString(), "café\ufffd");
});

test("megabytes of arguments: the header keeps their beginning, and the file can be read", async (t) => {
  const path = join(temporaryDirectory(t), "a.tpp");
  const long = Array.from({ length: 15 }, () => "\x01".repeat(100_000));
  const { status, stderr } = spawnSync(process.execPath, [
    bin,
    "run",
    "--source",
    "ss",
    "-o",
    path,
    "--",
    "true",
    ...long,
  ]);
  t.is(status, 0, String(stderr));
  const { header, damage } = await verifyTpp(path);
  t.deepEqual(damage, []);
  t.is(header?.command?.argv[0], "true");
  t.true(header?.command?.argv[1]?.endsWith("… (100000 bytes)"));
  t.true(JSON.stringify(header?.command_line).length < 500_000);
  t.true(header?.notes?.includes("the command line was longer; its beginning is kept"));
});

test("with --json every error is one JSON object, the parser's and its stack too", async (t) => {
  for (const [args, code] of [
    [["run", "--json", "--dump-on", "rto >= 2"], 64],
    [["run", "--json", "-o", "x", "--nonsense"], 64],
    [["run", "--json", "-o", "x", "--port", "0"], 64],
    [["run", "--json", "--debug", "-o", "/nonexistent/x.tpp", "--source", "ss"], 73],
  ] as const) {
    const result = await captureHere(...args);
    t.is(result.code, code);
    const events = result.err
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const { event, exit_code, text, stack } = events.at(-1)!;
    t.deepEqual([event, exit_code, typeof text], ["error", code, "string"]);
    t.is(typeof stack, args.includes("--debug" as never) ? "string" : "undefined");
  }
});

asRoot("--as runs the command as that user, with the user's groups and home; the capture stays root's", async (t) => {
  const path = join(temporaryDirectory(t), "a.tpp");
  const command = [
    "sh",
    "-c",
    'id -u; id -g; id -G; echo "$HOME $USER $LOGNAME"; env | grep -c "^SUDO_\\|^XDG_"; exit 5',
  ];
  const env = { ...process.env, SUDO_USER: "x", SUDO_UID: "7", SUDO_GID: "7", XDG_CACHE_HOME: "/root/c" };
  const args = [bin, "run", "--source", "ss", "-o", path, "--as", "nobody", "--", ...command];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { env, encoding: "utf8" });
  t.is(status, 5, stderr);
  const [, , uid, gid, , home] = execFileSync("getent", ["passwd", "nobody"], { encoding: "utf8" }).split(":");
  const groups = execFileSync("id", ["-G", "nobody"], { encoding: "utf8" }).trim();
  t.deepEqual(stdout.trim().split("\n"), [uid!, gid!, groups, `${home} nobody nobody`, "0"]);
  t.regex(stderr, new RegExp(`^capture: sh runs as nobody \\(uid ${uid}\\)$`, "m"));
  t.deepEqual((await verifyTpp(path)).header?.command?.argv, command);
});

asRoot("a signal reaches a command that runs as another user", async (t) => {
  const path = join(temporaryDirectory(t), "a.tpp");
  const running = await follow(t, [
    process.execPath,
    [bin, "run", "--source", "ss", "-o", path, "--as", "nobody", "--", "sh", "-c", "echo ready >&2; exec sleep 30"],
  ]);
  while (!running.err().includes("ready")) await new Promise((resolve) => setTimeout(resolve, 20));
  running.child.kill("SIGTERM");
  t.is(await running.ended, 143, running.err());
});

asRoot("--as: a user or a program that is not there, and no command", async (t) => {
  const path = join(temporaryDirectory(t), "a.tpp");
  for (const [args, code, message] of [
    [["--as", "no-such-user", "--", "true"], 64, /--as no-such-user: this system has no such user/],
    [["--as", "-x", "--", "true"], 64, /--as -x: this system has no such user/],
    [["--as", "nobody", "--", "no-such-program"], 127, /no-such-program: cannot be started \(ENOENT\)/],
    [["--as", "nobody"], 64, /--as: only with a command/],
  ] as const) {
    const before = process.argv;
    const result = await captureHere("run", "--source", "ss", "-f", "-o", path, ...args);
    t.is(result.code, code, result.err);
    t.regex(result.err, message);
    t.is(process.argv, before);
  }
});

asRoot("under sudo it is said that the command runs as root, and how not to", (t) => {
  const path = join(temporaryDirectory(t), "a.tpp");
  const env = { ...process.env, SUDO_USER: "ann", SUDO_UID: "4321", SUDO_GID: "4321" };
  const { stderr } = spawnSync(process.execPath, [bin, "run", "--source", "ss", "-o", path, "--", "true"], {
    env,
    encoding: "utf8",
  });
  t.regex(stderr, /^capture: true runs as root \(uid 0\), as this capture does; --as ann runs it as you$/m);
});

const unit = readFileSync(new URL("../../../contrib/capture.service", import.meta.url), "utf8");

/** Parses a line like systemd: `%%` is `%`, and `\\` in quotes is `\`. */
const lineOf = (key: string, index: number): string =>
  [...unit.matchAll(new RegExp(`^${key}=(.*)$`, "gm"))][index]![1]!.replaceAll("%%", "%").replaceAll("\\\\", "\\");

ava("the service's disk is bounded over all its starts", (t) => {
  const folder = temporaryDirectory(t);
  const state = join(folder, "a state folder");
  mkdirSync(state);
  for (let start = 0; start < 4; start += 1) {
    execFileSync("sh", ["-c", /^\/bin\/sh -c '(.*)'$/.exec(lineOf("ExecStartPre", 0))![1]!], {
      env: { PATH: process.env.PATH, STATE_DIRECTORY: state },
    });
    const left = readdirSync(state).length;
    t.is(left, Math.min(50, start * 40), `start ${start}`);
    for (let number = 1; number <= 40; number += 1) {
      const path = join(state, `2026-11-26T1200${start}0.${String(number).padStart(4, "0")}.tpp`);
      writeFileSync(path, "");
      utimesSync(path, start * 1000 + number, start * 1000 + number);
    }
  }
  const keep = /--rotate (\S+) --keep (\d+)'$/.exec(lineOf("ExecStart", 0));
  t.deepEqual(keep?.slice(1), ["100MB", "50"]);
  t.regex(unit, /^RestartPreventExitStatus=.*\b73 74\b/m);
});
