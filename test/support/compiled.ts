/**
 * What most tests are made of, compiled before them: each worker that begins with nothing would compile all of it, and each
 * thread of each server that it starts its part once more, since what is compiled is kept at the end of a process only.
 */
import { enableCompileCache, flushCompileCache } from "node:module";
import { compileCache } from "./compile-cache.ts";

enableCompileCache(compileCache);
// A server, its client, nodes of a cluster and a browser: with what these are made of, four fifths of all that is loaded.
await import("./server-here.ts");
await import("./client-house.ts");
await import("./process-cluster.ts");
await import("../e2e/support/stage.ts");
flushCompileCache();
