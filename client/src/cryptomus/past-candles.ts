/** Candles of the past, over the stream, in pages. */
import { ClientError } from "../fault.ts";
import { candle } from "./decode.ts";
import type { Candle } from "./messages.ts";
import type { CryptomusStream } from "./stream.ts";
import type { CandleTuple } from "./wire.ts";

/** Which candles: those that start from one time to another, both included, in milliseconds since 1970. */
export interface PastCandlesRequest {
  readonly market: string;
  /** Seconds; divides a minute, an hour or a day, or is whole days below a week, a week, or 30 days. */
  readonly intervalS: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Most candles of one answer. */
export const pastCandlesMax = 1_440;

/**
 * Candles, the oldest first: the newest {@link pastCandlesMax} of those asked for. For more, ask again with `toMs` before the first.
 * Intervals without a trade have none. To fill a chart, subscribe first: of two states of a candle the later one counts.
 */
export async function pastCandles(
  stream: Pick<CryptomusStream, "query">,
  { market, intervalS, fromMs, toMs }: PastCandlesRequest,
): Promise<readonly Candle[]> {
  const [fromS, toS] = [Math.ceil(fromMs / 1_000), Math.floor(toMs / 1_000)];
  const rows = await stream.query("candles_request", [market, fromS, toS, intervalS]);
  if (Array.isArray(rows)) return rows.map((row) => candle(row as CandleTuple));
  throw new ClientError({ kind: "unreadable", message: "the answer has no list of candles" });
}
