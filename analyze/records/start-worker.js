// Begins a thread. Plain JavaScript, as compiled code is kept and used only for what is loaded after this call; a
// thread that compiles all of it takes three times as long to begin.
import * as nodeModule from "node:module";
import { workerData } from "node:worker_threads";

if (workerData.codeDirectory !== null) nodeModule.enableCompileCache(workerData.codeDirectory);
await import(workerData.worker);
