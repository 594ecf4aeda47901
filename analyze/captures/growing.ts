/**
 * The files of a capture that is still being written: what has been added to the last one, and the next files of a
 * rotated set as they appear.
 */
import { readdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { headerOf, TppFollower, TppInputError, type WalkOptions } from "@tcpprobe-plus/tpp";
import { withLaterSettings } from "./capabilities.ts";
import type { CaptureFile } from "./capture.ts";

/** What has been added to a capture that is followed. */
export interface Growth {
  /** The capture's files as they are now. */
  readonly files: readonly CaptureFile[];
  /** Nothing more will come. */
  readonly hasEnded: boolean;
  /** Nothing came for so long that no record can be late. */
  readonly isIdle: boolean;
  /** Why the capture is followed no further, although its end was not seen; null where nothing is wrong. */
  readonly stopped: string | null;
}

/** A writer closes a frame when it is a second old. Without a new one for this long, no record is on its way. */
const idleMs = 1200;
/** Most names of a directory that are looked at for the next file of a set. */
const mostNames = 10_000;

/** The next file of a set is begun as the one before it ends. */
const mostBetweenFilesMs = 60_000;

/** Whether more may be added to these files: the last one has no trailer, or the next one of the set may come. */
export function mayGrow(files: readonly CaptureFile[]): boolean {
  const { trailer, damage } = files.at(-1)!.walk;
  if (trailer !== null)
    return trailer.reason === "rotated" && Date.now() - Number(trailer.realtime_ns) / 1e6 < mostBetweenFilesMs;
  return damage.every(({ kind }) => kind === "cut" || kind === "checkpoint");
}

export class GrowingFiles {
  readonly #options: WalkOptions;
  readonly #files: CaptureFile[];
  #last: TppFollower;
  #stopped: string | null = null;
  /** File systems keep times in steps of some milliseconds. */
  readonly #beganMs = Date.now() - 1000;
  #grewAt = performance.now();
  #bytes = 0;

  /** `files`: those of the capture so far, in order. Throws what `TppFollower` throws. */
  constructor(files: readonly CaptureFile[], options: WalkOptions = {}) {
    this.#options = options;
    this.#files = files.slice(0, -1);
    this.#last = new TppFollower(files.at(-1)!.path, options);
    this.#files.push({ ...files.at(-1)!, walk: this.#last.walk });
  }

  /** Looks at what has been added. A file that can be followed no further ends the capture, and `stopped` says why. */
  poll(): Growth {
    try {
      if (this.#stopped === null) this.#look();
    } catch (error) {
      if (!(error instanceof TppInputError)) throw error;
      this.#stopped = error.message;
    }
    const isIdle = performance.now() - this.#grewAt > idleMs;
    return { files: [...this.#files], hasEnded: this.#hasEnded, isIdle, stopped: this.#stopped };
  }

  close(): void {
    this.#last.close();
  }

  get #hasEnded(): boolean {
    return this.#stopped !== null || (this.#last.hasEnded && this.#last.walk.trailer?.reason !== "rotated");
  }

  #look(): void {
    for (;;) {
      this.#last.poll();
      const { path, header } = this.#files.at(-1)!;
      const { walk } = this.#last;
      if (walk.fileBytes !== this.#bytes) this.#grewAt = performance.now();
      this.#bytes = walk.fileBytes;
      this.#files[this.#files.length - 1] = { path, header, walk };
      if (withLaterSettings(header, walk.checkpoints) !== header)
        throw new TppInputError(path, "leaves out records from now on, by the module's settings. Open it again.");
      if (walk.trailer?.reason !== "rotated") return;
      const next = this.#nextOf(this.#files.at(-1)!);
      if (next === null) return;
      this.#last.close();
      this.#last = new TppFollower(next.path, this.#options);
      this.#bytes = 0;
      this.#files.push({ ...next, walk: this.#last.walk });
    }
  }

  /**
   * The next file of the set, once its header is there. It is in the same directory, no symbolic link, and was written
   * since the following began: files of an older set that were not given are left alone.
   */
  #nextOf({ path, header }: CaptureFile): Pick<CaptureFile, "path" | "header"> | null {
    const [, stem] = /^(.*?)\.\d+\.tpp$/.exec(basename(path)) ?? [];
    if (stem === undefined || !header.set) return null;
    const { id, number } = header.set;
    const names = readdirSync(dirname(path)).slice(0, mostNames);
    for (const name of names) {
      if (!name.startsWith(`${stem}.`) || !name.endsWith(".tpp") || name === basename(path)) continue;
      const next = join(dirname(path), name);
      const found = headerOf(next);
      if (found?.set?.id === id && found.set.number === number + 1 && this.#isNew(next))
        return { path: next, header: found };
    }
    return null;
  }

  #isNew(path: string): boolean {
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat !== undefined && stat.mtimeMs >= this.#beganMs;
  }
}
