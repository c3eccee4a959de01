/** What is recorded by a process that is killed. */
import type { StoredTrade } from "../../server/src/ports/dataset-reader.ts";

export const recordName = { dataset: "crypto" } as const;

/** Small files, so that kills meet their beginnings and ends. */
export const recordBounds = { fileBytes: 8_000, diskBytes: 1e9 };

/** Time from one moment with trades to the next. */
export const momentUs = 250_000;

/** Trades of two tickers, three in each moment. */
export function recordedTrades(): readonly StoredTrade[] {
  const startUs = Date.UTC(2024, 7, 8) * 1_000;
  return Array.from({ length: 9_000 }, (_, n) => ({
    ...{ ticker: n % 2 === 0 ? "A/B" : "C/D", venue: "venue", id: n },
    ...{
      price: 10_000 + ((n * 7_919) % 997),
      priceScale: 2,
      quantity: 10 * n + 1,
      quantityScale: 3,
    },
    ...{ eventTimeUs: startUs + Math.floor(n / 3) * momentUs, aggressor: "sell" as const },
  }));
}
