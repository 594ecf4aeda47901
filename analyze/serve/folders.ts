/** Looks for captures that come into folders which are served. Views of open captures stay as they are. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";

/** How often folders are looked at. */
const usualMs = 2000;

/** The most names that are listed. */
const mostNames = 5;

export class Folders {
  readonly #folders: ReadonlyMap<string, ReadonlySet<string>>;
  readonly #known: () => readonly string[];
  /** Files that were there at the last look. One of a rotated set is opened before the next. */
  #before = new Set<string>();
  #notes: readonly string[] = [];
  #timer: NodeJS.Timeout | undefined;

  private constructor(folders: ReadonlyMap<string, ReadonlySet<string>>, known: () => readonly string[]) {
    this.#folders = folders;
    this.#known = known;
  }

  /** `known`: the files that are open by now. `changed` is called when there is more to tell. */
  static async watch(
    folders: readonly string[],
    known: () => readonly string[],
    changed: () => void,
    everyMs = usualMs,
  ): Promise<Folders> {
    const first = await Promise.all(folders.map(async (folder) => [folder, new Set(await filesOf(folder))] as const));
    const made = new Folders(new Map(first), known);
    const look = async (): Promise<void> => {
      if (await made.#look()) changed();
      made.#timer?.refresh();
    };
    if (folders.length > 0) made.#timer = setTimeout(() => void look(), everyMs).unref();
    return made;
  }

  /** What has come since, a sentence a folder. */
  get notes(): readonly string[] {
    return this.#notes;
  }

  async #look(): Promise<boolean> {
    const open = new Set(this.#known());
    const notes: string[] = [];
    const now = new Set<string>();
    for (const [folder, first] of this.#folders) {
      const added = (await filesOf(folder)).filter((name) => !first.has(name) && !open.has(join(folder, name)));
      for (const name of added) now.add(join(folder, name));
      const settled = added.filter((name) => this.#before.has(join(folder, name)));
      if (settled.length > 0) notes.push(sentence(folder, settled));
    }
    this.#before = now;
    const isNew = notes.join() !== this.#notes.join();
    this.#notes = notes;
    return isNew;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

/** A folder that cannot be read any more has nothing new. */
const filesOf = async (folder: string): Promise<string[]> =>
  (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".tpp")).sort();

function sentence(folder: string, names: readonly string[]): string {
  const more = names.length > mostNames ? ` and ${names.length - mostNames} more` : "";
  const [were, them] = names.length === 1 ? ["was", "it"] : ["were", "them"];
  return `${names.slice(0, mostNames).join(", ")}${more} ${were} added to ${folder} and cannot be seen here: start analyze serve again to see ${them}`;
}
