/** Formats numbers for tables and sentences. `-` stands for what is not known. */
import { bytesText, withUnit } from "@tcpprobe-plus/tpp/base";
import { unknown } from "./table.ts";

type Value = number | null | undefined;
const orUnknown = (value: Value, show: (value: number) => string): string =>
  value === null || value === undefined || Number.isNaN(value) ? unknown : show(value);

export const bitsPerSecond = (value: Value): string =>
  orUnknown(value, (n) => withUnit(n, ["bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"]));
export const bytes = (value: Value): string => orUnknown(value, bytesText);
export const count = (value: Value): string =>
  orUnknown(value, (n) => n.toLocaleString("en-US").replaceAll(",", "\u202f"));
export const decimals = (value: Value, digits: number): string => orUnknown(value, (n) => n.toFixed(digits));

/** A time given in microseconds. */
export const microseconds = (value: Value): string =>
  orUnknown(value, (n) =>
    n < 1000
      ? `${n.toFixed(0)} us`
      : n < 1e6
        ? `${(n / 1000).toFixed(n < 1e4 ? 2 : 1)} ms`
        : `${(n / 1e6).toFixed(2)} s`,
  );

export const plural = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`;
