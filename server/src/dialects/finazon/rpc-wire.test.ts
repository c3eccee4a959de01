/** Field numbers and types of the description, against those that the vendor's clients have (docs/protocols/finazon). */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

const description = readFileSync(
  new URL("../../../assets/proto/finazon.proto", import.meta.url),
  "utf8",
);

/** `name=number` of the fields, in the order of their numbers; the type stands before the first one of a row of the same. */
const wanted: Readonly<Record<string, string>> = {
  TimeSeries: "int64 timestamp=1 double open=2 close=3 high=4 low=5 volume=6",
  GetTimeSeriesRequest:
    "string publisher=1 ticker=2 exchange=3 mic=4 country=5 instrument_type=6 interval=8 int64 start_at=10 end_at=11 " +
    "int32 page=12 page_size=13 string order=14 bool prepost=15 string market=16 dataset=17 cqs=18 cik=19 cusip=20 isin=21 " +
    "composite_figi=22 share_figi=23 lei=24 adjust=25",
  BinanceTimeSeries:
    "int64 timestamp=1 double open=2 close=3 high=4 low=5 trades=6 base_volume=7 quote_volume=8 " +
    "taker_buy_base_asset_volume=9 taker_buy_quote_asset_volume=10",
  CryptoTimeSeries: "int64 timestamp=1 double open=2 close=3 high=4 low=5 volume=6",
  ForexTimeSeries: "int64 timestamp=1 double open=2 close=3 high=4 low=5",
  ...Object.fromEntries(
    ["Binance", "Crypto", "Forex"].map((name) => [
      `Get${name}TimeSeriesRequest`,
      "string ticker=1 interval=3 int64 start_at=5 end_at=6 int32 page=7 page_size=8 string order=9",
    ]),
  ),
  GetTradesRequest:
    "string publisher=1 ticker=2 mic=3 country=4 market=5 int64 start_at=6 end_at=7 string tape=8 int32 page=9 page_size=10 " +
    "string order=11 cqs=12 cik=13 cusip=14 isin=15 composite_figi=16 share_figi=17 lei=18 dataset=19",
  TradesItem: "int64 trade_date=1 double price=2 int64 quantity=3",
  GetSnapshotRequest:
    "string publisher=1 ticker=2 market=3 mic=4 country=5 cqs=6 cik=7 cusip=8 isin=9 composite_figi=10 share_figi=11 lei=12 " +
    "dataset=13",
  GetSnapshotResponse:
    "SnapshotOhlcv last_day=1 last_month=2 SnapshotLastTrade last_trade=3 SnapshotOhlcv previous_day=4 " +
    "SnapshotLastFiftyTwoWeek last_fifty_two_week=5 SnapshotChange change=6",
  SnapshotOhlcv: "double open=1 high=2 low=3 close=4 volume=5",
  SnapshotLastTrade: "int64 event_at=1 double price=2 int64 shares=3",
  SnapshotLastFiftyTwoWeek:
    "double high=1 int64 high_at=2 double low=3 int64 low_at=4 double change=5 change_percent=6 int64 average_volume=7",
  SnapshotChange: "double day_change_percent=1 week_change_percent=2 month_change_percent=3",
  FindTickersCryptoRequest: "string ticker=1 publisher=2 market=3 int32 page=4 page_size=5",
  TickerCryptoInfo: "string ticker=1 publisher=2 publisher_name=3",
  FindTickersStocksRequest:
    "string ticker=1 publisher=2 country=3 mic=4 int32 page=5 page_size=6 string cqs=11 cik=12 cusip=13 isin=14 " +
    "composite_figi=15 share_figi=16 lei=17 dataset=18",
  TickerStocksInfo: "string ticker=1 country=2 currency=3 publisher=4 publisher_name=5",
  FindTickersForexRequest: "string ticker=1 int32 page=2 page_size=3",
  TickerForexInfo: "string ticker=1",
  GetDatasetsRequest: "string code=1 int32 page=2 page_size=3",
  GetPublishersRequest: "string code=1 int32 page=2 page_size=3",
  DatasetItem: "string code=1 name=2",
  PublisherItem: "string code=1 name=2",
  GetApiUsageRequest: "string product=1",
  ApiUsageItem:
    "string product=1 ApiCalls apiCalls=2 historicalApiCalls=3 referenceApiCalls=4 timeSeriesApiCalls=5 snapshotsApiCalls=6 " +
    "tradesApiCalls=7",
  ApiCalls: "int32 limit=1 usage=2",
  GetTimeSeriesAtrRequest: "int32 time_period=1 GetTimeSeriesRequest time_series=2",
  GetTimeSeriesBBandsRequest:
    "int32 time_period=1 string series_type=2 double sd=3 string ma_type=4 GetTimeSeriesRequest time_series=5",
  GetTimeSeriesIchimokuRequest:
    "int32 conversion_line_period=1 base_line_period=2 leading_span_b_period=3 lagging_span_period=4 " +
    "bool include_ahead_span_period=5 GetTimeSeriesRequest time_series=6",
  GetTimeSeriesMaRequest:
    "int32 time_period=1 string series_type=2 ma_type=3 GetTimeSeriesRequest time_series=4",
  GetTimeSeriesMacdRequest:
    "string series_type=1 int32 fast_period=2 slow_period=3 signal_period=4 GetTimeSeriesRequest time_series=5",
  GetTimeSeriesObvRequest: "string series_type=1 GetTimeSeriesRequest time_series=2",
  GetTimeSeriesRsiRequest:
    "int32 time_period=1 string series_type=2 GetTimeSeriesRequest time_series=3",
  GetTimeSeriesSarRequest: "double acceleration=1 maximum=2 GetTimeSeriesRequest time_series=3",
  GetTimeSeriesStochRequest:
    "int32 fast_k_period=1 slow_k_period=2 slow_d_period=3 string slow_kma_type=4 slow_dma_type=5 " +
    "GetTimeSeriesRequest time_series=6",
};

/** Fields of a message's own, in the words of {@link wanted}. */
function fieldsOf(body: string): string {
  let last = "";
  const own = body.replaceAll(/^ {2}message[^}]*}/gm, "");
  const fields = [...own.matchAll(/^ {2}(?:optional |repeated )?([\w.]+) (\w+) = (\d+);/gm)];
  return fields
    .map(([, type = "", name, number]) => {
      const isSame = type === last;
      last = type;
      return `${isSame ? "" : `${type} `}${name}=${number}`;
    })
    .join(" ");
}

it("has the field numbers and types of the vendor's clients", () => {
  const messages = [...description.matchAll(/^message (\w+) \{\n(.*?)^\}/gms)];
  const found = Object.fromEntries(messages.map(([, name, body = ""]) => [name, fieldsOf(body)]));
  expect(found).toMatchObject(wanted);
});

it("has every answer as a list under 1, and figures of indicators as texts behind the time", () => {
  const answers = [...description.matchAll(/^message (Get\w+|Find\w+)Response \{\n(.*?)^\}/gms)];
  for (const [, name = "", body = ""] of answers) {
    if (name === "GetSnapshot") continue;
    expect(body, name).toMatch(/^ {2}repeated \w+ result = 1;$/m);
    const item = /message Item \{\n(.*?)^ {2}\}/ms.exec(body)?.[1];
    if (item === undefined) continue;
    const [first, ...figures] = item.trimEnd().split("\n");
    expect(first).toBe("    int64 timestamp = 1;");
    expect(figures.length, name).toBeGreaterThan(0);
    for (const [at, figure] of figures.entries()) {
      expect(figure).toMatch(new RegExp(`^    string \\w+ = ${at + 2};$`));
    }
  }
});
