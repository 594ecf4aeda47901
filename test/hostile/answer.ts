/**
 * `node answer.ts FILE OUTPUT-FOLDER COMMAND…`: has the commands read a file, one after the other, and prints what each
 * answered.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { main as analyze } from "../../analyze/cli.ts";
import { main as capture } from "../../capture/cli.ts";

export interface Answer {
  readonly command: string;
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly cpuSeconds: number;
}

/** The commands that there are to be read a file with; `FILE` and `NEW` stand for it and for an output. */
export const commandLines: Readonly<Record<string, readonly string[]>> = {
  verify: ["analyze", "verify", "FILE"],
  recover: ["capture", "recover", "FILE", "-o", "NEW.tpp"],
  info: ["analyze", "info", "--settings", "FILE"],
  "info --json": ["analyze", "info", "--json", "FILE"],
  flows: ["analyze", "flows", "--no-cache", "FILE"],
  diagnose: ["analyze", "diagnose", "--no-cache", "FILE"],
  "convert csv": ["analyze", "convert", "--no-cache", "FILE", "-o", "NEW.csv"],
  "convert parquet": ["analyze", "convert", "--no-cache", "FILE", "-o", "NEW.parquet"],
  plot: ["analyze", "plot", "--no-cache", "FILE", "cwnd", "-o", "NEW.svg"],
};

export async function answers(path: string, folder: string, commands: readonly string[]): Promise<Answer[]> {
  const all: Answer[] = [];
  for (const command of commands) {
    const [program, ...args] = commandLines[command]!.map((word) =>
      word === "FILE" ? path : word.startsWith("NEW.") ? join(folder, `new${word.slice(3)}`) : word,
    );
    const [out, err] = [new Text(), new Text()];
    const off = () => () => {};
    const io = {
      stdout: out,
      stderr: err,
      stdin: { isTTY: false },
      columns: 100,
      onSignal: off,
      onReport: off,
      settle: async () => {},
    };
    const before = process.cpuUsage();
    const code = await (program === "capture" ? capture : analyze)(["node", program!, ...args], io as never);
    const { user, system } = process.cpuUsage(before);
    all.push({ command, code, out: out.text, err: err.text, cpuSeconds: (user + system) / 1e6 });
    for (const suffix of ["tpp", "csv", "parquet", "svg"]) rmSync(join(folder, `new.${suffix}`), { force: true });
  }
  return all;
}

class Text {
  text = "";
  readonly isTTY = false;
  readonly columns = 100;
  offer(chunk: string): true {
    return this.write(chunk);
  }
  write(chunk: string | Uint8Array): true {
    this.text += typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8");
    return true;
  }
}

if (import.meta.main) {
  const [path, folder, ...commands] = process.argv.slice(2);
  process.stdout.write(JSON.stringify(await answers(path!, folder!, commands)));
}
