/** The offloads of each interface. With offloads, one record may stand for many segments. */
import { readFileSync } from "node:fs";
import type { InterfaceSnapshot } from "@tcpprobe-plus/tpp/write";
import { interfaceSnapshot } from "../snapshot/interfaces.ts";
import { Within } from "../snapshot/within.ts";
import { type Finding, findingsOf } from "./finding.ts";

const finding = findingsOf("interfaces");

/** Offloads that merge or split TCP segments below the point where they are recorded, with ethtool's short names. */
const merging: Readonly<Record<string, string>> = {
  "tcp-segmentation-offload": "tso",
  "generic-segmentation-offload": "gso",
  "generic-receive-offload": "gro",
  "large-receive-offload": "lro",
};

export async function interfaceFindings(): Promise<Finding[]> {
  const { interfaces, notes } = await interfaceSnapshot(new Within(null));
  return [...interfaces.filter(isUp).map(findingOf), ...notes.map((note) => finding("note", "unknown", note))];
}

/** Whether IFF_UP is set. An interface whose flags cannot be read counts as up. */
function isUp({ name }: InterfaceSnapshot): boolean {
  try {
    return (Number(readFileSync(`/sys/class/net/${name}/flags`, "latin1")) & 1) === 1;
  } catch {
    return true;
  }
}

export function findingOf({ name, mtu, qdisc, offloads }: InterfaceSnapshot): Finding {
  const facts = `MTU ${mtu ?? "unknown"}, qdisc ${qdisc ?? "unknown"}`;
  if (offloads === null) return finding(name, "unknown", `${facts}, offloads unknown`, "install ethtool");
  const on = Object.entries(merging).flatMap(([long, short]) => (offloads[long] ? [short] : []));
  if (on.length === 0) return finding(name, "ok", `${facts}; tso, gso, gro, lro off: one record a segment`);
  return finding(
    name,
    "note",
    `${facts}; ${on.join(", ")} on: a record may stand for many segments. For one a segment, at a cost in CPU time:`,
    `ethtool -K ${name} ${on.map((short) => `${short} off`).join(" ")}`,
  );
}
