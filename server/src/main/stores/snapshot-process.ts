/**
 * The process that makes state snapshots, each in a thread of its own, whose memory is given back when it
 * ends. It reads the log by asking its server, and ends with it.
 */
import { readdirSync, writeFileSync } from "node:fs";
import { setPriority } from "node:os";
import { MessageChannel, type MessagePort } from "node:worker_threads";
import { assert, ensureNever } from "../../core/assert.ts";
import type { Log } from "../../ports/log.ts";
import type { FromSnapshotProcess, SnapshotOrder, ToSnapshotProcess } from "./snapshot-messages.ts";
import { SnapshotWorkerMaker } from "./snapshot-worker-maker.ts";

function send(message: FromSnapshotProcess): void {
  assert(process.send !== undefined, "snapshots are made in a process that a server starts");
  process.send(message);
}

const line =
  (level: keyof Log): Log["info"] =>
  (phrase, fields) =>
    send({ kind: "line", level, phrase, fields });

const report: Log = {
  debug: line("debug"),
  info: line("info"),
  warn: line("warn"),
  error: line("error"),
};

/** Where the thread that makes a snapshot asks for the log. */
let asking: MessagePort | undefined;

async function make(order: Omit<SnapshotOrder, "port">, heapMax: number): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  asking = port1;
  port1.on("message", (from) => send({ kind: "read", from }));
  const { epoch, sequence } = order;
  const maker = new SnapshotWorkerMaker({
    files: { log: order.file, snapshots: order.folder },
    log: { epoch, readerPort: () => port2 },
    ...{ report, heapMax },
  });
  const outcome = await maker.make(sequence);
  port1.close();
  send({ kind: "outcome", outcome });
}

function receive(message: ToSnapshotProcess): void {
  switch (message.kind) {
    case "make":
      void make(message.order, message.heapMax);
      return;
    case "chunk":
      // Its buffers are parts of one that came over the wire, and so are copied and not handed over.
      asking?.postMessage(message);
      return;
    case "log-closed":
      asking?.close();
      return;
    default:
      ensureNever(message);
  }
}

/** Where only some processors are there, whoever trades comes first. */
const niceness = 10;

/** As the system allows: the exchange goes first where processors are few, and lives where memory ends. */
function stepBack(): void {
  try {
    if (process.platform !== "linux") {
      setPriority(niceness);
      return;
    }
    // On Linux a priority is a thread's, and handed on to those that it starts; the collector's are there.
    for (const thread of readdirSync("/proc/self/task")) setPriority(Number(thread), niceness);
    writeFileSync("/proc/self/oom_score_adj", "1000");
  } catch (error) {
    report.debug("snapshots are made with the priority of the exchange", { reason: String(error) });
  }
}

// What is meant for the server, such as the key that interrupts, reaches all processes of its group.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
process.on("disconnect", () => process.exit());
stepBack();
process.on("message", receive);
