/** The thread that reads every n-th frame of a capture. source.ts is its counterpart. */
import { type MessagePort, receiveMessageOnPort, workerData } from "node:worker_threads";
import type { FrameJob } from "./frames.ts";
import { FrameReader, layoutOf } from "./read-frames.ts";
import type { ReaderSettings } from "./texts/reader.ts";
import { type FromWorker, flagPlaces, type ToWorker } from "./threads.ts";

export interface WorkerData {
  readonly settings: ReaderSettings;
  readonly jobs: readonly FrameJob[];
  readonly port: MessagePort;
  readonly flags: SharedArrayBuffer;
  /** Most frames read ahead. */
  readonly ahead: number;
  readonly rows: number;
}

const { settings, jobs, port, flags: shared, ahead, rows } = workerData as WorkerData;
const flags = new Int32Array(shared);
const spare: SharedArrayBuffer[] = [];
let posted = 0;

function post(message: FromWorker): void {
  port.postMessage(message);
  Atomics.add(flags, flagPlaces.posted, 1);
  Atomics.notify(flags, flagPlaces.posted);
}

try {
  const layout = layoutOf(settings, rows);
  const memory = () => {
    for (let message = receiveMessageOnPort(port); message; message = receiveMessageOnPort(port))
      spare.push((message.message as ToWorker).memory);
    return spare.pop() ?? new SharedArrayBuffer(layout.bytes);
  };
  const reader = new FrameReader(settings, layout, memory);
  for (const job of jobs) {
    for (;;) {
      const taken = Atomics.load(flags, flagPlaces.taken);
      if (posted - taken < ahead) break;
      Atomics.wait(flags, flagPlaces.taken, taken, 1000);
    }
    const result = reader.read(job);
    post({ kind: "frame", result });
    posted++;
  }
  reader.close();
} catch (error) {
  post({ kind: "failed", error: error as Error });
}
