/**
 * Many flows are asked about together: how many queries a diagnosis makes, and how much a comparison prints, does not
 * grow with them.
 */
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import {
  analyze,
  fixture,
  headerOf,
  linesOf,
  opened,
  temporaryDirectory,
  writeCapture,
} from "../../../test/support/analyze.ts";
import { gatherFacts, heldWindowsOf } from "../../diagnose/facts.ts";

/** The beginning of one recorded transfer, again and again from other ports, a nanosecond apart each: synthetic. */
async function syntheticFlows(t: ExecutionContext, flows: number): Promise<string> {
  const lines = (await linesOf(fixture("kmod-loss"))).slice(0, 150).map((line) => line.split(" "));
  const text = lines.flatMap(([number, time, ...rest]) =>
    Array.from({ length: flows }, (_, flow) => {
      const [seconds, nanoseconds] = time!.split(".");
      const moment = `${seconds}.${String(Number(nanoseconds) + flow).padStart(9, "0")}`;
      return [number, moment, ...rest.map((field) => (field === "59700" ? String(20_000 + flow) : field))].join(" ");
    }),
  );
  return writeCapture(join(temporaryDirectory(t), `${flows}.tpp`), text.join(""), headerOf("probe"));
}

async function queriesFor(t: ExecutionContext, flows: number): Promise<{ queries: number; told: number }> {
  const trace = await opened(t, await syntheticFlows(t, flows));
  const { columns } = trace.database;
  let queries = 0;
  trace.database.columns = (sql: string) => {
    queries++;
    return columns.call(trace.database, sql);
  };
  const facts = await gatherFacts(trace, undefined);
  const held = await heldWindowsOf(trace, facts);
  t.is(facts.length, flows);
  return { queries, told: held.size };
}

test("a diagnosis asks as often for a hundred flows as for two", async (t) => {
  const [few, many] = [await queriesFor(t, 2), await queriesFor(t, 100)];
  t.is(many.queries, few.queries);
  t.deepEqual([few.told, many.told], [2, 100]);
});

test("compare shows twenty flows one by one, and says how many more there are", async (t) => {
  const path = await syntheticFlows(t, 50);
  const { out } = await analyze("compare", path, path);
  t.is(out.match(/^flow \d+ of each /gm)?.length, 20);
  t.regex(out, /\n30 further flows with fewer bytes acknowledged: --json and --csv have all\n$/);
  t.is(JSON.parse((await analyze("compare", path, path, "--json")).out).length, 2 * 51);
});
