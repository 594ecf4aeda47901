/** `--source`: which one is taken, and one line on what it lacks. */
import { existsSync } from "node:fs";
import { moduleDataPath, openKmod } from "./kmod.ts";
import type { Source } from "./source.ts";
import { openTracefs } from "./tracefs.ts";

export const sourceChoices = ["auto", "tracefs", "kmod"] as const;
export type SourceChoice = (typeof sourceChoices)[number];

export interface ChooseOptions {
  readonly source: SourceChoice;
  readonly port: number | null;
  readonly bufferSizeKb: number | null;
  readonly kmodFile: string | null;
  readonly say: (line: string) => void;
}

const about = {
  kmod: "the tcpprobe_plus module: every documented field, sends and timeouts too",
  tracefs:
    "the kernel's tracepoints: received segments, retransmissions, state changes, resets; no sends, no timeouts, no rto, lost or sacked counts",
};

/** Opens the source and says in one line which it is. Throws what opening it throws. */
export async function chooseSource(options: ChooseOptions): Promise<{ source: Source; summary: string }> {
  const wantsModule = options.source === "kmod" || options.kmodFile !== null;
  const useModule = wantsModule || (options.source === "auto" && existsSync(moduleDataPath));
  const why = options.source === "auto" && !wantsModule ? (useModule ? " (loaded)" : " (no module loaded)") : "";
  const source = useModule
    ? openKmod({ file: options.kmodFile, port: options.port })
    : await openTracefs({ port: options.port, bufferSizeKb: options.bufferSizeKb, say: options.say });
  return { source, summary: `source ${source.name}${why}: ${about[source.name as keyof typeof about]}` };
}
