/** Binary records in the container: counted, cut and read by the layout that the header gives. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import test from "ava";
import { seededChance } from "../../../test/support/seeded-chance.ts";
import { makeHeader, temporaryDirectory } from "../../../test/support/tpp.ts";
import {
  fieldBytes,
  layoutProblem,
  type RecordLayout,
  RecordValues,
  readFrames,
  recoverTpp,
  type TppHeader,
  TppWriter,
  verifyTpp,
  walkTpp,
} from "../../index.ts";

/** A record with a newline's code in it, of a length that divides no power of two. */
const layout: RecordLayout = {
  version: 1,
  bytes: 23,
  sequence: "absolute",
  hz: 250,
  fields: [
    { name: "time_ns", type: "u64", offset: 0 },
    { name: "type", type: "u8", offset: 8 },
    { name: "sport", type: "u16be", offset: 9 },
    { name: "snd_cwnd", type: "u32", offset: 11 },
    { name: "frto_counter", type: "u8", offset: 15, only: { field: "type", value: 1 } },
  ],
};
const header = (records: unknown): TppHeader =>
  ({ ...makeHeader("a"), source: "bpf", text: "records", columns: null, records }) as TppHeader;

/** A header's frame, whatever is in it: the writer refuses to write such ones. */
function headerFrame(value: TppHeader): Buffer {
  const json = Buffer.from(JSON.stringify(value));
  const frame = Buffer.alloc(16 + json.length);
  frame.writeUInt32LE(0x184d2a50, 0);
  frame.writeUInt32LE(8 + json.length, 4);
  frame.write("TPPH", 8, "latin1");
  frame.writeUInt32LE(crc32(json, crc32("TPPH")), 12);
  json.copy(frame, 16);
  return frame;
}

/** `synthetic` records: numbers that say which one it is. */
function synthetic(count: number): Buffer {
  const bytes = Buffer.alloc(count * layout.bytes, 10);
  for (let index = 0; index < count; index += 1) {
    bytes.writeBigUInt64LE(BigInt(index) * 1_000_000n, index * layout.bytes);
    bytes.writeUInt16BE(index % 65536, index * layout.bytes + 9);
    bytes.writeUInt32LE(index, index * layout.bytes + 11);
  }
  return bytes;
}

test("records are counted by their length, and frames are cut between them, however the bytes came", async (t) => {
  const directory = temporaryDirectory(t);
  const bytes = synthetic(5000);
  for (const chunkBytes of [1, 23, 1000, bytes.length]) {
    const path = join(directory, `${chunkBytes}.tpp`);
    const writer = await TppWriter.create(path, header(layout), { frameBytes: 10_000 });
    for (let at = 0; at < bytes.length; at += chunkBytes)
      if (!writer.write(bytes.subarray(at, at + chunkBytes))) await writer.drained();
    t.is((await writer.close({ reason: "duration" })).lines, 5000);
    const walk = await verifyTpp(path);
    t.deepEqual(walk.damage, []);
    t.true(walk.frames.length > 10);
    const read: Buffer[] = [];
    for await (const { raw, frame } of readFrames(path, walk)) {
      t.is(raw.length, frame.lines * layout.bytes);
      read.push(raw);
    }
    t.true(Buffer.concat(read).equals(bytes));
  }
});

test("a cut file of records is recovered to its last whole frame", async (t) => {
  const directory = temporaryDirectory(t);
  const path = join(directory, "a.tpp");
  const writer = await TppWriter.create(path, header(layout), { frameBytes: 10_000 });
  writer.write(synthetic(2000));
  await writer.flush();
  const cut = join(directory, "cut.tpp");
  const whole = readFileSync(path);
  const last = (await walkTpp(path)).checkpoints.at(-1)!;
  writeFileSync(cut, whole.subarray(0, last.offset + last.compressed_bytes - 1));
  await writer.close({ reason: "duration" });
  const recovered = await recoverTpp(cut, join(directory, "b.tpp"));
  t.is(recovered.lines, 4 * Math.floor(10_000 / layout.bytes));
  t.deepEqual((await verifyTpp(join(directory, "b.tpp"))).damage, []);
});

const field = (more: object): unknown => ({ ...layout, fields: [{ name: "type", type: "u8", offset: 0, ...more }] });
const senseless: readonly (readonly [string, unknown])[] = [
  ["nothing", undefined],
  ["a text", "records"],
  ["another version", { ...layout, version: 2 }],
  ["no length", { ...layout, bytes: 0 }],
  ["a length of 4 GiB", { ...layout, bytes: 2 ** 32 }],
  ["half a byte", { ...layout, bytes: 2.5 }],
  ["no ticks", { ...layout, hz: 0 }],
  ["fields that are no list", { ...layout, fields: {} }],
  ["a field that is null", { ...layout, fields: [null] }],
  ["a field outside the record", field({ offset: 23 })],
  ["a field that crosses its end", field({ type: "u64", offset: 16 })],
  ["a field before it", field({ offset: -1 })],
  ["a field at no place", field({ offset: Number.NaN })],
  ["an unknown type", field({ type: "u128" })],
  ["a type that every object has", field({ type: "constructor" })],
  ["no name", field({ name: "" })],
  ["a name that is no name", field({ name: "a; DROP TABLE trace" })],
  ["two fields of a name", { ...layout, fields: [...layout.fields, ...layout.fields] }],
  ["a condition on a field that is not there", field({ only: { field: "x", value: 1 } })],
  ["a condition on itself that cannot hold", field({ only: { field: "type", value: 256 } })],
];

for (const [what, records] of senseless) {
  test(`a layout that makes no sense is damage and never a read: ${what}`, async (t) => {
    t.not(layoutProblem(records), null);
    t.throws(() => new RecordValues(records as RecordLayout), { instanceOf: RangeError });
    const path = join(temporaryDirectory(t), "a.tpp");
    writeFileSync(path, headerFrame(header(records)));
    const walk = await walkTpp(path);
    t.is(walk.header, null);
    t.true(walk.damage.some(({ kind }) => kind === "header"));
  });
}

test("synthetic layouts at random: refused, or every value of the last record lies inside it", (t) => {
  const chance = seededChance(20261127);
  const whole = (from: number, to: number): number => from + Math.floor(chance() * (to - from + 1));
  const types = [...Object.keys(fieldBytes), "u128"];
  const names = ["time_ns", "type", "family", "saddr", "daddr", "sport", "cong", "comm"];
  let taken = 0;
  for (let turn = 0; turn < 20_000; turn += 1) {
    const bytes = chance() < 0.02 ? whole(-2, 2 ** 32) : whole(1, 64);
    const fields = names.slice(0, whole(0, names.length)).map((name) => ({
      name,
      type: types[whole(0, types.length - 1)],
      offset: chance() < 0.05 ? whole(-(2 ** 31), 2 ** 32) : whole(0, Math.max(0, bytes - 1)),
    }));
    const described = { ...layout, bytes, fields } as RecordLayout;
    if (layoutProblem(described) !== null) {
      t.throws(() => new RecordValues(described), { instanceOf: RangeError });
      continue;
    }
    taken += 1;
    const values = new RecordValues(described);
    const count = whole(1, 3);
    const view = new DataView(new ArrayBuffer(count * bytes));
    for (const { name } of described.fields)
      for (const get of [values.number(name), values.bigint(name), values.text(name), values.address(name)])
        t.notThrows(() => get?.(view, (count - 1) * bytes), JSON.stringify(described));
  }
  t.true(taken > 1000, `${taken} taken`);
});

test("values are read where the layout says, and only with their own type", (t) => {
  const values = new RecordValues(layout);
  const bytes = synthetic(300);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const at = 258 * layout.bytes;
  t.is(values.bigint("time_ns")!(view, at), 258_000_000n);
  t.is(values.number("sport")!(view, at), 258);
  t.is(values.number("snd_cwnd")!(view, at), 258);
  t.is(values.number("time_ns"), null, "64 bits are no number");
  t.is(values.bigint("sport"), null);
  t.is(values.number("ssthresh"), null, "not in these records");
  t.throws(() => values.number("snd_cwnd")!(view, bytes.length - 8), { instanceOf: RangeError });
});

test("addresses are the documented text", (t) => {
  const values = new RecordValues({
    ...layout,
    fields: [
      { name: "family", type: "u8", offset: 0 },
      { name: "saddr", type: "bytes16", offset: 1 },
    ],
  });
  const shown = (family: number, hex: string): string => {
    const bytes = Buffer.alloc(23);
    bytes[0] = family;
    bytes.write(hex, 1, "hex");
    return values.address("saddr")!(new DataView(bytes.buffer, bytes.byteOffset, 23), 0);
  };
  t.is(shown(2, "0a000201"), "10.0.2.1");
  t.is(shown(10, "fd000001000000000000000000000001"), "fd00:1::1");
  t.is(shown(10, "00000000000000000000000000000001"), "::1");
  t.is(shown(10, "00000000000000000000000000000000"), "::");
  t.is(shown(10, "20010db8000000010001000100010001"), "2001:db8:0:1:1:1:1:1", "one group of zeros stays");
  t.is(shown(10, "20010000000000010000000000000001"), "2001:0:0:1::1", "the longest run of zeros goes");
  t.is(shown(10, "20010db80000000000010000000000010"), "2001:db8::1:0:0:1", "of equal runs the first");
});
