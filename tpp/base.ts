/** What a command needs before it knows what it is to do: it starts sooner without the rest. */
export * from "./errors.ts";
export { type ExitName, exitCodes } from "./exit-codes.ts";
export { foreignText } from "./foreign-text.ts";
export { mostPort, portOf } from "./port.ts";
export { bytesText, withUnit } from "./units.ts";
