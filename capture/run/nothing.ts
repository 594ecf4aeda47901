/** Explains why a capture may have no records. */
import { filterWords } from "@tcpprobe-plus/tpp/write";
import { filterHeader } from "../filter/filter.ts";
import type { Source } from "../sources/source.ts";

/** One line of hints for the user of an empty capture. */
export function whyNothing({ name, filter, filter: { ports, hosts, netns, cgroup, pid, sample } }: Source): string {
  const words = filterWords(filterHeader(filter));
  const checks = [
    ...(ports.length > 0 || hosts.length > 0 ? ["does `ss -tn` show such a connection"] : []),
    ...(netns ? ["is the traffic in that network namespace (`ip netns identify PID`)"] : []),
    ...(cgroup ? ["was the socket made in that cgroup (`ss -tn --cgroup`)"] : []),
    ...(pid === null ? [] : ["does this process, not a child of it, open the connection"]),
    ...(sample === null ? [] : ["was one of so few connections in the sample"]),
    ...(words === "" ? [nothingAsked(name)] : []),
  ];
  const what = words === "" ? "" : ` of ${words}`;
  return `no record${what}. Perhaps nothing was established or nothing sent; ${checks.join("; ")}?`;
}

const nothingAsked = (source: Source["name"]): string =>
  source === "ss"
    ? "ss sees this network namespace only: is the traffic in another one (--netns)"
    : "does `ss -tin` show a connection whose counts move";
