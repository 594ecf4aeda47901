/**
 * The same command twice gives the same bytes. `npm run same-bytes` asks every command and format over all fixtures.
 */
import test from "ava";
import { fixture } from "../support/captures.ts";
import { askTwice } from "./twice.ts";

/** One of each way in which something leaves. */
const names = [
  "info.object",
  "flows",
  "flows--json",
  "flows--csv",
  "diagnose.object",
  "check.xml",
  "trace.parquet",
  "trace.arrow",
  "limits_by_window.arrow",
  "plot-cwnd.svg",
  "plot-cwnd.png",
  "plot-limits.html",
];

for (const capture of ["kmod-loss-extended", "loopback"]) {
  test(`of ${capture}, every kind of output is the same twice`, (t) => {
    const { files, different } = askTwice(fixture(capture), { names });
    const written = names.filter((name) => /\.(xml|parquet|arrow|svg|png|html)$/.test(name));
    t.is(files, names.length + written.length); // what was said, and what was written
    t.deepEqual(different, []);
  });
}
