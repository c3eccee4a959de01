/** The recorded tapes: how each is read, and what their README says is in them. */
import type { CsvFormat, RecordingFormat } from "../../server/src/recordings/format.ts";

const trades: RecordingFormat = { kind: "binance-trades" };
const aggregates: RecordingFormat = { kind: "binance-aggtrades" };
const secondsPriceAmount: CsvFormat = {
  kind: "csv",
  timeUnit: "s",
  columns: { time: 0, price: 1, quantity: 2 },
};
const spyTicks: CsvFormat = {
  kind: "csv",
  timeUnit: "ms",
  timeOriginUs: Date.UTC(2013, 9, 8, 4) * 1000,
  columns: { time: 0, price: 1, quantity: 2 },
  priceDecimals: 4,
};

/** One recorded tape, how to read it, and what is known about it. */
export interface Tape {
  readonly file: string;
  readonly format: RecordingFormat;
  readonly trades: number;
  readonly skipped?: number;
  readonly malformed?: number;
  readonly first: string;
  readonly last: string;
  /** Whether ids run from trade to trade without a hole. */
  readonly hasIds: boolean;
}

/**
 * Rows and spans as the recordings' own README states them, times in UTC. Where it gives minutes
 * only, the seconds are those of the file's first and last row.
 */
export const tapes: readonly Tape[] = [
  {
    file: "binance-spot-btcusdt-2024-08-08.trades.csv.gz",
    format: trades,
    trades: 19_904,
    first: "2024-08-08T23:54:15",
    last: "2024-08-09T00:05:05",
    hasIds: true,
  },
  {
    file: "binance-spot-ethusdt-2024-08-08.trades.csv.gz",
    format: trades,
    trades: 14_515,
    first: "2024-08-08T23:54:15",
    last: "2024-08-09T00:05:05",
    hasIds: true,
  },
  {
    file: "binance-usdm-btcusdt-2024-08-08.trades.csv.gz",
    format: trades,
    trades: 21_313,
    first: "2024-08-08T23:54:16",
    last: "2024-08-08T23:59:59",
    hasIds: true,
  },
  {
    file: "binance-usdm-btcusdt-2023-04-04.trades.csv.gz",
    format: trades,
    trades: 12_934,
    skipped: 1,
    first: "2023-04-04T23:58:20",
    last: "2023-04-05T00:06:54",
    hasIds: false,
  },
  {
    file: "binance-spot-btcusdt-2020-11-01T09.aggtrades.csv.gz",
    format: aggregates,
    trades: 18_054,
    first: "2020-11-01T09:00:00",
    last: "2020-11-01T09:59:59",
    hasIds: true,
  },
  {
    file: "binance-spot-ethusdt-2020-11-01T09.aggtrades.csv.gz",
    format: aggregates,
    trades: 4700,
    first: "2020-11-01T09:00:02",
    last: "2020-11-01T10:00:00",
    hasIds: true,
  },
  {
    file: "binance-spot-ethbtc-2020-11-01T09.aggtrades.csv.gz",
    format: aggregates,
    trades: 1736,
    first: "2020-11-01T09:00:02",
    last: "2020-11-01T10:00:00",
    hasIds: true,
  },
  {
    file: "binance-spot-xrpeth-2019-10-11.aggtrades.csv.gz",
    format: aggregates,
    trades: 12_477,
    first: "2019-10-11T00:00:11",
    last: "2019-10-13T11:19:28",
    hasIds: true,
  },
  {
    file: "coinbase-btccad-2015-08-31_2016-07-29.trades.csv.gz",
    format: secondsPriceAmount,
    trades: 152_873,
    first: "2015-08-31T16:58:34",
    last: "2016-07-29T16:45:46",
    hasIds: false,
  },
  {
    file: "okcoin-btcusd-2017-08-07_2018-01-21.trades.csv.gz",
    format: secondsPriceAmount,
    trades: 640_217,
    malformed: 2,
    first: "2017-08-07T12:40:04",
    last: "2018-01-21T00:38:49",
    hasIds: false,
  },
  {
    file: "nyse-spy-2013-10-08.ticks.csv.gz",
    format: spyTicks,
    trades: 451_545,
    first: "2013-10-08T08:00:17",
    last: "2013-10-08T23:59:58",
    hasIds: false,
  },
];
