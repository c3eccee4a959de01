/** Makes each state snapshot in a thread of its own, which ends with it and leaves no memory behind. */
import { Worker } from "node:worker_threads";
import type { SqliteCommandLog } from "../../adapters/sqlite/log/log.ts";
import { assert } from "../../core/assert.ts";
import type { Log } from "../../ports/log.ts";
import type { SnapshotOutcome } from "../../ports/snapshot-maker.ts";
import type { EngineFiles } from "./engine-files.ts";
import type { FromSnapshotWorker, SnapshotOrder } from "./snapshot-messages.ts";

/** Heap of the thread, in MiB, unless told otherwise: several times what a million open orders need. */
export const snapshotHeapMaxDefault = 8_192;

/** What a maker works with. */
export interface SnapshotWorkerOptions {
  readonly files: Pick<EngineFiles, "log" | "snapshots">;
  readonly log: Pick<SqliteCommandLog, "epoch" | "readerPort">;
  readonly report: Log;
  /** Largest heap of the thread, in MiB. Without room enough there are no snapshots, which is told. */
  readonly heapMax?: number;
}

/** Starts a thread for each snapshot. */
export class SnapshotWorkerMaker {
  readonly #options: SnapshotWorkerOptions;
  #worker: Worker | undefined;
  #isStopped = false;

  constructor(options: SnapshotWorkerOptions) {
    this.#options = options;
  }

  async make(sequence: number): Promise<SnapshotOutcome> {
    assert(this.#worker === undefined, "one snapshot is made at a time");
    if (this.#isStopped) return failed("no snapshot is made any more");
    const worker = this.#start(sequence);
    this.#worker = worker;
    const outcome = await this.#outcomeOf(worker);
    // It ends by itself after its outcome; what it held is given back before another one begins.
    await worker.terminate();
    this.#worker = undefined;
    return outcome;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#worker?.terminate();
  }

  #start(sequence: number): Worker {
    const { files, log, heapMax = snapshotHeapMaxDefault } = this.#options;
    const port = log.readerPort();
    const order: SnapshotOrder = {
      sequence,
      folder: files.snapshots,
      epoch: log.epoch,
      port,
      file: files.log,
    };
    const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
    return new Worker(new URL(`./snapshot-worker.${extension}`, import.meta.url), {
      name: "snapshot",
      workerData: order,
      transferList: [port],
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: heapMax },
    });
  }

  #outcomeOf(worker: Worker): Promise<SnapshotOutcome> {
    return new Promise((resolve) => {
      worker.on("message", (message: FromSnapshotWorker) => {
        if (message.kind === "outcome") resolve(message.outcome);
        else this.#options.report[message.level](message.phrase, message.fields);
      });
      worker.once("error", (error) => resolve(failed(`its thread failed: ${error}`)));
      worker.once("exit", () => resolve(failed("its thread was ended")));
    });
  }
}

function failed(message: string): SnapshotOutcome {
  return { kind: "failed", message };
}
