/**
 * `npm run gallery`: draws docs/images/gallery/ from recordings of test/fixtures, and writes docs/gallery.md, which has
 * the command under each picture.
 */
import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { plotDefinition, plotNames } from "../analyze/plots/names.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const images = "docs/images/gallery";
const run = promisify(execFile);

interface Entry {
  readonly name: string;
  /** Words behind `bin/analyze plot`, as a person types them. */
  readonly command: string;
  readonly about: string;
}

const fixtures = "test/fixtures";
const runs = `${fixtures}/two-controls/*.tpp`;
const groups = "--group 'cubic-*' --group 'bbr-*' --label CUBIC --label BBR";
const column = "--theme print --size 84mm";

/** One picture of each plot at least; a test looks that none is missing. */
export const gallery: readonly Entry[] = [
  {
    name: "cwnd",
    command: `${fixtures}/shaped-loss.tpp cwnd`,
    about:
      "CUBIC through 10 Mbit/s with random loss; at 9 s the path is cut for half a second. The ribbon at the foot is the congestion state.",
  },
  { name: "rtt", command: `${fixtures}/kmod-loss.tpp rtt`, about: "Samples, the smoothed RTT with its deviation." },
  {
    name: "inflight",
    command: `${fixtures}/kmod-bbr-extended.tpp inflight`,
    about: "BBR in startup, then draining its queue: what is in flight falls below the window.",
  },
  {
    name: "goodput",
    command: `${fixtures}/cubic-bbr.tpp goodput --window 500ms`,
    about: "Two CUBIC and two BBR flows over one bottleneck, and all together.",
  },
  {
    name: "limits",
    command: `${fixtures}/kmod-loss.tpp limits`,
    about: "Which part of each window the sender was held by what.",
  },
  {
    name: "rto",
    command: `${fixtures}/kmod-rto-chain.tpp rto`,
    about: "The path is cut: the timer backs off by two from expiry to expiry.",
  },
  {
    name: "sequence",
    command: `${fixtures}/kmod-rto-chain.tpp sequence --from 3 --to 6`,
    about: "The same moment by sequence numbers.",
  },
  { name: "states", command: `${fixtures}/cubic-bbr.tpp states`, about: "Congestion states, a lane a flow." },
  {
    name: "fairness",
    command: `${fixtures}/cubic-bbr.tpp fairness --window 500ms`,
    about: "Who had which share, and Jain's index.",
  },
  {
    name: "cdf",
    command: `${runs} cdf ${groups} ${column}`,
    about: "Round-trip times of five runs each: median over the runs, quartiles as a band.",
  },
  {
    name: "cdf-flows",
    command: `${runs} cdf --of rtt_p99_us ${groups}`,
    about: "A number of `flows`, one value a run.",
  },
  {
    name: "scatter",
    command: `${runs} scatter ${groups} ${column}`,
    about: "A point a run, ellipses of one standard deviation.",
  },
  {
    name: "phase",
    command: `${fixtures}/kmod-bbr-extended.tpp phase`,
    about: "The window against the RTT, round trip by round trip.",
  },
  {
    name: "rounds",
    command: `${fixtures}/cubic-bbr.tpp rounds --flow 3 7`,
    about: "By round trip instead of by time.",
  },
  {
    name: "bbr",
    command: `${fixtures}/kmod-bbr-extended.tpp bbr`,
    about: "BBR's model of the path, as the algorithm tells it.",
  },
  { name: "overview", command: `${fixtures}/kmod-loss.tpp overview`, about: "One flow, all on one time axis." },
  {
    name: "groups",
    command: `${runs} cwnd ${groups} ${column} --no-title`,
    about: "Runs of an experiment: median and quartiles of the window. For a paper's column, without title.",
  },
  {
    name: "overlay",
    command: `${fixtures}/two-controls/cubic-1.tpp ${fixtures}/two-controls/bbr-1.tpp rtt --overlay --label CUBIC --label BBR --theme dark`,
    about: "Two captures in one panel, each from its start.",
  },
  {
    name: "lost",
    command: `${fixtures}/kmod-overflow-extended.tpp cwnd`,
    about: "Records were lost while capturing: the place is shaded, the caption says how many.",
  },
];

async function main(): Promise<void> {
  mkdirSync(`${root}${images}`, { recursive: true });
  for (const file of readdirSync(`${root}${images}`)) rmSync(`${root}${images}/${file}`);
  for (const { name, command } of gallery) {
    const small = command.includes("--size") ? "" : " --width 600";
    // The shell expands the patterns, as it does for whoever types the command.
    await run("sh", ["-c", `bin/analyze plot ${command}${small} -o ${images}/${name}.png`], { cwd: root });
    console.log(`${images}/${name}.png`);
  }
  writeFileSync(`${root}docs/gallery.md`, await page());
}

async function page(): Promise<string> {
  const shows = new Map(
    await Promise.all(plotNames.map(async (plot) => [plot, (await plotDefinition(plot)).shows] as const)),
  );
  const parts = gallery.map(({ name, command, about }) => {
    const shown = shows.get(name as never);
    return [
      `## ${name}`,
      "",
      shown ? `${shown.charAt(0).toUpperCase()}${shown.slice(1)}. ${about}` : about,
      "",
      `    bin/analyze plot ${command} -o ${name}.svg`,
      "",
      `![${name}](images/gallery/${name}.png)`,
      "",
    ].join("\n");
  });
  return [
    "# Gallery",
    "",
    "Every plot, of recordings in this repository, with its command. Made by `npm run gallery`. The endings .png, .pdf, .html and .json work as .svg does;",
    "[plots.md](plots.md) has the options.",
    "",
    ...parts,
  ].join("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
