// What guest/recording.sh left, as files that the analyzer's tests read: the module's raw text (NAME.txt.zst), its
// statistics and how it was made (NAME.json).
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { constants, zstdCompressSync } from "node:zlib";
import { type Evidence, left } from "./boot.ts";

const numbers = (text: string) =>
  Object.fromEntries(
    text
      .trim()
      .split("\n")
      .map((line) => line.trim().split(/\s+/))
      .map(([name, value]) => [name, Number(value)]),
  );

/** Writes all recordings of a guest into a folder. */
export function saveRecordings(evidence: Evidence, out: string): void {
  mkdirSync(out, { recursive: true });
  for (const name of readdirSync(evidence.folder).filter((f) => left(evidence, `${f}/probe.txt`))) {
    const read = (file: string) => evidence.text(`${name}/${file}`);
    const text = read("probe.txt");
    const packed = zstdCompressSync(text, { params: { [constants.ZSTD_c_compressionLevel]: 19 } });
    writeFileSync(path.join(out, `${name}.txt.zst`), packed);
    const about = {
      kernel: read("release.txt").trim(),
      command: read("command.txt").trim(),
      records: text.split("\n").length - 1,
      sysctl: numbers(read("sysctl.txt")),
      nstatOfSender: left(evidence, `${name}/nstat.txt`) ? numbers(read("nstat.txt").replace(/^#.*\n/m, "")) : null,
      statBefore: read("stat.before"),
      statDuring: read("stat.during"),
      statAfter: read("stat.after"),
      reader: read("reader.txt").trim(),
    };
    writeFileSync(path.join(out, `${name}.json`), `${JSON.stringify(about, null, 2)}\n`);
    console.log(`${name}: ${about.records} records, ${packed.length} bytes`);
  }
}
