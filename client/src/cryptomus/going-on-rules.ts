/** Which channels of the Cryptomus stream go on where they stopped, and which names are one stream. */
import type { GoingOnRules } from "../going-on.ts";
import { everything } from "./feed-table.ts";
import type { Channel } from "./wire.ts";

/** Channels of which something is lost with a message; of the others the newest state is all there is. */
const resumable: ReadonlySet<Channel> = new Set([
  "trade",
  "order",
  "deal",
  "balance",
  "candles",
  "depth",
]);

/** The rules; `canGoOn` says it of a book, by the parameter that it is asked for with. */
export function goingOnRules(canGoOn: (parameter: string) => boolean): GoingOnRules<Channel> {
  return {
    everything,
    isResumable: (channel) => resumable.has(channel),
    canGoOn: (channel, name) => channel !== "depth" || canGoOn(name),
    // Candles of a market are one stream, as one interval runs at a time.
    streamOf: (channel, name) =>
      `${channel}|${channel === "candles" ? (name.split("|")[0] ?? name) : name}`,
  };
}
