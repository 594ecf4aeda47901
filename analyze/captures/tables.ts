/** The tables `captures`, `losses` and `not_followed`, filled. */
import type { TppHeader } from "@tcpprobe-plus/tpp";
import type { Database } from "../database/database.ts";
import { literal } from "../database/literals.ts";
import { NotACaptureError } from "../errors.ts";
import { capabilitiesOf, capabilityNames } from "./capabilities.ts";
import { causesOfNotFollowing, type Loss } from "./capture.ts";
import { kindOf } from "./kinds.ts";

export async function registerCapture(
  database: Database,
  { capture, path, header }: { capture: number; path: string; header: TppHeader },
): Promise<void> {
  const isProbe = header.text === "probe";
  // Wall clock at t = 0: the module's records count from when its log was opened, others from when the clocks were
  // read.
  const { realtime_ns, monotonic_ns, zero_monotonic_ns } = header.clock;
  const zero = isProbe ? BigInt(realtime_ns) - BigInt(monotonic_ns) + BigInt(zero_monotonic_ns) : BigInt(realtime_ns);
  if (BigInt.asIntN(64, zero) !== zero)
    throw new NotACaptureError(path, "its header has a clock that no host can have");
  const capabilities = capabilitiesOf(header);
  const flags = capabilityNames.map((name) => (capabilities[name] ? "true" : "false"));
  await database.run(`INSERT INTO _captures VALUES ($1, $2, $3, $4::BIGINT, ${flags.join(", ")})`, [
    capture,
    path,
    kindOf(header),
    String(zero),
  ]);
}

/** Fills `losses` and `not_followed`. */
export async function registerLosses(database: Database, losses: readonly Loss[]): Promise<void> {
  const isOfConnections = ({ cause }: Loss) => causesOfNotFollowing.includes(cause);
  const insert = async (table: string, columns: string, rows: readonly Loss[]) => {
    if (rows.length === 0) return;
    await database.run(
      `INSERT INTO ${table} SELECT ${columns} FROM (SELECT unnest(from_json($1::VARCHAR, ${literal(lossShape)}), recursive := true))`,
      [JSON.stringify(rows)],
    );
  };
  const [connections, others] = [losses.filter(isOfConnections), losses.filter((loss) => !isOfConnections(loss))];
  await insert("_not_followed", "capture, lost, cause, from_s, to_s, known_by", connections);
  await insert("_losses", "capture, after_ord, lost, cause, from_s, to_s, known_by", others);
}

const lossShape = JSON.stringify([
  {
    capture: "USMALLINT",
    after_ord: "BIGINT",
    lost: "BIGINT",
    cause: "VARCHAR",
    from_s: "DOUBLE",
    to_s: "DOUBLE",
    known_by: "VARCHAR",
  },
]);

/** What fills both tables again. */
export const lossesSql = "SELECT * FROM losses UNION ALL BY NAME SELECT * RENAME (segments AS lost) FROM not_followed";
