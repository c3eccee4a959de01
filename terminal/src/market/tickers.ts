/** Figures of 24 hours of all markets, once a frame, while the page is shown. */
import { compare, type Ticker } from "@openbourse/client";
import { effect, type ReadonlySignal, signal } from "@preact/signals";
import { onFrame } from "../frame.ts";
import { link } from "./shown.ts";

const all = signal<ReadonlyMap<string, Ticker>>(new Map());
const tones = new Map<string, "up" | "down">();

/** By market; a market that never traded has none. */
export const tickers: ReadonlySignal<ReadonlyMap<string, Ticker>> = all;

/** Which way the last price of a market went when it changed last. */
export function toneOf(market: string): "up" | "down" | undefined {
  return tones.get(market);
}

effect(() => {
  const stream = link.value?.stream;
  if (stream === undefined) return undefined;
  const newest = new Map(all.peek());
  const show = () => {
    all.value = new Map(newest);
  };
  const feed = stream.tickers("all");
  feed.listen((ticker) => {
    noteTone(newest.get(ticker.market)?.price, ticker);
    newest.set(ticker.market, ticker);
    onFrame(show);
  });
  return () => feed.close();
});

function noteTone(before: string | undefined, { market, price }: Ticker): void {
  const direction = before === undefined ? 0 : compare(price, before);
  if (direction !== 0) tones.set(market, direction > 0 ? "up" : "down");
}
