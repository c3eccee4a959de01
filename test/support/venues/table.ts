/** The venues whose recorded traffic is played. Another one is a file of its own and a line here. */
import { recordedBinance } from "./binance.ts";
import { recordedBitstamp } from "./bitstamp.ts";
import { recordedCoinbase } from "./coinbase.ts";
import { recordedGate } from "./gate.ts";
import { recordedHtx } from "./htx.ts";
import { recordedKraken } from "./kraken.ts";
import type { Venue } from "./player.ts";

/** A recorded session. */
export interface RecordedVenue {
  readonly name: string;
  open(folder: string): Venue;
  /** Milliseconds that a time of its past is told in; the stream is finer. */
  readonly pastStepMs: number;
}

/** All of them. */
export const recordedVenues: readonly RecordedVenue[] = [
  { name: "Binance, 2024-08-08", open: recordedBinance, pastStepMs: 1 },
  { name: "Gate, version 4, 2021-04-22", open: recordedGate, pastStepMs: 1 },
  { name: "Bitstamp, 2022-01-05", open: recordedBitstamp, pastStepMs: 1_000 },
  { name: "Coinbase Exchange, 2021-04-17", open: recordedCoinbase, pastStepMs: 1 },
  {
    name: "Kraken, 2021-04-17, translated from version 1 to 2",
    open: recordedKraken,
    pastStepMs: 1,
  },
  { name: "HTX, 2021-04-17", open: recordedHtx, pastStepMs: 1 },
];
