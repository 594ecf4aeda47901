/** Every metric of one trace in one process, as a notebook computes them, with the given cache directory. */
import { openTrace } from "../../analyze/index.ts";
import { viewNames } from "../../analyze/trace/views.ts";
import { tellUsage } from "./usage.ts";

const [, , path, directory] = process.argv;
{
  await using trace = await openTrace([path!], { cache: { directory } });
  for (const name of viewNames.filter((name) => name !== "trace")) {
    await trace.need(name);
    await trace.rows(`SELECT count(COLUMNS(*)) FROM ${name}`);
  }
}
tellUsage();
