/**
 * Makes metadata acceptable to readers. Long lists and texts are cut. Optional values that are invalid are left out.
 */

type Json = Readonly<Record<string, unknown>>;
type Accepted = (candidate: object) => boolean;

/** Lengths to which texts and lists are cut, tried in this order. */
const cuts = [
  { characters: 16_384, entries: 2000 },
  { characters: 2048, entries: 500 },
  { characters: 256, entries: 100 },
] as const;

/** Optional names, the least important first. */
const optionalNames: Readonly<Record<string, readonly string[]>> = {
  TPPH: ["sockets", "imported", "command", "set", "module", "hostname", "events"],
  TPPC: ["module_sysctl", "module", "realtime_ns"],
  TPPT: ["sockets", "statistics", "module_sysctl", "command"],
};

/** Changes a header, checkpoint or trailer as little as possible so that it is accepted. Undefined if that fails. */
export function fitted(tag: string, value: object, accepted: Accepted): object | undefined {
  const plain = JSON.parse(JSON.stringify(value)) as Json; // values that JSON lacks, such as NaN, become null
  if (accepted(plain)) return plain;
  for (const step of cuts) {
    const cut = new Set<string>();
    const shorter = Object.fromEntries(
      Object.entries(plain).map(([name, held]) => [name, shortened(held, step, () => cut.add(name))]),
    );
    const candidate = tag === "TPPH" ? withNote(shorter, cut) : shorter;
    if (accepted(candidate)) return candidate;
    const fewer = leaveOut(tag, candidate, accepted);
    if (fewer) return fewer;
  }
  return undefined;
}

function withNote(header: Json, cut: ReadonlySet<string>): Json {
  if (cut.size === 0) return header;
  const notes = Array.isArray(header.notes) ? header.notes : [];
  return { ...header, notes: [...notes, `too long for the header, and cut: ${[...cut].join(", ")}`] };
}

/**
 * Leaves out optional names until the value is accepted. Losses are never left out: a cause whose name is not allowed
 * is counted as "other", and a count that is too high is limited.
 */
function leaveOut(tag: string, value: Json, accepted: Accepted): object | undefined {
  let left: Json = value.lost === undefined ? value : { ...value, lost: plainLosses(value.lost) };
  for (const name of ["", ...(optionalNames[tag] ?? [])]) {
    if (name) left = Object.fromEntries(Object.entries(left).filter(([other]) => other !== name));
    if (accepted(left)) return left;
  }
  return undefined;
}

const mostLost = 2 ** 48;

function plainLosses(lost: unknown): Json {
  if (typeof lost !== "object" || lost === null) return {};
  const plain: Record<string, number> = {};
  for (const [cause, held] of Object.entries(lost)) {
    const name = /^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$/.test(cause) && !(cause in Object.prototype) ? cause : "other";
    const records = typeof held === "number" && held > 0 ? Math.round(held) : 0;
    plain[name] = Math.min((plain[name] ?? 0) + records, mostLost);
  }
  return plain;
}

interface Step {
  readonly characters: number;
  readonly entries: number;
}

function shortened(value: unknown, step: Step, told: () => void): unknown {
  if (typeof value === "string") {
    if (value.length <= step.characters) return value;
    told();
    return `${value.slice(0, step.characters)} … (${value.length} characters)`;
  }
  if (typeof value !== "object" || value === null) return value;
  const all = Object.entries(value);
  if (all.length > step.entries) told();
  const entries = all.slice(0, step.entries).map(([name, held]) => [name, shortened(held, step, told)] as const);
  return Array.isArray(value) ? entries.map(([, held]) => held) : Object.fromEntries(entries);
}
