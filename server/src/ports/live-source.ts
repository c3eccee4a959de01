/**
 * A source of live trades that can be watched ticker by ticker. It connects and translates, and decides
 * nothing else: when a ticker is watched again, what was missed and whether it can be asked for
 * afterwards is the same for all sources and lies outside of them (`streams/live-feed.ts`).
 */
import type { Trade } from "../marketdata/trade.ts";
import type { StopSignal } from "./feed.ts";

/** A trade of the ticker that is watched, before it is received. */
export type LiveTrade = Omit<Trade, "instrument" | "receiveTimeUs">;

/** What the outside is willing to trade at, as decimals at one scale. */
export interface LiveQuote {
  readonly bid: number;
  readonly ask: number;
  readonly priceScale: number;
}

/** What a source tells of a ticker at once. */
export interface LiveTold {
  /** As the venue sent them; empty where all that was told is that the connection is alive. */
  readonly trades: readonly LiveTrade[];
  /** The best prices on both sides, where they are watched and have changed. */
  readonly quote?: LiveQuote;
}

/** A text as it came from or went to a venue, before anything is made of it. */
export interface VenueFrame {
  /** `open`: the connection was there before anybody looked. */
  readonly kind: "connect" | "open" | "send" | "receive" | "close";
  /** Tells the connections of a source apart. */
  readonly connection: number;
  /** Address of the connection. */
  readonly url: string;
  /** Text, or bytes as they came (compressed ones still are); undefined where nothing was told. */
  readonly data: string | Uint8Array | undefined;
}

/** Takes frames; must not keep the bytes that it is given nor throw. */
export type FrameTap = (frame: VenueFrame) => void;

/** What a source may use of the house. */
export interface LiveSourceContext {
  /** Adds what could not be read. */
  malformed(by: number, what: string): void;
  /** Adds received bytes, as they came. */
  received(bytes: number): void;
}

/** A source of live trades. */
export interface LiveSource {
  readonly tickers: readonly string[];
  /**
   * Loads and connects what takes long before anything is watched, if anything does; a text says why it
   * cannot. It is tried again by `watch`.
   */
  prepare?(): Promise<string | undefined>;
  /**
   * Watches a ticker: yields the first time when the venue has confirmed the subscription or told its
   * first trades. The return value says why it ended. It may throw, which means the same.
   */
  watch(
    ticker: string,
    context: LiveSourceContext,
    signal: StopSignal,
  ): AsyncGenerator<LiveTold, string>;
  /**
   * Trades of the past, oldest first, as many as the venue tells up to now; with ids, since nothing
   * can be joined without. A text says why there are none. Undefined where the venue has no past to ask for.
   */
  past?: ((ticker: string, sinceUs: number) => Promise<readonly LiveTrade[] | string>) | undefined;
  /** The step of times in that past, in microseconds, where it is coarser than the stream: 1 s for whole seconds. */
  readonly pastStepUs?: number | undefined;
  /** Where each raw frame is shown to somebody who records them; undefined where there are none. */
  tapFrames?(tap: FrameTap): () => void;
  /** Lets all connections go. It may be watched again afterwards. */
  close(): Promise<void>;
}
