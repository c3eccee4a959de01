/** The thread that speaks gRPC. */
import { parentPort, workerData } from "node:worker_threads";
import { assert } from "../../core/assert.ts";
import { loadLibrary } from "./library.ts";
import { Listener } from "./listener.ts";
import type { FromThread, ThreadStart, ToThread } from "./messages.ts";

assert(parentPort !== null, "the thread of gRPC runs as a thread");
const port = parentPort;
const start: ThreadStart = workerData;

function post(message: FromThread): void {
  port.postMessage(message);
}

const listener = new Listener(await loadLibrary(), start, post);

port.on("message", (message: ToThread) => {
  switch (message.kind) {
    case "answer":
      listener.answer(message.id, message.answer);
      break;
    case "certificate":
      listener.renew(message.tls);
      break;
    case "stop":
      void listener.stop(message.graceMs).then(() => port.close());
      break;
  }
});

try {
  post({ kind: "listening", port: await listener.listen(start.host, start.port) });
} catch (error) {
  const { code = "", message } = error as NodeJS.ErrnoException;
  post({ kind: "not-listening", code, message });
  await listener.stop(0);
  port.close();
}
