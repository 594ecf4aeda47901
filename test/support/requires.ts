/**
 * What a suite needs of the machine. Where that is missing its tests are skipped, each with the reason in its title,
 * which the summary of `npm test` counts; with CI=true they fail instead: there, everything must have been provided.
 *
 *     const test = requires({ root: true, tools: ["iperf3"] });
 */
import avaTest, { type Implementation, type TestFn } from "ava";
import { hasNamespaces, hasTool, hasTracefs, isRoot } from "../../lab/machine.ts";

export interface Needs {
  readonly root?: true;
  /** Programs that must be found, by name. */
  readonly tools?: readonly string[];
  /** A tracefs in which instances can be made, with tcp_probe. */
  readonly tracefs?: true;
  /** Network namespaces with a tbf queue on a veth. */
  readonly netns?: true;
  /** A further condition; the key says in words what is needed. */
  readonly also?: Readonly<Record<string, boolean>>;
}

/** AVA's `test`, or one that skips (or with CI=true fails) whatever is declared with it. */
export function requires<Context = unknown>(needs: Needs): TestFn<Context> {
  const missing = missingOf(needs);
  if (missing.length === 0) return avaTest as TestFn<Context>;
  const reason = missing.join(", ");
  return standIn(reason) as unknown as TestFn<Context>;
}

/** What of the needs this machine lacks, in words. */
export function missingOf(needs: Needs): string[] {
  const tools = [...(needs.tools ?? []), ...(needs.netns ? ["ip", "tc", "nft", "ethtool"] : [])];
  const missing = tools.filter((tool) => !hasTool(tool));
  if (!isRoot && (needs.root || needs.tracefs || needs.netns)) missing.unshift("root");
  if (isRoot && needs.tracefs && !hasTracefs()) missing.push("tracefs with tcp_probe");
  if (isRoot && needs.netns && missing.length === 0 && !hasNamespaces()) missing.push("network namespaces with tbf");
  for (const [what, there] of Object.entries(needs.also ?? {})) if (!there) missing.push(what);
  return missing;
}

function standIn(reason: string): object {
  const declare = (title: string, implementation: Implementation<unknown[]>): void => {
    if (process.env.CI === "true")
      avaTest(title, (t) => t.fail(`CI=true and this machine lacks what it needs: ${reason}`));
    else avaTest.skip(`${title} (needs ${reason})`, implementation);
  };
  const nothing = Object.assign(() => {}, { always: () => {} });
  return Object.assign(declare.bind(null), {
    serial: declare,
    before: nothing,
    after: nothing,
    beforeEach: nothing,
    afterEach: nothing,
  });
}
