/** The exports for programs that only write .tpp files. Without the readers they start faster. */
export * from "./columns/columns.ts";
export * from "./errors.ts";
export { type ExitName, exitCodes } from "./exit-codes.ts";
export { foreignText } from "./foreign-text.ts";
export { filterWords } from "./format/filter-words.ts";
export type * from "./format/header.ts";
export { countLines, countUnits } from "./format/line-buffer.ts";
export * from "./format/record-layout.ts";
export { RecordValues } from "./format/record-values.ts";
export { mostPort, portOf } from "./port.ts";
export { headerOf } from "./read/header-of.ts";
export { bytesText, withUnit } from "./units.ts";
export { type FileIdentity, isOneOf, removeFile } from "./write/file-identity.ts";
export type { TargetOptions } from "./write/target.ts";
export { type CloseOptions, failureReason, type TppTotals, TppWriter, type TppWriterOptions } from "./write/writer.ts";
