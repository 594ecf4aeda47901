/** The module's parameters for `--set name=value`. Their limits are those of kmod/sysctl.c. */
import { mostPort } from "@tcpprobe-plus/tpp/base";
import { BadModuleSettingError } from "../errors.ts";
import type { ModuleSettings } from "../settings.ts";

export interface Parameter {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  readonly onlyAtLoad: boolean;
  readonly unit: string;
}

const parameter = (name: string, least: number, most: number, unit: string, onlyAtLoad = false): Parameter => ({
  name,
  least,
  most,
  unit,
  onlyAtLoad,
});

export const parameters: readonly Parameter[] = [
  parameter("bufsize", 1, 2 ** 22, "records for each CPU", true),
  parameter("readnum", 1, 2 ** 30, "records"),
  parameter("debug", 0, 2, "a level"),
  parameter("full", 0, 1, "0 or 1"),
  parameter("hashsize", 0, 2 ** 24, "buckets", true),
  parameter("maxflows", 1, 100_000_000, "flows"),
  parameter("port", 0, mostPort, "a port, 0 for all"),
  parameter("probetime", 0, 86_400_000, "ms"),
  parameter("purgetime", 1, 1_000_000, "s"),
  parameter("extended", 0, 1, "0 or 1"),
];

/** Adds one `name=value` to those before it. Throws a BadModuleSettingError. */
export function addSetting(text: string, before: ModuleSettings = {}): ModuleSettings {
  const [, name = text, value = ""] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
  const found = parameters.find((one) => one.name === name);
  if (!found) {
    throw new BadModuleSettingError(
      text,
      `Give one of ${parameters.map((one) => one.name).join(", ")}, as name=value.`,
    );
  }
  const number = /^\d{1,10}$/.test(value) ? Number(value) : Number.NaN;
  if (!(number >= found.least && number <= found.most)) {
    throw new BadModuleSettingError(text, `Give ${name}=${found.least} to ${name}=${found.most} (${found.unit}).`);
  }
  return { ...before, [name]: String(number) };
}

/** The value that the module will use. It rounds bufsize and hashsize to powers of two. */
export function asKept(name: string, value: string): string {
  if (name !== "bufsize" && name !== "hashsize") return value;
  return value === "0" ? value : String(2 ** Math.ceil(Math.log2(Number(value))));
}

export const isOnlyAtLoad = (name: string): boolean => parameters.some((one) => one.name === name && one.onlyAtLoad);
