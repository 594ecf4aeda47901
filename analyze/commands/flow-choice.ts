/** Which flows `analyze flows` shows, and in what order. */
import { wholeNumeral } from "../database/literals.ts";
import { NoFlowOfPortError, UsageError } from "../errors.ts";
import { didYouMean } from "../nearest.ts";
import { readSchema } from "../trace/schema.ts";
import { flowCondition } from "../trace/select.ts";
import type { Trace } from "../trace/trace.ts";

export interface FlowChoice {
  readonly flow?: readonly number[];
  /** Ports of either end. */
  readonly port?: readonly number[];
  /** A column of `flows`, or the heading of a column of the table. */
  readonly sort?: string;
  readonly reverse?: boolean;
  /** How many flows at most. */
  readonly top?: number;
}

/** What the table calls columns of `flows`. */
const headings: Readonly<Record<string, string>> = {
  start: "start_s",
  duration: "duration_s",
  acked: "acked_bytes",
  goodput: "goodput_bps",
  retrans: "coalesce(kernel_retransmits, retransmits)",
  RTOs: "rtos",
  srtt: "srtt_mean_us",
  cwnd: "cwnd_mean",
  max: "cwnd_max",
  seen: "seen",
};

/** Of these the least comes first; of other numbers the largest. */
const rising: ReadonlySet<string> = new Set(["capture", "flow", "sport", "dport", "start_s", "pid", "cgroup_id"]);

/** Conditions and order as SQL, to be used over `flows`. */
export interface ChosenFlows {
  /** `WHERE …`, or nothing. */
  readonly where: string;
  readonly orderBy: string;
  /** `LIMIT …`, or nothing. */
  readonly limit: string;
}

/** Throws a UsageError for a name that is no column, and an error where no flow is asked for that is there. */
export async function chooseFlows(trace: Trace, choice: FlowChoice): Promise<ChosenFlows> {
  const conditions = choice.flow ? [await flowCondition(trace, choice.flow, "flows")] : [];
  if (choice.port) {
    const ports = choice.port.map(wholeNumeral).join(", ");
    const ofPort = `(sport IN (${ports}) OR dport IN (${ports}))`;
    if (await trace.database.value<boolean>(`SELECT NOT EXISTS (FROM flows WHERE ${ofPort})`))
      throw new NoFlowOfPortError(choice.port);
    conditions.push(ofPort);
  }
  return {
    where: conditions.length > 0 ? `WHERE ${conditions.join(" AND ")}` : "",
    orderBy: `ORDER BY ${await orderOf(choice)}`,
    limit: choice.top === undefined ? "" : `LIMIT ${wholeNumeral(choice.top)}`,
  };
}

/** With --top alone, the flows with most bytes acknowledged come first. */
async function orderOf({ sort, reverse = false, top }: FlowChoice): Promise<string> {
  const name = sort ?? (top === undefined ? "flow" : "acked");
  const { columns } = await readSchema("flows");
  const column = headings[name] ?? columns.find((one) => one.name === name)?.name;
  if (column === undefined) {
    const names = [...Object.keys(headings), ...columns.map((one) => one.name)];
    throw new UsageError(`--sort ${name}: no such column.${didYouMean(name, names)} There are ${names.join(", ")}`);
  }
  const isText = columns.some((one) => one.name === column && /VARCHAR|BOOLEAN/.test(one.type));
  const rises = (isText || rising.has(column)) !== reverse;
  return `${column} ${rises ? "ASC" : "DESC"} NULLS LAST, flow`;
}
