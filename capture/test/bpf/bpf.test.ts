/** The source bpf on this kernel: its object, its records, its rings, and what is left of it. */
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { RecordValues, readFrames, type TppHeader, verifyTpp } from "@tcpprobe-plus/tpp";
import test, { type ExecutionContext, type TestFn } from "ava";
import { buildBpf } from "../../../scripts/build/bpf.ts";
import { captureHere, startCapture, startTraffic, temporaryDirectory } from "../../../test/support/capture.ts";
import { seededChance } from "../../../test/support/seeded-chance.ts";
import { layoutOf, members, recordBytes, strideBytes } from "../../bpf/layout.ts";
import { loadLibbpf } from "../../bpf/library.ts";
import { onlineCpus, ringBytes } from "../../bpf/rings.ts";

const object = fileURLToPath(new URL("../../bpf/tcpprobe.bpf.o", import.meta.url));
const bin = fileURLToPath(new URL("../../bin/capture.js", import.meta.url));
const environment = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
const tool = (...args: string[]): string =>
  execFileSync("bpftool", args, { env: environment, encoding: "utf8", maxBuffer: 1 << 30 });

const has = (program: string): boolean => spawnSync(program, ["--version"], { env: environment }).status === 0;

/** Skipped with the reason where it cannot be, but not in CI. */
const where = (lacking: string | null): TestFn["serial"] =>
  ((title: string, body: (t: ExecutionContext) => Promise<void>) => {
    if (lacking === null) return test.serial(title, body);
    if (process.env.CI === "true") return test.serial(title, (t) => t.fail(lacking));
    return test.skip(`${title} (${lacking})`, () => {});
  }) as TestFn["serial"];

const live = where(
  process.getuid?.() !== 0
    ? "needs root"
    : !existsSync("/sys/kernel/btf/vmlinux")
      ? "needs a kernel that describes its types"
      : has("bpftool")
        ? null
        : "needs bpftool",
);
const built = where(["clang", "llvm-strip", "bpftool"].every(has) ? null : "needs clang, llvm-strip, bpftool");

built("the object in the repository is what its source gives", async (t) => {
  const again = join(temporaryDirectory(t), "again.o");
  buildBpf(again);
  t.true(readFileSync(object).equals(readFileSync(again)), "run `npm run build:bpf`, with clang 14 as in Debian 12");
});

built("records are laid out as the C structure is", async (t) => {
  interface Type {
    readonly id: number;
    readonly kind: string;
    readonly name: string;
    readonly size?: number;
    readonly type_id?: number;
    readonly nr_elems?: number;
    readonly members?: readonly { readonly name: string; readonly type_id: number; readonly bits_offset: number }[];
  }
  // The object itself keeps the types of maps only.
  const folder = temporaryDirectory(t);
  const source = join(folder, "record.c");
  writeFileSync(source, '#include "kernel.h"\n#include "record.h"\nstruct tcpp_record record;\n');
  const compiled = join(folder, "record.o");
  execFileSync("clang", ["-target", "bpf", "-g", "-O2", "-I", join(object, ".."), "-c", source, "-o", compiled]);
  const { types } = JSON.parse(tool("btf", "dump", "file", compiled, "-j")) as { types: Type[] };
  const byId = new Map(types.map((type) => [type.id, type]));
  const sizeOf = (id: number): number => {
    const { kind, size, type_id, nr_elems } = byId.get(id)!;
    if (size !== undefined) return size;
    return kind === "ARRAY" ? nr_elems! * sizeOf(type_id!) : sizeOf(type_id!);
  };
  const places = new Map<string, { offset: number; size: number }>();
  const walk = (type: Type, prefix: string, before: number): void => {
    for (const { name, type_id, bits_offset } of type.members ?? []) {
      const offset = before + bits_offset / 8;
      const inner = byId.get(type_id)!;
      const path = name === "(anon)" ? prefix : `${prefix}${name}`;
      if (inner.members) walk(inner, name === "(anon)" ? prefix : `${path}.`, offset);
      else places.set(path, { offset, size: sizeOf(type_id) });
    }
  };
  const record = types.find(({ kind, name }) => kind === "STRUCT" && name === "tcpp_record")!;
  t.is(record.size, recordBytes);
  walk(record, "", 0);
  const sizes = { u8: 1, u16: 2, u16be: 2, u32: 4, u64: 8, bytes16: 16, chars16: 16 };
  for (const { name, member = name, type, offset } of members)
    t.deepEqual(places.get(member), { offset, size: sizes[type] }, name);
  t.is(members.length, places.size, "every member is told of");
});

live(
  "this kernel's verifier takes every program, those for functions at tracepoints with the same arguments",
  async (t) => {
    const folder = temporaryDirectory(t);
    for (const file of ["kernel.h", "record.h", "filter.h", "state.h"])
      copyFileSync(join(object, "..", file), join(folder, file));
    const places: Readonly<Record<string, string>> = {
      "fentry/tcp_v4_do_rcv": "tp_btf/tcp_probe",
      "fentry/tcp_v6_do_rcv": "tp_btf/tcp_probe",
      "fentry/__tcp_transmit_skb": "tp_btf/tcp_ao_handshake_failure",
      "fentry/tcp_retransmit_timer": "tp_btf/tcp_destroy_sock",
      "fentry/tcp_send_probe0": "tp_btf/tcp_destroy_sock",
      "fentry/tcp_done": "tp_btf/tcp_destroy_sock",
      "fentry/security_sock_graft": "tp_btf/tcp_destroy_sock",
      "fentry/tcp_sendmsg": "tp_btf/tcp_destroy_sock",
      "fentry/tcp_recvmsg": "tp_btf/tcp_destroy_sock",
    };
    const text = readFileSync(join(object, "../tcpprobe.bpf.c"), "utf8");
    writeFileSync(
      join(folder, "a.bpf.c"),
      text.replaceAll(/SEC\("([^"]+)"\)/g, (whole, name) => (places[name] ? `SEC("${places[name]}")` : whole)),
    );
    const compiled = join(folder, "a.o");
    execFileSync("clang", [
      "-O2",
      "-g",
      "-target",
      "bpf",
      "-mcpu=v3",
      "-D__TARGET_ARCH_x86",
      "-c",
      join(folder, "a.bpf.c"),
      "-o",
      compiled,
    ]);
    const library = await loadLibbpf();
    const bytes = readFileSync(compiled);
    const known = tool("btf", "dump", "file", "/sys/kernel/btf/vmlinux");
    const programs = [...text.matchAll(/^SEC\("([^"]+)"\)\nint BPF_PROG\((\w+)/gm)].map(([, place, name]) => ({
      place: places[place!] ?? place!,
      name: name!,
    }));
    t.true(programs.length > 12);
    for (const { name, place } of programs) {
      // What is returned cannot be had at a tracepoint; older kernels lack some of these.
      if (place.startsWith("fexit/") || !known.includes(`'btf_trace_${place.slice(7)}'`)) continue;
      const loaded = library.openMemory(bytes, bytes.length, { sz: 16, object_name: "tcpprobe" });
      for (const other of programs) library.setAutoload(library.program(loaded, other.name), other.name === name);
      t.is(library.load(loaded), 0, name);
      library.close(loaded);
    }
  },
);

test("a ring has the largest size that the kernel takes and that was not exceeded", (t) => {
  t.is(ringBytes(64, 4096), 65_536);
  t.is(ringBytes(100, 4096), 65_536);
  t.is(ringBytes(1, 4096), 4096);
  t.is(ringBytes(16_384, 4096), 16 * 1024 * 1024);
});

test("CPUs that are there are read as the kernel lists them", (t) => {
  t.deepEqual(onlineCpus("0-3,8\n"), [0, 1, 2, 3, 8]);
  t.deepEqual(onlineCpus("0\n"), [0]);
});

/** All records of a file, as one chunk. */
async function recordsOf(path: string): Promise<{ header: TppHeader; bytes: Buffer; view: DataView; count: number }> {
  const walk = await verifyTpp(path);
  const frames: Buffer[] = [];
  for await (const { raw } of readFrames(path, walk)) frames.push(raw);
  const bytes = Buffer.concat(frames);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return { header: walk.header!, bytes, view, count: bytes.length / strideBytes };
}

live("a transfer's records: both ends, in order, with the kernel's state, and nothing else's", async (t) => {
  const path = join(temporaryDirectory(t), "a.tpp");
  const other = await startTraffic(t, 1000, 5);
  const traffic = await startTraffic(t, 50_000, 5);
  // A port at either end: what the server's end is found by is its own.
  const running = await startCapture(t, ["--source", "bpf", "--port", String(traffic.port), "-o", path]);
  await wait(1500);
  await traffic.end();
  await wait(300);
  running.child.kill("SIGINT");
  t.is(await running.ended, 0, running.err());
  await other.end();
  t.deepEqual((await verifyTpp(path)).damage, []);
  const { header, view, count } = await recordsOf(path);
  t.is(header.text, "records");
  t.deepEqual(header.records, layoutOf(header.records!.hz, true, true));
  t.true(count > 100, `${count} records`);
  const values = new RecordValues(header.records!);
  const get = (name: string, index: number): number => values.number(name)!(view, index * strideBytes);
  const rows = Array.from({ length: count }, (_, index) => ({
    ns: Number(values.bigint("time_ns")!(view, index * strideBytes)),
    connection: values.bigint("connection")!(view, index * strideBytes),
    ports: [get("sport", index), get("dport", index)],
    saddr: values.address("saddr")!(view, index * strideBytes),
    type: get("type", index),
    cwnd: get("snd_cwnd", index),
    rto: get("rto_jiffies", index),
    acked: get("snd_una", index),
    next: get("snd_nxt", index),
  }));
  const ends = [traffic.port, traffic.clientPort].sort();
  for (const row of rows) t.deepEqual([...row.ports].sort(), ends);
  t.true(rows.every(({ saddr }) => saddr === "127.0.0.1"));
  t.is(new Set(rows.map(({ connection }) => connection)).size, 2, "one number for each end");
  t.true(rows.every(({ cwnd, rto }) => cwnd > 0 && rto > 0));
  t.true(rows.every(({ acked, next }) => (next - acked) >>> 0 < 2 ** 31));
  const late = rows.slice(1).map((row, index) => rows[index]!.ns - row.ns);
  t.true(Math.max(...late) < 50e6, "records of different CPUs are at most some tens of ms apart");
  t.true(rows.some(({ type }) => type === 0));
  const ended = rows.filter(({ type }) => type === 4).map(({ ports }) => ports[0]!);
  t.deepEqual(ended.sort(), ends, "the end of each end");
});

live("a ring that is too small loses records: counted, and each loss in its place", async (t) => {
  const path = join(temporaryDirectory(t), "a.tpp");
  const traffic = await startTraffic(t, 500, 0);
  const running = await startCapture(t, [
    "--source",
    "bpf",
    "--port",
    String(traffic.port),
    "--buffer-size-kb",
    "64",
    "-o",
    path,
  ]);
  // A stopped reader does not empty the rings.
  for (let stop = 0; stop < 3; stop += 1) {
    await wait(300);
    running.child.kill("SIGSTOP");
    await wait(700);
    running.child.kill("SIGCONT");
  }
  await wait(500);
  running.child.kill("SIGINT");
  t.is(await running.ended, 0, running.err());
  const walk = await verifyTpp(path);
  t.deepEqual(walk.damage, []);
  const { header, view, count } = await recordsOf(path);
  const values = new RecordValues(header.records!);
  const seen = new Map<number, number>();
  for (let at = 0; at < count * strideBytes; at += strideBytes) {
    const cpu = values.number("cpu")!(view, at);
    seen.set(cpu, Math.max(seen.get(cpu) ?? 0, values.number("refused")!(view, at)));
  }
  const placed = [...seen.values()].reduce((sum, refused) => sum + refused, 0);
  t.true(placed > 0);
  // What a CPU has lost behind its last record has no record to be seen in.
  t.true(walk.trailer!.lost.ring! >= placed, `${walk.trailer!.lost.ring} lost, ${placed} with a place`);
  t.regex(running.err(), /Raise --buffer-size-kb \(now 64\)/);
});

/** Programs and maps that some process still holds; others may capture on this machine, too. */
function heldIds(): Set<string> {
  const held = new Set<string>();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      for (const fd of readdirSync(`/proc/${pid}/fdinfo`)) {
        const text = readFileSync(`/proc/${pid}/fdinfo/${fd}`, "latin1");
        for (const [, kind, id] of text.matchAll(/^(prog|map)_id:\s+(\d+)$/gm)) held.add(`${kind} ${id}`);
      }
    } catch {
      // a process or a file that has gone meanwhile
    }
  }
  return held;
}

/** Programs and maps of ours that are in the kernel, though nobody holds them. */
const leftInKernel = (): string[] => {
  const ours = ["prog", "map"].flatMap((kind) =>
    (JSON.parse(tool(kind, "list", "-j")) as { id: number; name?: string }[])
      .filter(({ name }) => /^(on|tp|own)_|^(rings|counters|closing|owned|tcpprobe)/.test(name ?? ""))
      .map(({ id, name }) => ({ key: `${kind} ${id}`, name: name! })),
  );
  const held = heldIds();
  return ours.filter(({ key }) => !held.has(key)).map(({ name }) => name);
};

live(
  "50 captures killed at random moments, as they start too, leave nothing in the kernel and whole frames",
  async (t) => {
    t.timeout(300_000);
    const directory = temporaryDirectory(t);
    const chance = seededChance(11);
    const traffic = await startTraffic(t, 2000, 2);
    await goneWithin(t, 5000);
    for (let number = 0; number < 50; number += 1) {
      const path = join(directory, `${number}.tpp`);
      const args = ["--source", "bpf", "--port", String(traffic.port), "-o", path];
      if (number % 2 === 0) {
        const running = await startCapture(t, args);
        await wait(chance() * 1200);
        running.child.kill("SIGKILL");
        await running.ended;
        const { damage } = await verifyTpp(path);
        t.deepEqual(
          damage.filter(({ kind }) => kind !== "cut" && kind !== "checkpoint"),
          [],
        );
      } else {
        const starting = startCapture(t, args);
        await wait(200 + chance() * 500);
        spawnSync("pkill", ["-KILL", "-f", path]);
        await starting;
      }
      await goneWithin(t, 5000);
    }
  },
);

/** The kernel frees what a dead process had a moment later. */
async function goneWithin(t: ExecutionContext, ms: number): Promise<void> {
  const until = performance.now() + ms;
  let left = leftInKernel();
  while (left.length > 0 && performance.now() < until) {
    await wait(50);
    left = leftInKernel();
  }
  t.deepEqual(left, []);
}

live("without root, CAP_BPF and CAP_PERFMON are enough; with neither the error names them", async (t) => {
  const as = (capabilities: string, ...args: string[]) =>
    spawnSync(
      "setpriv",
      [
        ...["--reuid=65534", "--clear-groups", `--inh-caps=${capabilities}`, `--ambient-caps=${capabilities}`],
        ...[process.execPath, bin, "run", "--source", "bpf", ...args, "-o", "-"],
      ],
      { encoding: "buffer" },
    );
  const with_ = as("+bpf,+perfmon", "--duration", "0.2");
  t.is(with_.status, 0, with_.stderr.toString());
  const without = as("-all", "--duration", "0.2");
  t.is(without.status, 77);
  t.regex(without.stderr.toString(), /CAP_BPF and CAP_PERFMON/);
});

live("auto takes bpf where no module is loaded, and says what it lacks", async (t) => {
  const path = join(temporaryDirectory(t), "a.tpp");
  const { code, err } = await captureHere("run", "--duration", "0.2", "-o", path);
  t.is(code, 0, err);
  t.regex(err, /source bpf \(no module loaded\): BPF at the kernel's (functions|tracepoints|TCP functions)/);
});
