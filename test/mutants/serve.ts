/** Faults of following a capture, and of serving it: who may ask, what, and what comes. */
import { type Mutant, suite } from "./mutant.ts";

const access = suite("analyze/test/serve/access");
const sql = suite("analyze/test/serve/sql");
const series = suite("analyze/test/serve/series");
const records = suite("analyze/test/records/follow");
const views = suite("analyze/test/trace/follow");
const turns = suite("analyze/test/serve/turns");
const sketch = suite("analyze/test/serve/sketch");
const command = suite("analyze/test/serve/command");

export const serveMutants: readonly Mutant[] = [
  {
    id: "V01",
    fault: "serve: any token is right",
    file: "analyze/serve/access.ts",
    find: "timingSafeEqual(digestOf(text), this.#token)",
    replace: "timingSafeEqual(this.#token, this.#token)",
    suites: access,
  },
  {
    id: "V02",
    fault: "serve: any name may lead here",
    file: "analyze/serve/access.ts",
    find: "isIP(address) !== 0 && (",
    replace: "(isIP(address) === 0 || ",
    suites: access,
  },
  {
    id: "V03",
    fault: "serve: pages of other sites may ask",
    file: "analyze/serve/access.ts",
    find: "if (origin !== undefined && origin !== `http://${host}`)",
    replace: "if (origin === `https://${host}`)",
    suites: access,
  },
  {
    id: "V04",
    fault: "serve: a body may be of the type that forms of other sites send",
    file: "analyze/serve/server.ts",
    find: "if (!/^application\\/json\\b/.test(",
    replace: "if (!/^/.test(",
    suites: sql,
  },
  {
    id: "V05",
    fault: "serve: queries may call functions that read files",
    file: "analyze/serve/sql.ts",
    find: "if (reading !== undefined)",
    replace: 'if (reading === "nothing")',
    suites: sql,
  },
  {
    id: "V06",
    fault: "serve: queries may read tables that are no views",
    file: "analyze/serve/sql.ts",
    find: "if (names.has(table.toLowerCase()) ||",
    replace: "if (table !== '' ||",
    suites: sql,
  },
  {
    id: "V07",
    fault: "serve: a cut answer does not say so",
    file: "analyze/serve/sql.ts",
    find: "if (rows.length === mostRows || bytes > mostBytes) return true;",
    replace: "if (rows.length === mostRows || bytes > mostBytes) return false;",
    suites: sql,
  },
  {
    id: "V08",
    fault: "serve: the query of a client that is gone runs on",
    file: "analyze/serve/server.ts",
    find: 'if (!response.writableFinished) gone.abort(new Error("the client went away"));',
    replace: "",
    suites: sql,
  },
  {
    id: "V09",
    fault: "serve: a turn is not passed on",
    file: "analyze/serve/turns.ts",
    find: "if (next) next.begin();",
    replace: "if (next) this.#running++;",
    suites: turns,
  },
  {
    id: "V10",
    fault: "serve: lines do not come from before the range",
    file: "analyze/serve/series.ts",
    find: "joined(before.get(quantity)?.get(flow),",
    replace: "joined(undefined,",
    suites: series,
  },
  {
    id: "V11",
    fault: "serve: bins at the border of the range lack the records beyond it",
    file: "analyze/serve/series.ts",
    find: "const from_us = Math.floor(microsecondOf(from_s) / width) * width;",
    replace: "const from_us = microsecondOf(from_s);",
    suites: series,
  },
  {
    id: "V12",
    fault: "serve: pages are not told of the whole model",
    file: "analyze/serve/serve.ts",
    find: "shared.onModel = () => server.tell();",
    replace: "",
    suites: sketch,
  },
  {
    id: "V13",
    fault: "serve: links out of a directory are served",
    file: "analyze/commands/serve.ts",
    find: "if (!target.startsWith(folder + sep))",
    replace: "if (target === folder)",
    suites: command,
  },
  {
    id: "V14",
    fault: "follow: records are handed on before later ones of another CPU can come",
    file: "analyze/records/pass.ts",
    find: "this.#isIdle ? 0 : settledNs",
    replace: "0",
    suites: records,
  },
  {
    id: "V15",
    fault: "follow: losses are counted anew from what an earlier look left",
    file: "analyze/records/losses.ts",
    find: "this.#holes.map((hole) => ({ ...hole }))",
    replace: "this.#holes",
    suites: [...records, ...views],
  },
  {
    id: "V16",
    fault: "follow: a file of the same name is the same file",
    file: "tpp/read/follow.ts",
    find: "named.dev !== dev || named.ino !== ino",
    replace: "named.dev !== dev",
    suites: records,
  },
  {
    id: "V17",
    fault: "follow: the next file of a set is any of its files",
    file: "analyze/captures/growing.ts",
    find: "found.set.number === number + 1",
    replace: "found.set.number !== number",
    suites: records,
  },
  {
    id: "V18",
    fault: "follow: each growth numbers its records from 1",
    file: "analyze/records/table.ts",
    find: "goesOn ? this.#records + 1 : 1",
    replace: "1",
    suites: views,
  },
  {
    id: "V19",
    fault: "follow: tables made from the records before stay as they are",
    file: "analyze/trace/trace.ts",
    find: "if (isNew) for (const name of sqlTables)",
    replace: "if (!isNew) for (const name of sqlTables)",
    suites: views,
  },
  {
    id: "V20",
    fault: "follow: connections of two captures have the same numbers",
    file: "analyze/trace/open.ts",
    find: "before += part.grows ? mostFlows : part.flows;",
    replace: "before += part.grows ? mostFlows : 0;",
    suites: views,
  },
];
