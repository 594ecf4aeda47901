/** Runs one `analyze` command line as analyze/bin/analyze.js does, and tells the parent what it used. */
import { keepCode } from "@tcpprobe-plus/tpp/code-cache";

keepCode();
const { main } = await import("../../analyze/cli.ts");
const { tellUsage } = await import("./usage.ts");
process.exitCode = await main(["node", "analyze", ...process.argv.slice(2)]);
tellUsage();
