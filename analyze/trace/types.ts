/** The enumerations of `trace`. */
import { caStates, recordTypes } from "@tcpprobe-plus/tpp";
import { literal } from "../database/database.ts";

const caseOf = (names: readonly string[], codes: readonly number[]): string =>
  `CASE code ${names.map((name, index) => `WHEN ${codes[index]} THEN ${literal(name)}`).join(" ")} END`;

/** The enums of `trace` and the macros that turn the records' codes into their words. */
export function typesSql(): string {
  const types = recordTypes.map((type) => type.name);
  return `
    CREATE TYPE record_type AS ENUM (${types.map(literal).join(", ")});
    CREATE TYPE ca_state AS ENUM (${caStates.map(literal).join(", ")});
    CREATE MACRO record_type_of(code) AS ${caseOf(
      types,
      recordTypes.map((type) => type.code),
    )};
    CREATE MACRO ca_state_of(code) AS ${caseOf(
      caStates,
      caStates.map((_, code) => code),
    )};
  `;
}
