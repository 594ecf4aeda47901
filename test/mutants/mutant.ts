/** One single fault, as data: what to change where, and the tests that should notice. */
export interface Mutant {
  /** Stays with the fault when its place moves. */
  readonly id: string;
  /** What is wrong with the changed code, in words. */
  readonly fault: string;
  /** From the repository's root. */
  readonly file: string;
  /** Stands exactly once in the file; as short as that allows, so that a change beside it leaves it alone. */
  readonly find: string;
  readonly replace: string;
  /** Suites that should notice, from the repository's root: the narrowest that can. */
  readonly suites: readonly string[];
  /** Title of a test that noticed it last, or part of one between stars: run first, which saves the others. */
  readonly by?: string;
  /** The code no longer has such a place, for this reason: neither looked for nor run. */
  readonly gone?: string;
  /** No test can notice it, for this reason: counted apart. */
  readonly equivalent?: string;
}

export const suite = (...names: readonly string[]): string[] => names.map((name) => `${name}.test.ts`);
