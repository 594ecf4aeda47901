/** Which files a program reads and changes, by what it asks the kernel. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { isAbsolute, normalize, resolve } from "node:path";

export interface Touched {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  /** Paths that were opened to be read; folders too. */
  readonly read: ReadonlySet<string>;
  /** Paths that were opened to be written, made, removed, renamed or given other rights. */
  readonly changed: ReadonlySet<string>;
}

const calls =
  "open,openat,openat2,creat,unlink,unlinkat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,mkdir,mkdirat,rmdir,truncate,chmod,fchmodat,chown,lchown,fchownat,mknod,mknodat,connect,execve";

/** Runs `argv` in `cwd` under strace. Only calls that went well are counted. */
export async function touchedBy(
  argv: readonly string[],
  { cwd, log, env }: { cwd: string; log: string; env: NodeJS.ProcessEnv },
): Promise<Touched> {
  const child = spawn("strace", ["-f", "-qq", "-y", "-s", "4096", "-e", `trace=${calls}`, "-o", log, ...argv], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk) => (out += chunk));
  child.stderr.on("data", (chunk) => (err += chunk));
  const code = await new Promise<number | null>((done) => child.on("close", done));
  const [read, changed] = [new Set<string>(), new Set<string>()];
  for (const line of whole(readFileSync(log, "utf8"))) {
    if (/ = -1 /.test(line)) continue;
    const [, call = "", rest = ""] = /^\d+ +(\w+)\((.*)$/.exec(line) ?? [];
    const paths = [...rest.matchAll(/(?:<([^>]*)>, )?"((?:[^"\\]|\\.)*)"/g)].map(([, folder, path]) =>
      absolute(JSON.parse(`"${path!.replace(/\\(?![\\"nrt])/g, "\\\\")}"`), folder ?? cwd),
    );
    if (call === "connect") {
      if (/sun_path|sin6?_addr/.test(rest)) changed.add(`a connection: ${rest}`);
    } else if (call === "execve") {
      read.add(paths[0]!);
    } else if (/^open|^creat/.test(call)) {
      if (/O_WRONLY|O_RDWR|O_CREAT|O_TRUNC/.test(rest) || call === "creat") changed.add(paths[0]!);
      else read.add(paths[0]!);
    } else for (const path of paths) changed.add(path);
  }
  return { code, out, err, read, changed };
}

const absolute = (path: string, folder: string): string => normalize(isAbsolute(path) ? path : resolve(folder, path));

/** Calls that another thread's interrupted, joined again. */
function* whole(text: string): Generator<string> {
  const begun = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [, thread = "", rest = ""] = /^(\d+) +(.*)$/.exec(line) ?? [];
    if (rest.endsWith("<unfinished ...>")) begun.set(thread, rest.slice(0, -"<unfinished ...>".length));
    else if (rest.startsWith("<..."))
      yield `${thread} ${begun.get(thread) ?? ""}${rest.replace(/^<\.\.\. \w+ resumed>/, "")}`;
    else yield line;
  }
}
