import test from "ava";
import { foreignText } from "../foreign-text.ts";

test("characters that steer a terminal, begin a line or turn the direction are shown by their number", (t) => {
  const shown: Record<string, string> = {
    "\x1b[2J": "\\x1b[2J",
    "a\nb\r\tc": "a\\x0ab\\x0d\\x09c",
    "\x7f\x9b31m": "\\x7f\\x9b31m",
    "\u2028\u2029": "\\u{2028}\\u{2029}",
    "\u202egnp.exe\u202c": "\\u{202e}gnp.exe\\u{202c}",
    "\u2066x\u2069": "\\u{2066}x\\u{2069}",
    "a\u200bb\ufeff": "a\\u{200b}b\\u{feff}",
    "\ud800x\udc00": "\\u{d800}x\\u{dc00}",
    "\uffff\ufffe\u{1ffff}": "\\u{ffff}\\u{fffe}\\u{1ffff}",
    "\u{e0041}": "\\u{e0041}",
  };
  for (const [text, expected] of Object.entries(shown)) t.is(foreignText(text), expected);
});

test("any other text stays as it is", (t) => {
  for (const text of ["", "run1.tpp", "Zürich ≈ 10 µs", "日本語", "naïve 🚀", "a\\x1b", "<b>&"])
    t.is(foreignText(text), text);
});
