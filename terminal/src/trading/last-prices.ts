/** What trading needs to know of markets beside what the market page has: last prices of all, while somebody looks at them. */
import { effect, type ReadonlySignal, signal } from "@preact/signals";
import { onFrame } from "../frame.ts";
import { markets } from "../session/session.ts";

const prices = signal<ReadonlyMap<string, string>>(new Map());
const lookers = signal(0);

/** Last prices by market. */
export const lastPrices: ReadonlySignal<ReadonlyMap<string, string>> = prices;

/** Somebody looks at last prices until the returned function is called. */
export function watchPrices(): () => void {
  lookers.value += 1;
  return () => {
    lookers.value -= 1;
  };
}

effect(() => {
  const stream = lookers.value > 0 ? markets.value?.stream : undefined;
  if (stream === undefined) return;
  const feed = stream.lastPrices("all");
  const newest = new Map(prices.peek());
  const show = () => {
    prices.value = new Map(newest);
  };
  feed.listen(({ market, price }) => {
    newest.set(market, price);
    onFrame(show);
  });
  return () => feed.close();
});
