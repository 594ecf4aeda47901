/** Describes the filters of a capture. */
import type { TppFilters } from "./header.ts";

/** The filters of a capture in a few words, which contain foreign text. "" for a capture without filters. */
export function filterWords({ port, ports, hosts = [], netns, cgroup, pid, sample }: TppFilters): string {
  const ranges = ports ?? (port === null ? [] : [[port, port] as const]);
  const range = ([first, last]: readonly [number, number]): string =>
    first === last ? `${first}` : `${first}-${last}`;
  return [
    ...(ranges.length > 0 ? [`port ${ranges.map(range).join(", ")}`] : []),
    ...(hosts.length > 0 ? [`host ${hosts.join(", ")}`] : []),
    ...(netns ? [`network namespace ${netns.name} (${netns.inode})`] : []),
    ...(cgroup ? [`cgroup ${cgroup.path}`] : []),
    ...(pid === undefined ? [] : [`process ${pid}`]),
    ...(sample === undefined ? [] : [`one connection in ${sample}`]),
  ].join(", ");
}
