export * from "./columns.ts";
export type * from "./header.ts";
