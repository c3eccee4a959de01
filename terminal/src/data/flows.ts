/** How the tickers of a dataset are doing: the newest bar of each as the stream tells it, and what is stored of the last hour. */
import type { FinazonRest, Span } from "@openbourse/client";
import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { onFrame } from "../frame.ts";
import { followBars } from "../session/bars.ts";
import { askFinazon } from "../session/finazon.ts";
import type { OfferedDataset } from "../session/offer.ts";
import { goesOn } from "./states.ts";

/** Most tickers that are followed at once, and most of which is asked what is stored. */
export const followedMax = 100;
const askedMax = 40;
/** Between two such rounds, in milliseconds. */
const lookMs = 60_000;
const hourMs = 3_600_000;

/** The newest minute that is known of a ticker. */
interface Newest {
  /** Milliseconds since 1970. */
  readonly startMs: number;
  readonly close: string;
}

interface Stored {
  readonly newest: Newest | undefined;
  readonly unknown: readonly Span[];
}

/** What is known of a ticker. */
export interface TickerFlow {
  /** Undefined before the first bar. */
  readonly newest: Newest | undefined;
  /** Times of the last hour of which not everything is known. */
  readonly unknown: readonly Span[];
}

/** Follows tickers while a part of the page is shown: the first ones, and the chosen one. */
export function useFlows(
  dataset: OfferedDataset,
  tickers: readonly string[],
  chosen: string | undefined,
): (ticker: string) => TickerFlow {
  const told = useSignal<ReadonlyMap<string, Newest>>(new Map());
  const stored = useSignal<ReadonlyMap<string, Stored>>(new Map());
  const followed = useMemo(() => within(tickers, chosen, followedMax), [tickers, chosen]);
  const asked = useMemo(() => within(tickers, chosen, askedMax), [tickers, chosen]);
  const { code } = dataset;
  const isLive = goesOn(dataset);
  useEffect(() => follow(code, followed, told), [code, followed.join("\n")]);
  useEffect(() => askInRounds(dataset, asked, stored), [code, isLive, asked.join("\n")]);
  return (ticker) => {
    const past = stored.value.get(ticker);
    return {
      newest: newer(told.value.get(ticker), past?.newest),
      unknown: past?.unknown ?? [],
    };
  };
}

/** The first so many, and the chosen one in any case. */
function within(
  tickers: readonly string[],
  chosen: string | undefined,
  max: number,
): readonly string[] {
  const first = tickers.slice(0, max);
  return chosen === undefined || first.includes(chosen) ? first : [...first, chosen];
}

function newer(one: Newest | undefined, other: Newest | undefined): Newest | undefined {
  return (one?.startMs ?? 0) >= (other?.startMs ?? 0) ? (one ?? other) : other;
}

function follow(
  dataset: string,
  tickers: readonly string[],
  told: Signal<ReadonlyMap<string, Newest>>,
): () => void {
  const newest = new Map<string, Newest>();
  told.value = newest;
  if (tickers.length === 0) return () => {};
  let isWanted = true;
  const draw = () => {
    if (isWanted) told.value = new Map(newest);
  };
  // Without the stream the page says what is stored, and when.
  const stop = followBars(dataset, tickers, {
    bar(bar) {
      newest.set(bar.ticker, bar);
      onFrame(draw);
    },
  });
  return () => {
    isWanted = false;
    stop();
  };
}

/** Asks what is stored of each, one after another, and again while somebody sees it. */
function askInRounds(
  dataset: OfferedDataset,
  tickers: readonly string[],
  stored: Signal<ReadonlyMap<string, Stored>>,
): () => void {
  stored.value = new Map();
  let isWanted = true;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const round = async () => {
    for (const ticker of document.hidden ? [] : tickers) {
      // What cannot be told now is asked for again in the next round.
      const found = await askFinazon((rest) => storedOf(rest, dataset, ticker)).catch(() => {});
      if (!isWanted) return;
      if (found !== undefined) stored.value = new Map(stored.value).set(ticker, found);
    }
    timer = setTimeout(() => void round(), lookMs);
  };
  void round();
  return () => {
    isWanted = false;
    clearTimeout(timer);
  };
}

async function storedOf(
  rest: FinazonRest,
  dataset: OfferedDataset,
  ticker: string,
): Promise<Stored> {
  const request = { dataset: dataset.code, ticker, interval: "1m" } as const;
  const newest = async () => (await rest.timeSeries({ ...request, pageSize: 1 }))[0];
  if (!goesOn(dataset)) return { newest: await newest(), unknown: [] };
  const startMs = Date.now() - hourMs;
  const { bars, unknown } = await rest.knownBars({ ...request, startMs, pageSize: 100 });
  // What was before the first bar of all, or in a part of its minute, was never recorded: that is a beginning and no gap.
  const [first] =
    unknown.length === 0 ? [] : await rest.timeSeries({ ...request, order: "asc", pageSize: 1 });
  const beganMs = first?.startMs ?? Number.POSITIVE_INFINITY;
  return {
    newest: bars[0] ?? (await newest()),
    unknown: unknown.filter(({ fromMs }) => fromMs > beganMs),
  };
}
