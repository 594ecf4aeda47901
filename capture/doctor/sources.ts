/** Whether each source can be used now. Each is tried as far as that changes nothing. */
import { existsSync } from "node:fs";
import { CaptureError } from "../errors.ts";
import { dataPath } from "../module/paths.ts";
import { looks } from "../sources/choose.ts";
import type { Usability } from "../sources/source.ts";
import { type Finding, findingsOf, fromError, type State } from "./finding.ts";

const finding = findingsOf("sources");
const isRoot = (): boolean => process.geteuid?.() === 0;

export async function sourceFindings(): Promise<Finding[]> {
  const found: [string, Usability][] = [];
  for (const [name, look] of looks()) found.push([name, await tried(look)]);
  const first = found.find(([, [state]]) => usable(state))?.[0];
  // --source auto always takes a loaded module. While another process reads it, the capture fails, and the user has to
  // know why.
  const taken = existsSync(dataPath) && isRoot() && first !== "kmod" ? null : first;
  return found.map(([name, [state, text, next = null]]) =>
    finding(name, state, name === taken ? `${text}; --source auto takes it` : text, next),
  );
}

export const usable = (state: State): boolean => state === "ok" || state === "note";

async function tried(look: () => Promise<Usability>): Promise<Usability> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    const { text, next } = fromError(error);
    return ["problem", text, next];
  }
}
