/**
 * One run through the module's text and through its binary: its own kmod/format.c, compiled here, writes the lines of
 * records that it gave in binary, with the extended fields and without. Its kmod/binary.c says that the recordings have
 * the layout of today.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { readFrames, walkTpp } from "@tcpprobe-plus/tpp";
import type { ExecutionContext } from "ava";
import { parseLayout } from "../../capture/module/statistics.ts";
import { opened, temporaryDirectory, writeCapture } from "../support/analyze.ts";
import { requires } from "../support/requires.ts";

const test = requires({ tools: ["gcc"], also: { "an x86-64 machine, as the recording's": process.arch === "x64" } });

const folder = new URL("../fixtures/side-by-side/binary/", import.meta.url);
const kmod = fileURLToPath(new URL("../../kmod", import.meta.url));

/** What format.c, binary.c and record.h take of the kernel. */
const kernel = (hz: number): string => `
#pragma once
#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/inet_diag.h>
typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
#define HZ ${hz}
#define U32_MAX UINT32_MAX
#define NSEC_PER_SEC 1000000000L
#define USEC_PER_SEC 1000000L
#define TCP_CA_NAME_MAX 16
#define ALIGN(value, to) (((value) + (to) - 1) / (to) * (to))
#define offsetofend(type, member) (offsetof(type, member) + sizeof(((type *)0)->member))
#define sizeof_field(type, member) sizeof(((type *)0)->member)
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define ____cacheline_aligned __attribute__((aligned(64)))
struct seq_file;
#define seq_printf(seq, ...) printf(__VA_ARGS__)
#define seq_putc(seq, character) putchar(character)
static inline u64 div_u64_rem(u64 value, u32 by, u32 *rest) { *rest = value % by; return value / by; }
static inline u32 jiffies_to_msecs(u32 value) { return (value * 1000ULL + HZ - 1) / HZ; }
/* "%pI6c" alone is asked for */
static inline int print_address(char *out, const struct in6_addr *address)
{
	inet_ntop(AF_INET6, address, out, INET6_ADDRSTRLEN);
	return strlen(out);
}
#define sprintf(out, form, address) print_address(out, address)
`;
const headers = [
  ...["build_bug", "in6", "jiffies", "kernel", "math64", "seq_file", "string", "time64"].map(
    (name) => `linux/${name}.h`,
  ),
  "net/tcp.h",
];

/** `main layout BYTES`, `main fields EXTENDED`, or `main ZERO_NS BYTES`: records in, lines out. */
const program = `
#include "format.c"
#include "binary.h"
int main(int argc, char **argv)
{
	size_t bytes = atoi(argv[2]);
	struct tcpp_record record = {};
	char line[TCPP_LINE_MAX];

	if (!strcmp(argv[1], "layout"))
		tcpp_binary_show(NULL, bytes);
	else if (!strcmp(argv[1], "fields"))
		tcpp_format_fields(NULL, bytes);
	else
		while (fread(&record, bytes, 1, stdin) == 1)
			fwrite(line, 1, tcpp_format_record(line, &record, record.lost_before,
							   strtoull(argv[1], NULL, 10)), stdout);
	return 0;
}
`;

/** The module's own code as a program. */
function compiled(t: ExecutionContext, hz: number): (input: Buffer, ...args: unknown[]) => string {
  const folder = temporaryDirectory(t);
  writeFileSync(join(folder, "shim.h"), kernel(hz));
  for (const name of headers) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), '#include "shim.h"\n');
  }
  writeFileSync(join(folder, "main.c"), program);
  const target = join(folder, "format");
  const sources = [join(folder, "main.c"), join(kmod, "binary.c")];
  execFileSync("gcc", ["-O1", "-include", "shim.h", "-I", folder, "-I", kmod, ...sources, "-o", target]);
  return (input, ...args) =>
    spawnSync(target, args.map(String), { input, maxBuffer: 1 << 30, encoding: "latin1" }).stdout;
}

for (const [name, title, fields, onlyBinary] of [
  ["extended", "all fields", 45, []],
  ["plain", "the 30 documented fields", 30, ["record", "connection", "netns"]],
] as const) {
  test(`a capture through the module's text and through its binary: equal rows in every column of every view (${title})`, async (t) => {
    const path = fileURLToPath(new URL(`${name}.tpp`, folder));
    const walk = await walkTpp(path);
    const { records, ...header } = walk.header!;
    const frames: Buffer[] = [];
    for await (const { raw } of readFrames(path, walk)) frames.push(raw);
    const zero = header.clock.monotonic_ns;
    const run = compiled(t, records!.hz);
    t.deepEqual(parseLayout(/^Binary: (.*)$/m.exec(run(Buffer.alloc(0), "layout", records!.bytes))?.[1]), records);
    const columns = run(Buffer.alloc(0), "fields", fields > 30 ? 1 : 0).split(" ");
    t.is(columns.length, fields);
    const lines = Buffer.from(run(Buffer.concat(frames), zero, records!.bytes), "latin1");
    const asText = await writeCapture(join(temporaryDirectory(t), "text.tpp"), lines, {
      ...header,
      text: "probe",
      columns,
      clock: { ...header.clock, zero_monotonic_ns: zero },
    });
    const [text, binary] = [await opened(t, asText), await opened(t, path)];
    for (const view of ["trace", "intervals", "rtt_samples", "flows", "rto_events", "episodes"]) {
      const own = view === "trace" ? ["capture", ...onlyBinary] : ["capture"];
      const sql = `SELECT * EXCLUDE (${own.join(", ")}) FROM ${view} ORDER BY ALL`;
      await text.need(view as "trace");
      await binary.need(view as "trace");
      const [fromText, fromBinary] = [await text.rows(sql), await binary.rows(sql)];
      t.true(fromText.length > 0, view);
      t.is(fromText.length, fromBinary.length, view);
      const first = fromText.findIndex((row, index) => JSON.stringify(row) !== JSON.stringify(fromBinary[index]));
      t.is(first, -1, `${view}: ${JSON.stringify(fromText[first])}, ${JSON.stringify(fromBinary[first])}`);
    }
  });
}
