/**
 * A capture that is still being written. Its records go into a table as they come. The table is in a database file of
 * its own in the temporary directory, so that it does not have to fit in memory.
 */
import type { WalkOptions } from "@tcpprobe-plus/tpp";
import type { Capture } from "../captures/capture.ts";
import { GrowingFiles, type Growth } from "../captures/growing.ts";
import { registerCapture, replaceKnown } from "../captures/tables.ts";
import type { Database } from "../database/database.ts";
import { identifier, wholeNumeral } from "../database/literals.ts";
import { plainType } from "../parquet/converted.ts";
import { Pass, type PassInput } from "../records/pass.ts";
import { PassTable, passColumns, suppliedColumns } from "../records/table.ts";

/** Name of the database file in SQL. */
const live = "live";

/** What a look at a followed capture found. */
export interface Grown {
  readonly capture: Capture;
  /** Records added. */
  readonly records: number;
  readonly hasEnded: boolean;
  /** What to tell the user, a sentence each. */
  readonly notes: readonly string[];
}

export class FollowedCapture {
  readonly number: number;
  /** A SELECT of its records so far, with the columns of `_trace`. */
  readonly select: string;
  readonly #database: Database;
  readonly #files: GrowingFiles;
  readonly #pass: Pass;
  readonly #table: PassTable;
  readonly #insert: string;
  #hasEnded = false;
  /** Data frames read. */
  #frames = -1;
  #last: Grown | null = null;

  private constructor(database: Database, input: PassInput, files: GrowingFiles, growth: Growth) {
    this.#database = database;
    this.#files = files;
    this.number = input.number;
    this.#pass = new Pass({ ...input, files: growth.files }, { following: true });
    const number = wholeNumeral(input.number);
    const name = `_growth_of_${number}`;
    this.#table = new PassTable(this.#pass, {
      name,
      capture: input.number,
      start: () => this.#pass,
      goesOn: true,
    });
    const supplied = suppliedColumns(this.#pass).map(identifier).join(", ");
    const records = `${live}.records_${number}`;
    this.#insert = `INSERT INTO ${records} SELECT ${supplied} FROM ${name}()`;
    const own = new Set(suppliedColumns(this.#pass));
    const columns = passColumns.map(
      ({ name, type }) => `${own.has(name) ? identifier(name) : "NULL"}::${plainType(type)} AS ${identifier(name)}`,
    );
    this.select = `SELECT ${columns.join(", ")} FROM ${records}`;
  }

  /** Makes its table, with the records that there are already. Throws a NotACaptureError, or what following throws. */
  static async open(database: Database, input: PassInput, options: WalkOptions): Promise<FollowedCapture> {
    const files = new GrowingFiles(input.files, options);
    // A connection of its own: a transaction must hold nobody else's statements.
    const own = await database.connect();
    let followed: FollowedCapture | undefined;
    try {
      followed = new FollowedCapture(own, input, files, files.poll());
      await followed.#make(input);
      return followed;
    } catch (error) {
      if (followed === undefined) files.close();
      await followed?.close();
      throw error;
    }
  }

  async #make({ number, path, files }: PassInput): Promise<void> {
    const supplied = new Set(suppliedColumns(this.#pass));
    const columns = passColumns.filter(({ name }) => supplied.has(name));
    const list = columns.map(({ name, type }) => `${identifier(name)} ${plainType(type)}`).join(", ");
    await this.#database.registerTableFunction(this.#table.function);
    await this.#database.run(`CREATE TABLE ${live}.records_${wholeNumeral(number)} (${list})`);
    await registerCapture(this.#database, { capture: number, path, header: files[0]!.header, socketsAtEnd: null });
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Reads what was added since the last call. Calls must not overlap. */
  async grow(): Promise<Grown> {
    if (this.#hasEnded && this.#last !== null) return { ...this.#last, records: 0 };
    const growth = this.#files.poll();
    const frames = growth.files.reduce((sum, { walk }) => sum + walk.frames.length, 0);
    const isSame = frames === this.#frames && growth.hasEnded === this.#hasEnded;
    if (this.#last !== null && isSame && !(growth.isIdle && this.#pass.isHolding)) return { ...this.#last, records: 0 };
    this.#frames = frames;
    const before = this.#table.records;
    this.#pass.grow(growth);
    await this.#database.run(this.#insert).catch((error) => {
      throw this.#table.error ?? error;
    });
    const { capture, losses, flows } = this.#pass.end();
    this.#hasEnded = growth.hasEnded;
    if (flows > mostFlows) this.#hasEnded = true;
    await replaceKnown(this.#database, this.number, losses, this.#hasEnded ? capture.socketsAtEnd : null);
    const notes = [
      ...(growth.stopped === null ? [] : [growth.stopped]),
      ...(flows > mostFlows
        ? [`${capture.path}: has more connections than can be followed. Open it again at its end.`]
        : []),
      ...(this.#pass.restarts > 0
        ? [`${capture.path}: some records came too late to be put in order. Open it again at its end.`]
        : []),
    ];
    const damage = growth.stopped === null ? capture.damage : [...capture.damage, growth.stopped];
    this.#last = {
      capture: { ...capture, damage },
      records: this.#table.records - before,
      hasEnded: this.#hasEnded,
      notes,
    };
    return this.#last;
  }

  async close(): Promise<void> {
    this.#files.close();
    await this.#database.disconnect();
    this.#table.close();
    await this.#pass.close();
  }
}

/** Where several captures are followed, this many numbers of flows are kept for each. */
export const mostFlows = 1_000_000;

/** Makes the database file for followed captures. `path`: in the temporary directory. */
export const liveFileSql = (path: string): string => `ATTACH '${path.replaceAll("'", "''")}' AS ${live}`;
