/** A synthetic capture of many flows, for pictures of many: the documented text, every number made up. */
import { headerOf, writeCapture } from "../../../test/support/analyze.ts";

/** Flows that send for ten seconds: windows that grow and are halved, and a round trip of 50 ms and more. */
export function syntheticFlows(path: string, flows: number, records = 40): Promise<string> {
  const lines: string[] = [];
  for (let step = 0; step < records; step++)
    for (let flow = 0; flow < flows; flow++) {
      const t = 1 + (10 * step) / records + flow * 1e-6;
      const cwnd = 10 + ((step * (1 + (flow % 7))) % 60);
      const una = 1 + step * 14_480 * (1 + (flow % 5));
      const next = una + cwnd * 1448;
      const srtt = (50_000 + 1000 * ((step * 7 + flow) % 40)) * 8;
      const lost = step > 0 && step % 13 === flow % 13 ? 1 : 0;
      const fields = [
        ...(step === 0 ? [3] : [0]),
        ...[t.toFixed(9), `10.1.${flow >> 8}.${flow & 255}`, 40_000 + flow, "10.2.0.1", 5001],
        ...[0, "0x10", 1, una + 1448, lost ? 3 : 0, next, una, next + 1448, next + 1448 - una, cwnd, 64, 200_000],
        ...[srtt, srtt >> 4, srtt >> 4, 250, cwnd, lost, 0, lost, Math.floor(step / 13), 0, 0, 1_250_000],
      ];
      lines.push(fields.join(" "));
    }
  return writeCapture(path, `${lines.join("\n")}\n`, headerOf("probe"));
}
