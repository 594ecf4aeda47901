/** Runs one `analyze` command line and tells the parent its peak memory. */
import { main } from "../../analyze/cli.ts";

process.exitCode = await main(["node", "analyze", ...process.argv.slice(2)]);
process.send?.({ peakBytes: process.resourceUsage().maxRSS * 1024 });
process.disconnect?.();
