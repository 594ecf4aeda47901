/** What `capture doctor` finds: one thing, how it stands, and what can be done. */

/** `note`: works, but know this. `problem`: does not work. `unknown`: could not be found out. */
export type State = "ok" | "note" | "problem" | "unknown";

export const sections = ["sources", "module", "tracing", "interfaces", "clock", "rings", "left behind"] as const;
export type Section = (typeof sections)[number];

export interface Finding {
  readonly section: Section;
  readonly name: string;
  readonly state: State;
  readonly text: string;
  /** A command or step; null where nothing is to be done. */
  readonly next: string | null;
}

/** Findings of one section. */
export const findingsOf =
  (section: Section) =>
  (name: string, state: State, text: string, next: string | null = null): Finding => ({
    section,
    name,
    state,
    text,
    next,
  });

/** Splits an error's line into what is wrong and what to do: its last sentence. */
export function fromError(error: Error): { readonly text: string; readonly next: string | null } {
  const at = error.message.search(/\. (?=\S[^.]*(?:\.\S[^.]*)*\.$)/);
  if (at === -1) return { text: error.message.replace(/\.$/, ""), next: null };
  return { text: error.message.slice(0, at), next: error.message.slice(at + 2).replace(/\.$/, "") };
}
