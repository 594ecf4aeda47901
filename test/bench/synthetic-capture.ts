/** Synthetic text as a capture. */
import { createReadStream } from "node:fs";
import { documentedWireNames, type TppHeader, TppWriter } from "@tcpprobe-plus/tpp";

export async function writeTpp(textPath: string, tppPath: string): Promise<void> {
  const header: TppHeader = {
    format: 1,
    capture_id: "synthetic",
    tool: { name: "bench", version: "0" },
    source: "synthetic",
    text: "probe",
    columns: documentedWireNames,
    kernel: { release: "none", version: "none", machine: "none", hz: null },
    clock: { realtime_ns: "1700000000000000000", monotonic_ns: "0", zero_monotonic_ns: "0" },
    filters: { port: null },
    module_sysctl: null,
    sysctl: {},
    interfaces: [],
    command_line: ["npm", "run", "bench"],
    notes: ["synthetic records: they mean nothing"],
  };
  const writer = await TppWriter.create(tppPath, header);
  for await (const chunk of createReadStream(textPath, { highWaterMark: 4 << 20 })) {
    if (!writer.write(chunk as Buffer)) await writer.drained();
  }
  await writer.close({ reason: "source ended" });
}
