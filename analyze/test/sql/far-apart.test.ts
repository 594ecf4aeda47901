/**
 * What tells of a timeout may lie far away in the capture: with thousands of another connection's records between any
 * two of the expiry's own, each golden case of timeouts gives the same rows.
 */
import { join } from "node:path";
import test from "ava";
import { analyze, headerOf, temporaryDirectory, writeCapture } from "../../../test/support/analyze.ts";
import { goldenCases } from "../../../test/support/golden.ts";

const cases = goldenCases().filter(({ read }) => /\bFROM rto_events\b/.test(read("query.sql")));

/** More than whatever is looked at at a time. */
const between = 2100;

const strangers = { trace_pipe: strangersEvent, probe: strangersRecord } as const;

/** A segment that another connection received at the time of `line`, and on its CPU. */
function strangersEvent(line: string): string {
  const [head] = / +\[\d+\] \S+ +[\d.]+: /.exec(line) ?? [];
  return head === undefined
    ? ""
    : `other-1${head}tcp_probe: family=AF_INET src=10.9.9.1:9001 dest=10.9.9.2:9002 mark=0x0 data_len=0 snd_nxt=0x2 snd_una=0x1 snd_cwnd=10 ssthresh=2147483647 snd_wnd=65536 srtt=50000 rcv_wnd=64512 sock_cookie=1 skbaddr=0000000000000001 skaddr=0000000000000002\n`;
}

function strangersRecord(line: string): string {
  const time = line.split(" ")[1];
  return `0 ${time} 10.9.9.1 9001 10.9.9.2 9002 0 0x10 1 2 0 2 1 2 1 10 2147483647 65536 400000 1000 200000 250 1 0 0 0 0 0 0 500000\n`;
}

for (const { name, read, header } of cases) {
  test(`${name.replaceAll("-", " ")}, with ${between} records of another connection between any two`, async (t) => {
    const lines = read("trace.txt").split(/(?<=\n)/);
    // From the second line on, so that the stranger is the last connection to be numbered.
    const text = lines
      .map((line, index) => line + (index === 0 ? "" : strangers[header.text](line).repeat(between)))
      .join("");
    const path = await writeCapture(join(temporaryDirectory(t), "far.tpp"), text, headerOf(header.text, header));
    const { code, out, err } = await analyze("sql", "--csv", "--no-cache", "--", path, read("query.sql"));
    t.is(code, 0, err);
    t.is(out, read("expected.csv"));
    t.false(/left out/.test(err), err);
  });
}

test("there are such cases of both kinds of text", (t) => {
  const texts = cases.map(({ header }) => header.text);
  t.deepEqual([...new Set(texts)].sort(), ["probe", "trace_pipe"]);
  t.true(cases.length >= 5);
});
