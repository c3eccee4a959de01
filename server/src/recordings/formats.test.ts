import { describe, expect, it } from "vitest";
import type { RecordingFormat } from "./format.ts";
import { openTable, type Table } from "./formats.ts";
import type { RecordedTrade, RowFault } from "./map.ts";

const trades: RecordingFormat = { kind: "binance-trades" };
const aggregates: RecordingFormat = { kind: "binance-aggtrades" };
const tardis: RecordingFormat = { kind: "tardis-trades" };
const tardisHeader = "exchange,symbol,timestamp,local_timestamp,id,side,price,amount";

function opened(format: RecordingFormat, firstLine: string): Table {
  const table = openTable(format, firstLine);
  if (typeof table === "string") throw new Error(table);
  return table;
}

function trade(row: RecordedTrade | RowFault): RecordedTrade {
  if (typeof row === "string") throw new Error(row);
  return row;
}

describe("Binance trades", () => {
  const row = "7,61837.63000000,0.02000000,1236.7,1723161255342,True,True";

  it("are read by position where there is no header", () => {
    const table = opened(trades, row);

    expect(table.hasHeader).toBe(false);
    expect(table.readRow(row)).toEqual({
      id: 7,
      price: 6183763,
      priceScale: 2,
      quantity: 2,
      quantityScale: 2,
      eventTimeUs: 1_723_161_255_342_000,
      receiveTimeUs: 1_723_161_255_342_000,
      aggressor: "sell",
      symbol: undefined,
      line: 1,
    });
  });

  it.each([
    "id,price,qty,quote_qty,time,is_buyer_maker",
    "trade_id,price,qty,x,time_ms,is_buyer_maker",
    "Trade Id,Price,Quantity,Quote,Timestamp,isBuyerMaker",
    '"id","price","qty","quote_qty","time","is_buyer_maker"',
  ])("are read by name under the header %s", (header) => {
    const table = opened(trades, header);

    expect(table.hasHeader).toBe(true);
    expect(table.readRow("7,1.5,2,3,1723161255342,0")).toMatchObject({ id: 7, aggressor: "buy" });
  });

  it.each([
    ["true", "sell"],
    ["True", "sell"],
    ["1", "sell"],
    ["false", "buy"],
    ["False", "buy"],
    ["0", "buy"],
  ])("with a buyer who is maker = %s were %s by the aggressor", (word, aggressor) => {
    const table = opened(trades, row);

    expect(table.readRow(`7,1,1,1,1723161255342,${word}`)).toMatchObject({ aggressor });
  });

  it("of another type than MARKET are left out", () => {
    const table = opened(trades, "trade_id,price,qty,time_ms,is_buyer_maker,type");

    expect(table.readRow("1,5,5,1680652700452,1,INSURANCE_FUND")).toBe("type is not MARKET");
    expect(table.readRow("1,5,5,1680652700452,1,MARKET")).toMatchObject({ price: 5 });
  });
});

describe("Binance aggregate trades", () => {
  it.each([
    ["without header", "501,1850.25,3.5,9001,9004,1680652700452,True,True"],
    ["with one more line", "agg_id,price,qty,first_trade_id,last_trade_id,time_ms,is_buyer_maker"],
  ])("are read %s", (_how, firstLine) => {
    const table = opened(aggregates, firstLine);

    expect(table.readRow("501,1850.25,3.5,9001,9004,1680652700452,1")).toMatchObject({
      id: 501,
      eventTimeUs: 1_680_652_700_452_000,
      aggressor: "sell",
    });
  });

  it("are not taken for trades, nor trades for them", () => {
    const aggregateRow = "501,1850.25,3.5,9001,9004,1680652700452,true";
    const tradeRow = "7,61837.63,0.02,1236.7,1723161255342,True,True";

    expect(opened(trades, aggregateRow).readRow(aggregateRow)).toBeTypeOf("string");
    expect(opened(aggregates, tradeRow).readRow(tradeRow)).toBeTypeOf("string");
    expect(openTable(aggregates, "id,price,qty,quote_qty,time,is_buyer_maker")).toContain(
      "no column agg_trade_id",
    );
  });
});

describe("Tardis trades", () => {
  it("carry both times, the symbol and a side", () => {
    const row = "huobi,BTCUSDT,1618678070522874,1618678070531002,102342213017,buy,61500.5,0.0213";

    expect(opened(tardis, tardisHeader).readRow(row)).toEqual({
      id: 102342213017,
      price: 615005,
      priceScale: 1,
      quantity: 213,
      quantityScale: 4,
      eventTimeUs: 1_618_678_070_522_874,
      receiveTimeUs: 1_618_678_070_531_002,
      aggressor: "buy",
      symbol: "BTCUSDT",
      line: 1,
    });
  });

  it.each([
    ["", undefined],
    ["0", 0],
    ["007", "007"],
    ["999999999999999", 999_999_999_999_999],
    ["9007199254740993", "9007199254740993"],
    ["7f3c-22", "7f3c-22"],
  ])("with the id %j are known as %j", (text, id) => {
    const row = `x,BTCUSDT,1618678070522874,1618678070531002,${text},buy,1,1`;

    expect(trade(opened(tardis, tardisHeader).readRow(row)).id).toBe(id);
  });
});

describe("a header that does not fit", () => {
  it.each<[string, RecordingFormat, string]>([
    ["of another product", tardis, "timestamp,open,high,low,close"],
    ["of an HTML page", trades, "<!DOCTYPE html>"],
    ["that lacks one column", trades, "id,price,time,is_buyer_maker"],
    [
      "that lacks a mapped column",
      { kind: "csv", timeUnit: "s", columns: { price: "p", quantity: "q", time: "t" } },
      "p,q,time",
    ],
  ])("%s is refused with what it reads", (_what, format, header) => {
    const refusal = openTable(format, header);

    expect(refusal).toContain("the header has no column");
    expect(refusal).toContain(JSON.stringify(header));
  });
});

describe("CSV with a column map", () => {
  it("shifts decimals that the file leaves out", () => {
    const columns = { time: 0, price: 1, quantity: 2 };
    const format: RecordingFormat = {
      kind: "csv",
      timeUnit: "ms",
      timeOriginUs: 0,
      columns,
      priceDecimals: 4,
    };

    const row = opened(format, "x").readRow("14417034,1674200,210,Q,2000,0");

    expect(row).toMatchObject({ price: 16742, priceScale: 2, quantity: 210, quantityScale: 0 });
  });

  it("mixes names and positions", () => {
    const columns = { time: "t", price: 1, quantity: "q" };
    const table = opened({ kind: "csv", timeUnit: "s", timeOriginUs: 0, columns }, " t ,p,q");

    expect(table.hasHeader).toBe(true);
    expect(table.readRow("5,2,3")).toMatchObject({ eventTimeUs: 5_000_000, price: 2, quantity: 3 });
  });

  it("knows only its own words for sides when it has any", () => {
    const columns = { time: 0, price: 1, quantity: 2, side: 3 };
    const sides = { "-1": "sell", "+1": "buy" } as const;
    const table = opened({ kind: "csv", timeUnit: "s", timeOriginUs: 0, columns, sides }, "x");

    expect(table.readRow("5,2,3,-1")).toMatchObject({ aggressor: "sell" });
    expect(table.readRow("5,2,3,sell")).toBe(
      "side is none of the known words, as buy, sell, bid and ask are",
    );
  });
});

describe("a malformed row", () => {
  const table = opened(tardis, tardisHeader);
  const sound = {
    exchange: "x",
    symbol: "BTCUSDT",
    timestamp: "1618678070522874",
    local: "1618678070531002",
    id: "1",
    side: "buy",
    price: "1.5",
    amount: "2",
  };

  it("is not the sound row that the others differ from", () => {
    expect(table.readRow(Object.values(sound).join(","))).toMatchObject({ price: 15 });
  });

  it.each<[Partial<typeof sound>, RowFault]>([
    [{ price: "" }, "price is not a decimal number"],
    [{ price: "abc" }, "price is not a decimal number"],
    [{ price: "1.2.3" }, "price is not a decimal number"],
    [{ price: "0" }, "price is not above zero"],
    [{ price: "-1" }, "price is not above zero"],
    [{ price: "1e64" }, "price has more than 64 digits on a side of the point"],
    [{ amount: "0.0000" }, "quantity is not above zero"],
    [{ amount: "Infinity" }, "quantity is not a decimal number"],
    [{ amount: "1e-65" }, "quantity has more than 64 digits on a side of the point"],
    [{ timestamp: "" }, "time is neither a number nor ISO 8601"],
    [
      { timestamp: "1618678070522874000" },
      "time is after the year 9999 as us, and 2021-04-17T16:47:50.522Z as ns: describe the columns with format csv and timeUnit: ns",
    ],
    [{ local: "later" }, "time is neither a number nor ISO 8601"],
    [{ side: "long" }, "side is none of the known words, as buy, sell, bid and ask are"],
    [{ symbol: "" }, "symbol is empty or too long"],
    [{ symbol: "S".repeat(65) }, "symbol is empty or too long"],
    [{ id: "1,2" }, "wrong number of columns"],
    [{ exchange: '"x' }, "unbalanced quotes"],
  ])("with %j: %s", (change, fault) => {
    expect(table.readRow(Object.values({ ...sound, ...change }).join(","))).toBe(fault);
  });

  it("has too few columns", () => {
    expect(table.readRow("x,BTCUSDT")).toBe("wrong number of columns");
  });
});
