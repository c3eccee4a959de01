/** The thread's end of a `StoreThread`: the module that it runs serves one store after another. */
import { parentPort, receiveMessageOnPort, type Transferable } from "node:worker_threads";
import { assert } from "../../../core/assert.ts";
import { type StoreBegin, storeEnded } from "./store-thread.ts";

/** Whom a store is served for. */
export interface StoreOwner<Told> {
  post(message: Told, transfer?: readonly Transferable[]): void;
  /** Says that the store is closed: nothing of it may still be under way, and nothing is posted after this. */
  end(): void;
}

/** Takes what the owner posts. */
export type StoreServing<Asked> = (message: Asked) => void;

/**
 * Serves the stores that the owner names. `begin` opens one, and returns what takes the owner's messages; where it cannot
 * be opened it says so to the owner and returns nothing.
 */
export function serveStores<Store, Asked, Told>(
  begin: (store: Store, owner: StoreOwner<Told>) => StoreServing<Asked> | undefined,
): void {
  assert(parentPort !== null, "this module runs in a thread that its owner starts");
  const port = parentPort;
  let serving: StoreServing<Asked> | undefined;
  const owner: StoreOwner<Told> = {
    post: (message, transfer = []) => port.postMessage(message, transfer),
    end() {
      serving = undefined;
      port.postMessage(storeEnded);
    },
  };
  port.on("message", (message: Asked | StoreBegin) => {
    if (serving !== undefined) {
      serving(message as Asked);
      return;
    }
    // What was on its way when the store ended is nothing for the next one.
    if (!isBegin(message)) return;
    serving = begin(message.store as Store, owner);
    if (serving === undefined) owner.end();
  });
}

/** The next message to this thread that has already arrived. */
export function nextMessage<Asked>(): Asked | undefined {
  assert(parentPort !== null, "this module runs in a thread that its owner starts");
  return receiveMessageOnPort(parentPort)?.message;
}

function isBegin(message: unknown): message is StoreBegin {
  return (
    typeof message === "object" && message !== null && "kind" in message && message.kind === "begin"
  );
}
