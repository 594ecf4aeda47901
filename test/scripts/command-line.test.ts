/** Manuals and completions, as the shells and `man` themselves take them. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import test from "ava";
import { run } from "../../lab/command.ts";
import { staleDocuments } from "../../scripts/generated-documents.ts";
import { requires } from "../support/requires.ts";

const path = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));
/** Bold and underlined letters, as for a printer. */
const overstrike = new RegExp(`.${String.fromCharCode(8)}`, "g");
const programs = ["capture", "analyze"] as const;

test("manuals and completions are in step with the commands", (t) => {
  t.deepEqual(staleDocuments(), []);
});

/** What bash would offer for the last word. */
async function inBash(program: string, ...words: string[]): Promise<string[]> {
  const script = `source "$1"; shift; compopt() { :; }
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _$1; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const completion = path(`${program}/completions/${program}.bash`);
  const text = await run(["bash", "-c", script, "bash", completion, program, ...words]);
  return text.split("\n").filter(Boolean);
}

const bash = requires({ tools: ["bash"] });

bash("bash completes commands, options and the words that an option takes", async (t) => {
  t.true((await inBash("capture", "")).includes("doctor"));
  t.deepEqual(await inBash("capture", "lo"), ["load"]);
  t.deepEqual(await inBash("capture", "run", "--so"), ["--source"]);
  t.deepEqual(await inBash("capture", "run", "--source", ""), ["auto", "kmod", "bpf", "tracefs", "ss"]);
  t.deepEqual(await inBash("capture", "run", "--source", "=", "t"), ["tracefs"]);
  t.deepEqual(await inBash("capture", "completion", ""), ["bash", "zsh", "fish"]);
  t.deepEqual(await inBash("capture", "run", "--port", ""), []);
  t.deepEqual(await inBash("analyze", "fl"), ["flows"]);
  t.deepEqual(await inBash("analyze", "plot", "run1.tpp", "cw"), ["cwnd"]);
  t.deepEqual(await inBash("analyze", "schema", "fl"), ["flows"]);
});

bash("bash completes files, and a command behind --", async (t) => {
  const prefix = path("test/fixtures/shaped-");
  t.true((await inBash("analyze", "info", prefix)).includes(`${prefix}loss.tpp`));
  t.true((await inBash("capture", "recover", prefix)).includes(`${prefix}loss.tpp`));
  t.true((await inBash("capture", "run", "-o", prefix)).includes(`${prefix}loss.tpp`));
  t.true((await inBash("capture", "run", "-o", "x", "--", "bas")).includes("bash"));
});

const fish = requires({ tools: ["fish"] });

for (const program of programs) {
  fish(`fish takes the completion of ${program}`, async (t) => {
    const script = `source $argv[1]; complete -C "${program} "; complete -C "${program} --"`;
    const offered = await run(["fish", "-c", script, path(`${program}/completions/${program}.fish`)]);
    t.regex(offered, program === "capture" ? /^doctor\t.+$/m : /^flows\t.+$/m);
    t.regex(offered, /^--version\b/m);
  });
}

fish("fish completes what an option takes", async (t) => {
  const script = 'source $argv[1]; complete -C "capture run --source "';
  const offered = await run(["fish", "-c", script, path("capture/completions/capture.fish")]);
  t.deepEqual(offered.split("\n").filter((line) => /^(auto|tracefs|kmod|ss)\b/.test(line)).length, 4);
});

/** Asks zsh's own completion, on a terminal of its own: it works nowhere else. */
requires({ tools: ["zsh"] })("zsh completes commands and what an option takes", async (t) => {
  const script = `zmodload zsh/zpty
    ask() {
      zpty z zsh -f
      zpty -w z 'PROMPT=; unsetopt zle_bracketed_paste; autoload -U compinit; compinit -u -D; source '$1'; zstyle ":completion:*" list-colors; bindkey "^I" complete-word'
      zpty -w z 'echo RE''ADY'
      zpty -r z out '*READY*'
      zpty -n -w z $2$'\\t'
      sleep 1
      zpty -w z ''
      zpty -w z 'echo DO''NE'
      zpty -r z out '*DONE*'
      print -r -- $out
      zpty -d z
    }
    ask $1 'capture doc'; ask $1 'capture run --source tr'`;
  const offered = await run(["zsh", "-f", "-c", script, "zsh", path("capture/completions/capture.zsh")]);
  t.regex(offered, /capture doctor/);
  t.regex(offered, /--source tracefs/);
});

for (const program of programs) {
  requires({ tools: ["zsh"] })(`zsh takes the completion of ${program}`, async (t) => {
    await run(["zsh", "-n", path(`${program}/completions/${program}.zsh`)]);
    t.pass();
  });

  requires({ tools: ["mandoc"] })(`mandoc finds nothing to say about ${program}.1`, async (t) => {
    t.is(await run(["mandoc", "-T", "lint", path(`man/${program}.1`)]), "");
  });

  requires({ tools: ["mandoc"] })(`every long option is in ${program}.1, as a reader sees it`, async (t) => {
    const text = (await run(["mandoc", "-T", "utf8", path(`man/${program}.1`)])).replace(overstrike, "");
    const bashText = readFileSync(path(`${program}/completions/${program}.bash`), "utf8");
    const options = new Set(bashText.match(/--[a-z][a-z-]+/g));
    options.delete("--option");
    for (const option of options) t.true(text.includes(option), option);
  });
}
