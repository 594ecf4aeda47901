// Starts a thread. The cache of compiled code applies only to modules loaded after enableCompileCache, so this first
// file is plain JavaScript. Without the cache a thread takes three times as long to start.
import * as nodeModule from "node:module";
import { workerData } from "node:worker_threads";

if (workerData.codeDirectory !== null) nodeModule.enableCompileCache(workerData.codeDirectory);
await import(workerData.worker);
