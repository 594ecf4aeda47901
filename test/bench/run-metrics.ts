/** Every metric of one trace in one process, as a notebook computes them. */
import { openTrace } from "../../analyze/index.ts";
import { viewNames } from "../../analyze/views.ts";
import { tellUsage } from "./usage.ts";

const [, , path] = process.argv;
{
  await using trace = await openTrace([path!]);
  for (const name of viewNames.filter((name) => name !== "trace")) {
    await trace.need(name);
    await trace.rows(`SELECT count(COLUMNS(*)) FROM ${name}`);
  }
}
tellUsage();
