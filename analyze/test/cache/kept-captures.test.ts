/** What a kept capture must tell again: everything that parsing it told. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import {
  analyze,
  fixture,
  headerOf,
  linesOf,
  temporaryDirectory,
  writeCapture,
} from "../../../test/support/analyze.ts";
import { openTrace } from "../../index.ts";

async function toldOf(t: ExecutionContext, path: string, directory: string) {
  const trace = await openTrace([path], { cache: { directory, minTextBytes: 0 } });
  t.teardown(() => trace[Symbol.asyncDispose]());
  const [{ records, rejected, damage, incomplete }] = trace.captures as [(typeof trace.captures)[0]];
  return { records, rejected, damage, incomplete };
}

test("lines that were left out are told by the second command as by the first", async (t) => {
  const directory = temporaryDirectory(t);
  const lines = (await linesOf(fixture("kmod-loss"))).slice(0, 300);
  lines.splice(100, 0, "no record at all\n");
  lines.splice(200, 0, "1 2 3\n", "1 2 3\n");
  const path = await writeCapture(join(directory, "rejected.tpp"), lines.join(""), headerOf("probe"));
  const kept = join(directory, "kept");
  const first = await toldOf(t, path, kept);
  t.deepEqual(
    first.rejected.map(({ line, count }) => [line, count]),
    [
      ["1 2 3", 2],
      ["no record at all", 1],
    ],
  );
  t.true(readdirSync(kept).length > 0);
  t.deepEqual(await toldOf(t, path, kept), first);
});

test("a capture that is not kept tells them too", async (t) => {
  const directory = temporaryDirectory(t);
  const lines = (await linesOf(fixture("kmod-loss"))).slice(0, 300);
  const path = await writeCapture(join(directory, "x.tpp"), `${lines.join("")}nothing\n`, headerOf("probe"));
  const { code, err } = await analyze("flows", "--no-cache", path);
  t.is(code, 0);
  t.regex(err, /nothing/);
});

test("connections of several captures are numbered through, whichever of the captures are kept", async (t) => {
  const paths = ["shaped-loss", "kmod-loss", "kmod-ipv6"].map(fixture);
  const directory = join(temporaryDirectory(t), "kept");
  for (const turn of ["parsed", "kept"]) {
    const trace = await openTrace(paths, { cache: { directory, minTextBytes: 0 } });
    t.teardown(() => trace[Symbol.asyncDispose]());
    t.deepEqual(
      await trace.rows(
        "SELECT capture, count(*) AS flows, min(flow) AS first, max(flow) AS last FROM flows GROUP BY ALL ORDER BY 1",
      ),
      [
        { capture: 1, flows: 4, first: 1, last: 4 },
        { capture: 2, flows: 2, first: 5, last: 6 },
        { capture: 3, flows: 2, first: 7, last: 8 },
      ],
      turn,
    );
    t.deepEqual(
      await trace.rows("SELECT flow, sport FROM flows WHERE capture = 3 ORDER BY flow"),
      [
        { flow: 7, sport: 37954 },
        { flow: 8, sport: 5001 },
      ],
      turn,
    );
  }
});
