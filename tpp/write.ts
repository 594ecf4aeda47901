/** What a program needs that only writes .tpp files: without the readers it starts sooner. */
export * from "./columns.ts";
export * from "./errors.ts";
export { type FileIdentity, isOneOf, removeFile } from "./file-identity.ts";
export { foreignText } from "./foreign-text.ts";
export type * from "./header.ts";
export { headerOf } from "./header-of.ts";
export { countLines, countUnits } from "./line-buffer.ts";
export * from "./record-layout.ts";
export type { TargetOptions } from "./target.ts";
export { type CloseOptions, failureReason, type TppTotals, TppWriter, type TppWriterOptions } from "./writer.ts";
