/** Installs Debian packages while other programs may use apt, and reports packages that are not available. */

/** Runs apt-get with these arguments and returns its output, in English. */
export type Apt = (...args: string[]) => { readonly ok: boolean; readonly text: string };

export interface AptUse {
  readonly apt: Apt;
  readonly say: (line: string) => void;
  readonly pause: (ms: number) => void;
}

/** How long to wait for apt's locks. A fresh machine upgrades itself at its first boot, which takes minutes. */
const patienceMs = 5 * 60_000;
const pauseMs = 3_000;

/** Installs packages by name. One that is not available is reported once; the others are installed all the same. */
export function installPackages(names: readonly string[], use: AptUse): void {
  const apt = patient(use);
  const update = apt("update");
  // The present lists may be sufficient.
  if (!update.ok) use.say(`apt-get update failed (${reason(update.text)}); going on with the lists that are here`);
  let wanted = [...names];
  for (;;) {
    if (wanted.length === 0) return;
    const { ok, text } = apt("install", "--no-install-recommends", ...wanted);
    if (ok) return;
    const unknown = wanted.filter((name) => isUnknown(name, text));
    if (unknown.length === 0) break;
    use.say(`Not to be had from this machine's package sources: ${unknown.join(" ")}`);
    wanted = wanted.filter((name) => !unknown.includes(name));
  }
  const failed = new Map<string, string[]>();
  for (const name of wanted) {
    const { ok, text } = apt("install", "--no-install-recommends", name);
    if (!ok) failed.set(reason(text), [...(failed.get(reason(text)) ?? []), name]);
  }
  for (const [why, packages] of failed) use.say(`Not installed: ${packages.join(" ")} (${why})`);
}

/** Makes an apt that waits while another program holds one of its locks. */
function patient({ apt, say, pause }: AptUse): Apt {
  let leftMs = patienceMs;
  let said = false;
  return (...args) => {
    for (;;) {
      const result = apt(...args);
      const lock = result.ok ? null : /Could not get lock (\S+?)\.?(?: .*|$)/m.exec(result.text);
      if (!lock) return result;
      if (leftMs <= 0) {
        say(`Another program still holds ${lock[1]}; giving up after ${patienceMs / 60_000} minutes`);
        return result;
      }
      if (!said)
        say(`Another program holds ${lock[1]}${holder(result.text)}: waiting, ${patienceMs / 60_000} minutes at most`);
      said = true;
      pause(pauseMs);
      leftMs -= pauseMs;
    }
  };
}

function holder(text: string): string {
  const found = /held by process (\d+)(?: \(([^)]*)\))?/.exec(text);
  return found ? ` (${found[2] ?? "process"} ${found[1]})` : "";
}

const isUnknown = (name: string, text: string): boolean =>
  text.includes(`Unable to locate package ${name}\n`) ||
  text.includes(`Package '${name}' has no installation candidate`);

/** apt's first error, in one line. */
const reason = (text: string): string => (/^E: (.*)$/m.exec(text)?.[1] ?? "apt-get does not say why").slice(0, 200);
