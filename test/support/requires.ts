/**
 * Declares what a suite needs from the machine. If something is missing, its tests are skipped. The reason is in each
 * test's title, and the summary of `npm test` counts it. With CI=true they fail instead, because CI must provide
 * everything.
 *
 *     const test = requires({ root: true, tools: ["iperf3"] });
 */
import avaTest, { type Implementation, type TestFn } from "ava";
import { hasNamespaces, hasTool, hasTracefs, isRoot } from "../../lab/machine.ts";

export interface Needs {
  readonly root?: true;
  /** Names of programs that must be installed. */
  readonly tools?: readonly string[];
  /** A tracefs with tcp_probe in which instances can be made. */
  readonly tracefs?: true;
  /** Network namespaces with a tbf queue on a veth. */
  readonly netns?: true;
  /** Further conditions. The key describes what is needed. */
  readonly also?: Readonly<Record<string, boolean>>;
}

/** AVA's `test`, or one that skips (with CI=true, fails) all tests declared with it. */
export function requires<Context = unknown>(needs: Needs): TestFn<Context> {
  const missing = missingOf(needs);
  if (missing.length === 0) return avaTest as TestFn<Context>;
  const reason = missing.join(", ");
  return standIn(reason) as unknown as TestFn<Context>;
}

/** The needs that this machine does not meet, in words. */
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
