/** The kernel's own count of what was sent again, where records do not tell it: beside nstat's, in a real transfer. */
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { readFrames, walkTpp } from "@tcpprobe-plus/tpp";
import { Background, run } from "../../../lab/command.ts";
import { startRecordingIn } from "../../../lab/recording.ts";
import { ShapedPath } from "../../../lab/shaped-path.ts";
import { analyze, opened, temporaryDirectory, writeCapture } from "../../../test/support/analyze.ts";
import { requires } from "../../../test/support/requires.ts";

const test = requires({ root: true, tracefs: true, netns: true, tools: ["nstat", "ss"] });

const server = `require("net").createServer((s) => s.resume()).listen(5301, () => console.log("listens"))`;
/** Connects, and sends when it is told to; says when all of it was acknowledged, as far as `ss` shows. */
const client = (
  address: string,
) => `const socket = require("net").connect(5301, "${address}", () => console.log("connected"));
  process.on("SIGUSR2", () => socket.write(Buffer.alloc(3e6), () => console.log("written")));
  setTimeout(() => {}, 60000)`;

/** As SQL has it. */
const counts = "SELECT kernel_retransmits, retransmits, cong FROM flows WHERE dport = 5301";

for (const source of ["tracefs", "ss"]) {
  test.serial(
    `${source}: of a connection that was there before and after, the kernel's own count is nstat's`,
    async (t) => {
      t.timeout(90_000);
      const file = join(temporaryDirectory(t), "a.tpp");
      using path = await ShapedPath.make({
        rateMbit: 10,
        queueBytes: 60_000,
        dropsPer100k: 200,
        congestionControl: "reno",
      });
      const inClient = (...command: string[]) => run(path.onClient(...command));
      await using sink = new Background(path.onServer(process.execPath, "-e", server));
      await sink.prints(/listens/);
      await using sender = new Background(path.onClient(process.execPath, "-e", client(path.serverAddress)));
      await sender.prints(/connected/);
      const recording = await startRecordingIn((...command) => path.onClient(...command), file, "--source", source);
      const sentAgain = async () =>
        Number(/TcpRetransSegs +(\d+)/.exec(await inClient("nstat", "-asz", "TcpRetransSegs"))![1]);
      const before = await sentAgain();
      sender.child.kill("SIGUSR2");
      await sender.prints(/written/, 40);
      for (let turn = 0; turn < 200 && !/ 0 +0 .*:5301/.test(await inClient("ss", "-tnH", "dport", "5301")); turn += 1)
        await wait(100);
      await recording.finish();
      const told = (await sentAgain()) - before;
      t.true(told > 0, "something was sent again");
      const [row] = await (await opened(t, file)).rows(counts);
      t.is(Number(row!.kernel_retransmits), told);
      t.is(row!.cong, "reno");
      const { out } = await analyze("flows", file);
      t.regex(out, new RegExp(` ${told} `));
      // Whatever way the capture is kept.
      const parquet = `${file}.parquet`;
      t.is((await analyze("convert", file, "-o", parquet)).code, 0);
      t.deepEqual(await (await opened(t, parquet)).rows(counts), [row!]);
      // What is known at one end only is not known.
      const walk = await walkTpp(file);
      const { sockets } = walk.header!;
      t.true((sockets?.known ?? 0) > 0);
      const frames: Buffer[] = [];
      for await (const { raw } of readFrames(file, walk)) frames.push(raw);
      const half = await writeCapture(join(temporaryDirectory(t), "half.tpp"), Buffer.concat(frames), walk.header!);
      const [halfRow] = await (await opened(t, half)).rows(counts);
      t.is(halfRow!.kernel_retransmits, null);
      t.is(halfRow!.retransmits, row!.retransmits);
    },
  );
}
