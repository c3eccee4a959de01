/** A thread that says what it is told, with the store's name and its own number before it. */
import { threadId } from "node:worker_threads";
import { serveStores } from "./store-owner.ts";

serveStores<string, string, string>((store, owner) => {
  if (store === "refused") {
    owner.post("refused");
    return undefined;
  }
  return (message) => {
    if (message === "fail") throw new Error("a fault of its own");
    owner.post(`${threadId} ${store}: ${message}`);
    if (message === "close") owner.end();
  };
});
