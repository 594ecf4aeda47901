/**
 * Traffic from ordinary sockets. Run this as a program inside a namespace:
 *
 *     node traffic.ts serve PORT            reads and discards data until it is stopped
 *     node traffic.ts send HOST PORT SECONDS [FLOWS]   writes as fast as each connection allows; starts 0.5 s apart
 */
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const [verb, ...args] = process.argv.slice(2);
if (verb === "serve") serve(Number(args[0]));
else if (verb === "send") await send(args[0]!, Number(args[1]), Number(args[2]), Number(args[3] ?? 1));
else throw new Error(`unknown verb ${verb}`);

function serve(port: number): void {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.resume();
  });
  server.listen(port, () => console.log("listening"));
}

async function send(host: string, port: number, seconds: number, flows: number): Promise<void> {
  const ends = performance.now() + seconds * 1000;
  const flow = async (index: number): Promise<number> => {
    await sleep(index * 500);
    const socket = connect(port, host);
    await once(socket, "connect");
    const block = Buffer.alloc(64 * 1024, index);
    while (performance.now() < ends) if (!socket.write(block)) await once(socket, "drain");
    socket.end();
    await once(socket, "close");
    return socket.bytesWritten;
  };
  const bytes = await Promise.all(Array.from({ length: flows }, (_, index) => flow(index)));
  console.log(JSON.stringify({ bytes }));
}
