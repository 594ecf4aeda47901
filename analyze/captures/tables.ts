/** Fills the tables `captures`, `losses`, `not_followed` and `_sockets`. */
import type { SocketNotes, TppHeader } from "@tcpprobe-plus/tpp";
import type { Database } from "../database/database.ts";
import { literal } from "../database/literals.ts";
import { NotACaptureError } from "../errors.ts";
import { capabilitiesOf, capabilityNames } from "./capabilities.ts";
import { causesOfNotFollowing, type Loss } from "./capture.ts";
import { kindOf } from "./kinds.ts";
import { plainAddress } from "./plain-address.ts";

export async function registerCapture(
  database: Database,
  {
    capture,
    path,
    header,
    socketsAtEnd,
  }: { capture: number; path: string; header: TppHeader; socketsAtEnd: SocketNotes | null },
): Promise<void> {
  const isProbe = header.text === "probe";
  // Wall clock at t = 0. Times of the module's records count from when its log was opened, times of other sources from
  // when the clocks were read.
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
  await registerSockets(database, capture, false, header.sockets);
  await registerSockets(database, capture, true, socketsAtEnd);
}

/** Adds what the kernel reported about each connection at the beginning or end of the capture. */
async function registerSockets(
  database: Database,
  capture: number,
  at_end: boolean,
  notes: SocketNotes | null | undefined,
): Promise<void> {
  if (!notes || notes.list.length === 0) return;
  const rows = notes.list.map(({ saddr, sport, daddr, dport, cong, retransmits }) => ({
    ...{ capture, saddr: plainAddress(saddr), sport, daddr: plainAddress(daddr), dport, at_end, cong, retransmits },
  }));
  await database.run(
    `INSERT INTO _sockets SELECT unnest(from_json($1::VARCHAR, ${literal(socketShape)}), recursive := true)`,
    [JSON.stringify(rows)],
  );
}

const socketShape = JSON.stringify([
  {
    capture: "USMALLINT",
    saddr: "VARCHAR",
    sport: "USMALLINT",
    daddr: "VARCHAR",
    dport: "USMALLINT",
    at_end: "BOOLEAN",
    cong: "VARCHAR",
    retransmits: "BIGINT",
  },
]);

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

/** Replaces what is known of the losses of a capture that is followed, and adds its connections at the end. */
export async function replaceKnown(
  database: Database,
  capture: number,
  losses: readonly Loss[],
  socketsAtEnd: SocketNotes | null,
): Promise<void> {
  await database.run("BEGIN");
  try {
    for (const table of ["_losses", "_not_followed"])
      await database.run(`DELETE FROM ${table} WHERE capture = $1`, [capture]);
    await registerLosses(database, losses);
    await registerSockets(database, capture, true, socketsAtEnd);
    await database.run("COMMIT");
  } catch (error) {
    await database.run("ROLLBACK");
    throw error;
  }
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

/** A query whose rows fill both tables again. */
export const lossesSql = "SELECT * FROM losses UNION ALL BY NAME SELECT * RENAME (segments AS lost) FROM not_followed";
