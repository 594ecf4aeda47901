/** Runs one `analyze` command line and tells the parent its peak memory. */
import { main } from "../../analyze/cli.ts";
import { tellUsage } from "./usage.ts";

process.exitCode = await main(["node", "analyze", ...process.argv.slice(2)]);
tellUsage();
