/** What every command needs at its start. It starts faster if it loads only this. */
export * from "./errors.ts";
export { type ExitName, exitCodes } from "./exit-codes.ts";
export { foreignText } from "./foreign-text.ts";
export { mostPort, portOf } from "./port.ts";
export { bytesText, withUnit } from "./units.ts";
