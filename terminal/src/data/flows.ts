/** The newest bar of each ticker of a dataset, as the stream tells it, shown once a frame of the screen. */
import type { Bar } from "@openbourse/client";
import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { onFrame } from "../frame.ts";
import { barStream } from "./asking.ts";

/** Most tickers that are followed at once. */
export const followedMax = 100;

/** Bars by ticker. */
export type NewestBars = ReadonlyMap<string, Bar>;

/** Follows the first {@link followedMax} of the tickers while a part of the page is shown. */
export function useNewestBars(dataset: string, tickers: readonly string[]): NewestBars {
  const shown = useSignal<NewestBars>(new Map());
  const followed = useMemo(() => tickers.slice(0, followedMax), [tickers]);
  useEffect(() => {
    const newest = new Map<string, Bar>();
    shown.value = newest;
    if (followed.length === 0) return;
    const draw = () => {
      shown.value = new Map(newest);
    };
    let close: (() => void) | undefined;
    let isWanted = true;
    barStream().then(
      (stream) => {
        if (!isWanted) return;
        const feed = stream.bars({ dataset, tickers: followed });
        const stop = feed.listen((bar) => {
          newest.set(bar.ticker, bar);
          onFrame(draw);
        });
        close = () => {
          stop();
          feed.close();
        };
      },
      // Without the stream the page says what is stored, and when.
      () => {},
    );
    return () => {
      isWanted = false;
      close?.();
    };
  }, [dataset, followed]);
  return shown.value;
}
