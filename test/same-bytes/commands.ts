/** What `analyze` can be asked of one capture: every command in every format, with the names of what it writes. */
import { plotNames } from "../../analyze/plots/names.ts";
import { viewNames } from "../../analyze/trace/views.ts";

export interface Asked {
  readonly name: string;
  readonly args: readonly string[];
}

const printed = (name: string, ...args: string[]): Asked => ({ name, args });
const written = (name: string, ...args: string[]): Asked => ({ name, args: [...args, "-o", name] });

export function everyCommand(path: string): Asked[] {
  const asked: Asked[] = [
    printed("info", "info", path),
    printed("info.settings", "info", path, "--settings"),
    printed("info.object", "info", path, "--json"),
    printed("verify", "verify", path),
    printed("diagnose", "diagnose", path),
    printed("diagnose.object", "diagnose", path, "--json"),
    printed("check", "check", path, "--assert", "goodput_bps > 1e6", "--assert", "sum(rtos) = 0"),
    { name: "check.xml", args: ["check", path, "--assert", "goodput_bps > 1e6", "--junit", "check.xml", "--json"] },
    written("trace.parquet", "convert", path),
    written("trace.arrow", "convert", path),
    written("trace.csv", "convert", path),
  ];
  for (const command of ["flows", "events", "compare"]) {
    const files = command === "compare" ? [path, path] : [path];
    for (const format of [[], ["--json"], ["--csv"]])
      asked.push(printed([command, ...format].join(""), command, ...files, ...format));
  }
  for (const metric of viewNames.filter((name) => name !== "trace"))
    for (const format of ["parquet", "arrow", "csv", "json"])
      asked.push(written(`${metric}.${format}`, "metrics", path, metric));
  for (const plot of plotNames)
    for (const format of ["svg", "png", "pdf", "html", "json"])
      asked.push(written(`plot-${plot}.${format}`, "plot", path, plot));
  return asked;
}
