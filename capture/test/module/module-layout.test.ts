/** The layout of the module's binary records, as its statistics file describes it. */
import { RecordValues } from "@tcpprobe-plus/tpp";
import test from "ava";
import { parseLayout, parseStatistics } from "../../module/statistics.ts";

/** The beginning and the end of the line on Linux 6.1, with extended=1. */
const line =
  "bytes 248 hz 250 record:u64:0 time_ns:u64:8 saddr:bytes16:32 family:u8:149 extended:u8:153 timer_kind:u8:245:extended=1 " +
  "cong_kind:u8:244:extended=1 cubic_cnt:u32:212:cong_kind=2";

test("the line becomes a layout that readers take", (t) => {
  const layout = parseStatistics(`Flows: active 0 mem 0K\nBinary: ${line}\nVersion: 2.1.0\n`).layout!;
  t.deepEqual([layout.bytes, layout.hz, layout.sequence], [248, 250, "relative"]);
  t.deepEqual(layout.fields[0], { name: "record", type: "u64", offset: 0 });
  t.deepEqual(layout.fields.at(-1), {
    name: "cubic_cnt",
    type: "u32",
    offset: 212,
    only: { field: "cong_kind", value: 2 },
  });
  t.notThrows(() => new RecordValues(layout));
});

for (const [what, text] of [
  ["no line", undefined],
  ["an older module's", ""],
  ["a field beyond the record", "bytes 64 hz 250 record:u64:60"],
  ["a type that is none", "bytes 64 hz 250 record:u63:0"],
  ["no number", "bytes 64 hz 250 record:u64:x"],
  ["half a line", "bytes 64 hz 250"],
] as const)
  test(`no layout is made of ${what}`, (t) => t.is(parseLayout(text), null));
