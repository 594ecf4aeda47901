/**
 * answers.ts CAPTURE DIRECTORY [NAME…]: everything that `analyze` says and writes of a capture, as files of a
 * directory.
 */
import { writeFileSync } from "node:fs";
import { main } from "../../analyze/cli.ts";
import { everyCommand } from "./commands.ts";

const [, , capture, directory, ...names] = process.argv;
process.chdir(directory!);
for (const { name, args } of everyCommand(capture!)) {
  if (names.length > 0 && !names.includes(name)) continue;
  const said: Buffer[] = [];
  const sink = { write: (chunk: string | Uint8Array) => said.push(Buffer.from(chunk)) };
  const code = await main(["node", "analyze", ...args, "--no-cache"], { stdout: sink, stderr: sink, columns: 120 });
  writeFileSync(`${name}.said`, Buffer.concat([...said, Buffer.from(`exit code ${code}\n`)]));
}
