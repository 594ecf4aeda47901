/** The enumerations of `trace`. */
import { caStates, recordTypes } from "@tcpprobe-plus/tpp";
import { literal } from "../database/database.ts";

/** SQL that creates the enumerations. */
export function typesSql(): string {
  const types = recordTypes.map((type) => type.name);
  return `
    CREATE TYPE record_type AS ENUM (${types.map(literal).join(", ")});
    CREATE TYPE ca_state AS ENUM (${caStates.map(literal).join(", ")});
  `;
}
