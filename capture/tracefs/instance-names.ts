/**
 * Names of captures' tracing instances: `tcpprobe_plus-PID-START-NAMESPACE`, with `.2` … for further ones of a process.
 */
import { type TagState, tagState } from "../system/process.ts";

const prefix = "tcpprobe_plus-";

export const instanceName = (tag: string, number: number): string =>
  `${prefix}${tag}${number === 1 ? "" : `.${number}`}`;

export const isInstanceName = (name: string): boolean => name.startsWith(prefix);

/** The state of an instance's process. Earlier versions put only a pid into the name, which may be of any namespace. */
export function instanceState(name: string): TagState {
  const [, tag] = /^tcpprobe_plus-(\d+-\d+-\d+)(?:\.\d+)?$/.exec(name) ?? [];
  return tag === undefined ? "elsewhere" : tagState(tag);
}
