/**
 * `npm run deps`: shows which packages are outdated or have known faults, and the licences of all installed packages.
 * Without a network it says so and continues. Ends with 1 if a published package has a known fault or a licence is not
 * known.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL("..", import.meta.url));

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly license?: string | { readonly type?: string };
  readonly licenses?: readonly { readonly type?: string }[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const manifest = (path: string): Manifest => JSON.parse(readFileSync(path, "utf8")) as Manifest;

/** Packages that this project depends on, without its own. */
export function named(root = here): string[] {
  const manifests = ["", "tpp", "capture", "analyze"].map((folder) => manifest(join(root, folder, "package.json")));
  const all = manifests.flatMap(({ dependencies, devDependencies, optionalDependencies }) =>
    Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies }),
  );
  return [...new Set(all)].filter((name) => !name.startsWith("@tcpprobe-plus/")).sort();
}

/** A line for each dependency without a reason in docs/architecture.md. */
export function withoutReason(root = here): string[] {
  const page = readFileSync(join(root, "docs/architecture.md"), "utf8");
  return named(root).flatMap((name) =>
    page.includes(`\`${name}\``) ? [] : [`${name} has no reason in docs/architecture.md, "Dependencies"`],
  );
}

/** Installed packages by licence. */
export function licences(root = here): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const folders = (path: string): string[] =>
    readdirSync(path).flatMap((name) =>
      name.startsWith("@") ? readdirSync(join(path, name)).map((one) => join(name, one)) : [name],
    );
  for (const name of folders(join(root, "node_modules"))) {
    const path = join(root, "node_modules", name, "package.json");
    if (name.startsWith(".") || name.startsWith("@tcpprobe-plus/") || !existsSync(path)) continue;
    // Some packages still have npm's older list of licences.
    const { license, licenses = [] } = manifest(path);
    const licence = typeof license === "string" ? license : (license?.type ?? licenses[0]?.type ?? "not told");
    found.set(licence, [...(found.get(licence) ?? []), name]);
  }
  return found;
}

/** npm's answer as JSON, or null if it could not reach the registry. */
function npm<Answer>(...args: string[]): Answer | null {
  const { stdout } = spawnSync("npm", [...args, "--json"], { cwd: here, encoding: "utf8", timeout: 60_000 });
  try {
    const answer = JSON.parse(stdout || "{}") as Answer & { error?: unknown };
    return answer.error === undefined ? answer : null;
  } catch {
    return null;
  }
}

const noAnswer = "no answer from the package registry: not looked at";

function printOutdated(): void {
  const outdated = npm<Record<string, { current?: string; latest?: string }>>("outdated");
  const lines = Object.entries(outdated ?? {}).map(([name, { current, latest }]) => `${name} ${current} -> ${latest}`);
  console.log(`outdated    ${outdated === null ? noAnswer : lines.join(", ") || "nothing"}`);
}

interface Audit {
  readonly vulnerabilities?: Readonly<Record<string, { readonly severity: string }>>;
}

function printAudit(what: string, ...args: string[]): boolean {
  const audit = npm<Audit>("audit", ...args);
  if (!audit?.vulnerabilities) {
    console.log(`${what}${noAnswer}`);
    return true;
  }
  const faults = Object.entries(audit.vulnerabilities).map(([name, { severity }]) => `${name} (${severity})`);
  console.log(`${what}${faults.length === 0 ? "no known fault" : faults.join(", ")}`);
  return faults.length === 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  printOutdated();
  const sound = printAudit("published   ", "--omit=dev");
  printAudit("all         ");
  const all = licences();
  for (const [licence, names] of [...all].sort((a, b) => b[1].length - a[1].length))
    console.log(`${String(names.length).padStart(5)} ${licence}${names.length <= 3 ? `  ${names.join(", ")}` : ""}`);
  const missing = withoutReason();
  for (const line of missing) console.log(line);
  if (!sound || all.has("not told") || missing.length > 0) process.exitCode = 1;
}
