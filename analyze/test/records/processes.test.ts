/** Which process opened or accepted a connection, as the records of the source bpf tell it once. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readFrames, walkTpp } from "@tcpprobe-plus/tpp";
import test, { type ExecutionContext } from "ava";
import { analyze, opened, temporaryDirectory, writeCapture } from "../../../test/support/analyze.ts";

const path = fileURLToPath(new URL("../../../test/fixtures/side-by-side/bpf.tpp", import.meta.url));
const typeProcess = 12;

/** The fixture with each process record changed, or left out where `change` says false. */
async function changed(
  t: ExecutionContext,
  change: (record: Buffer, offsetOf: (name: string) => number) => boolean,
  frameBytes = 1 << 20,
): Promise<string> {
  const walk = await walkTpp(path);
  const header = walk.header!;
  const { bytes: stride, fields } = header.records!;
  const offsetOf = (name: string): number => fields.find((field) => field.name === name)!.offset;
  const frames: Buffer[] = [];
  for await (const { raw } of readFrames(path, walk)) frames.push(raw);
  const bytes = Buffer.concat(frames);
  const kept: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += stride) {
    const record = bytes.subarray(at, at + stride);
    if (record[offsetOf("type")] !== typeProcess || change(record, offsetOf)) kept.push(record);
  }
  return writeCapture(join(temporaryDirectory(t), "a.tpp"), Buffer.concat(kept), header, { frameBytes });
}

test("each connection opened or accepted has its process, on all its records, the same at any cut into frames", async (t) => {
  const sql =
    "SELECT saddr, sport, dport, pid, comm, cgroup_id, (SELECT count(*) FROM trace WHERE trace.flow = flows.flow AND pid IS NULL) AS without FROM flows ORDER BY flow";
  const rows = await (await opened(t, path)).rows(sql);
  const tcp = rows.filter(({ comm }) => comm === "tcp");
  // Four were accepted by who had waited in accept() since before the capture, of which this recording does not tell.
  t.is(tcp.length, 17);
  t.is(rows.length, 21);
  t.true(tcp.every(({ pid, cgroup_id, without }) => Number(pid) > 1 && Number(cgroup_id) > 0 && Number(without) === 0));
  t.deepEqual(await (await opened(t, await changed(t, () => true, 5000))).rows(sql), rows);
});

test("without such records it is not known", async (t) => {
  const trace = await opened(t, await changed(t, () => false));
  const sql =
    "SELECT count(pid) AS pids, count(comm) AS comms, count(cgroup_id) AS cgroups, count(*) > 0 AS some FROM flows";
  t.deepEqual(await trace.rows(sql), [{ pids: 0, comms: 0, cgroups: 0, some: true }]);
});

test("a process's name is foreign text: nothing of it reaches a terminal as a command", async (t) => {
  const name = Buffer.from("\u001b]0;x\u0007\u202e'\"\0\0\0\0", "latin1");
  const file = await changed(t, (record, offsetOf) => {
    record.set(name.subarray(0, 16), offsetOf("comm"));
    return true;
  });
  const { out, code } = await analyze("sql", file, "SELECT DISTINCT comm FROM flows WHERE comm IS NOT NULL");
  t.is(code, 0);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
  t.notRegex(out, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  t.regex(out, /0;x/);
});
