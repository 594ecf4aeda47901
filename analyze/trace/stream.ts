/**
 * A capture whose records are passed to DuckDB while they are read, and are not stored. Each query over them reads the
 * capture again.
 */
import type { Database } from "../database/database.ts";
import { identifier, wholeNumeral } from "../database/literals.ts";
import { plainType } from "../parquet/converted.ts";
import type { WrittenPass } from "../parquet/write.ts";
import { Pass, type PassInput } from "../records/pass.ts";
import { scanThreads } from "../records/scan.ts";
import { PassTable, passColumns, suppliedColumns } from "../records/table.ts";

export class StreamedCapture {
  /** A SELECT of its records, with the columns of `_trace`. */
  readonly select: string;
  readonly #input: PassInput;
  readonly #table: PassTable;
  readonly #passes = new Set<Pass>();
  /** The first pass, until a query begins to read it. */
  #fresh: Pass | null;
  #result: WrittenPass | null = null;

  private constructor(input: PassInput) {
    this.#input = input;
    this.#fresh = this.#open();
    const name = `_records_of_${wholeNumeral(input.number)}`;
    this.#table = new PassTable(this.#fresh, {
      name,
      capture: input.number,
      threads: scanThreads,
      start: () => {
        const pass = this.#fresh ?? this.#open();
        this.#fresh = null;
        return pass;
      },
      finished: (pass) => {
        this.#result ??= pass.end();
        this.#passes.delete(pass);
        void pass.close();
      },
    });
    const supplied = new Set(suppliedColumns(this.#fresh));
    const columns = passColumns.map(
      ({ name, type }) =>
        `${supplied.has(name) ? identifier(name) : "NULL"}::${plainType(type)} AS ${identifier(name)}`,
    );
    this.select = `SELECT ${columns.join(", ")} FROM ${name}()`;
  }

  /** Throws a NotACaptureError if its text cannot be read. */
  static async open(database: Database, input: PassInput): Promise<StreamedCapture> {
    const capture = new StreamedCapture(input);
    try {
      await database.registerTableFunction(capture.#table.function);
      return capture;
    } catch (error) {
      await capture.close();
      throw error;
    }
  }

  #open(): Pass {
    const pass = new Pass(this.#input);
    this.#passes.add(pass);
    return pass;
  }

  /**
   * Runs `work`, which must read all records. Returns what is known of the capture then. Throws what the pass throws.
   */
  async readBy(work: () => Promise<void>): Promise<WrittenPass> {
    try {
      await work();
    } catch (error) {
      throw this.#table.error ?? error;
    }
    if (this.#result === null) throw new Error("the records were not read to their end");
    return this.#result;
  }

  async close(): Promise<void> {
    this.#table.close();
    await Promise.all([...this.#passes].map((pass) => pass.close()));
    this.#passes.clear();
  }
}
