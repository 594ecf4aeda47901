import { unknown } from "./table.ts";

const scaled = (value: number, base: number, units: readonly string[]): string => {
  let index = 0;
  let number = value;
  while (Math.abs(number) >= base && index < units.length - 1) {
    number /= base;
    index++;
  }
  const digits = index === 0 ? 0 : Math.abs(number) >= 100 ? 0 : Math.abs(number) >= 10 ? 1 : 2;
  return `${number.toFixed(digits)} ${units[index]}`.trimEnd();
};

type Value = number | null | undefined;
const orUnknown = (value: Value, show: (value: number) => string): string =>
  value === null || value === undefined || Number.isNaN(value) ? unknown : show(value);

export const bitsPerSecond = (value: Value): string =>
  orUnknown(value, (n) => scaled(n, 1000, ["bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"]));
export const bytes = (value: Value): string =>
  orUnknown(value, (n) => scaled(n, 1024, ["B", "KiB", "MiB", "GiB", "TiB"]));
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
