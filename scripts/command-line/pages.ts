/** The texts of the manual pages other than the commands. */

import { version as analyzeVersion } from "../../analyze/version.ts";
import { version as captureVersion } from "../../capture/version.ts";
import { type ExitName, exitCodes } from "../../tpp/exit-codes.ts";
import type { PageTexts } from "./man.ts";

/** Exit codes with their meanings for one command, in the order of the table. */
const meanings = (said: Partial<Record<ExitName, string>>): [number, string][] =>
  (Object.keys(exitCodes) as ExitName[]).flatMap((name) => (said[name] ? [[exitCodes[name], said[name]]] : []));

export const capturePage: PageTexts = {
  version: captureVersion,
  description: [
    "`capture` saves what the Linux kernel tells about TCP connections, packet by packet, to a .tpp file: the source's own text or records, compressed with zstd, with the settings of the host beside it. Nothing is computed; analyze(1) does that later, on any machine.",
    "There are four sources. The kernel module tcpprobe_plus records the whole state at each segment received and sent, at each retransmission timeout, and at the beginning and end of each connection. A BPF program records the same without a module; where the kernel does not allow function hooks, it records received segments, retransmissions and changes of state. The kernel's own tracepoints as text (tracefs) show less of the state. ss(8), run every 100 ms, works without root. `--source auto` takes the first of these that works and prints which one it took.",
    "All but ss need root, or for BPF the capabilities CAP_BPF and CAP_PERFMON, since they show the connections of all users.",
  ],
  exitStatus: meanings({
    ok: "Success, even if records were lost (see the totals). With a command after --, the exit code of that command.",
    usage: "An option or argument makes no sense.",
    badInput: "The input is not a .tpp file, or nothing in it can be used.",
    noInput: "The input file does not exist or cannot be read.",
    unavailable: "This kernel or host lacks what is needed: the module, tracefs, ss, headers, a compiler.",
    software: "A defect of the program.",
    cannotCreate:
      "The output exists already or cannot be created, or the folder for built modules is not root's alone.",
    ioError:
      "Reading or writing failed on the way (disk full, source gone; what was written before is whole), the disk did not confirm what was written, or somebody else changed the file.",
    busy: "Something is in use: another process reads the module, or a setting is fixed while the module is loaded.",
    noPermission: "Root is needed.",
    commandNotStarted: "The command after -- could not be started.",
    commandNotFound: "The command after -- was not found.",
    interrupted:
      "A second signal stopped it before everything was read. The file is whole. Another signal that cancels it before it begins gives 128 plus its number, as in a shell.",
  }),
  environment: [
    ["NO_COLOR", "When set, no colours are printed. They are only printed on a terminal."],
    [
      "PATH",
      "Folders that are searched for programs, followed by /usr/sbin, /usr/bin, /sbin and /bin. As root, only these four are searched. A command after -- is searched for in PATH alone.",
    ],
    ["SUDO_UID, SUDO_GID", "As root: the user who called sudo, and who will own the files that capture creates."],
  ],
  files: [
    ["/proc/net/tcpprobe", "The module's data, for one reader at a time."],
    ["/proc/net/stat/tcpprobe_plus", "The module's statistics."],
    ["/proc/sys/net/tcpprobe_plus/", "The module's settings."],
    [
      "/sys/kernel/tracing/instances/tcpprobe_plus-PID-START-NAMESPACE",
      "The tracing instance of a running capture. It is removed at the end.",
    ],
    ["/var/cache/tcpprobe_plus/module-builds/", "Modules that `capture load` has built. Only root can access it."],
    ["/run/tcpprobe_plus/settings.json", "While a capture runs: the settings of the module that it will restore."],
  ],
  examples: [
    ["capture doctor", "Which sources can be used on this host, and what is missing for the others."],
    ["capture load --port 5001", "Load the module, built if necessary, for connections with port 5001 at either end."],
    [
      "capture run --port 5001 -o run1.tpp -- iperf3 -c server -p 5001",
      "Captures while iperf3 runs, and ends with its exit code.",
    ],
    ["capture run -o day.tpp --rotate 1h --keep 24", "A file for each hour, of which the newest 24 are kept."],
    ["source <(capture completion bash)", "Completion in this shell."],
  ],
  seeAlso: ["analyze(1)", "ss(8)", "tcp(7)", "zstd(1)"],
};

export const analyzePage: PageTexts = {
  version: analyzeVersion,
  description: [
    "`analyze` reads captures of TCP state, .tpp files that capture(1) wrote, and makes tables, Parquet and pictures of them. Several files are read as one trace. Each file of a rotated capture continues the one before it.",
    "A value that the source of a capture did not supply is empty (`-` in tables, NULL in SQL), never 0. Losses and their places are part of the trace. Each command reports a file that is damaged or was cut off.",
  ],
  exitStatus: meanings({
    ok: "All went well.",
    doesNotHold: "An assertion of `analyze check` does not hold or is not known, or a rule of a pack is broken.",
    cannotTell: "No rule of a pack is broken, but for at least one it is not known whether it holds.",
    usage: "An option or argument makes no sense.",
    badInput: "An input is not a capture or is damaged; a query fails; a requested flow is not in the capture.",
    noInput: "The input file does not exist or cannot be read.",
    unavailable: "The capture's source does not supply what was requested.",
    software: "A defect of the program.",
    cannotCreate: "The output exists already or cannot be written, or the temporary files cannot.",
  }),
  environment: [
    ["NO_COLOR", "When set, no colours are printed."],
    [
      "TMPDIR",
      "Directory for temporary files (default: /tmp): the parsed text, and what does not fit in memory. They are removed at the end.",
    ],
    ["XDG_CACHE_HOME", "Directory for parsed captures (default: ~/.cache)."],
  ],
  files: [["*.tpp", "Plain zstd: `zstd -dc run1.tpp` prints the text or the records that the kernel wrote."]],
  examples: [
    ["analyze flows run1.tpp", "The connections, one a line."],
    ["analyze plot run1.tpp cwnd -o cwnd.html", "A page to zoom and pan in, which needs no network."],
    ["analyze convert run1.tpp -o run1.parquet", "For pandas, R, Spark."],
  ],
  seeAlso: ["capture(1)", "ss(8)", "tcp(7)", "zstd(1)"],
};
