import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { runFeed, VirtualFeedContext } from "../../../../test/support/virtual-feed-context.ts";
import { formatDecimal } from "../../core/num/decimal.ts";
import { barIntervalUs } from "../../marketdata/bar-update.ts";
import type { Trade } from "../../marketdata/trade.ts";
import type { CsvFormat, RecordingFormat } from "../../recordings/format.ts";
import type { ReplayOptions } from "./config.ts";
import { createReplayFeed } from "./feed.ts";

const folder = mkdtempSync(join(tmpdir(), "replay-"));
afterAll(() => rmSync(folder, { recursive: true }));

function fixture(name: string): string {
  return join(import.meta.dirname, "../../recordings/fixtures", name);
}

let written = 0;
/** A new file with this content. */
function stored(content: string | Buffer): string {
  written += 1;
  const path = join(folder, `file-${written}.csv`);
  writeFileSync(path, content);
  return path;
}

const secondsCsv: CsvFormat = {
  kind: "csv",
  timeUnit: "s",
  timeOriginUs: 0,
  columns: { time: 0, price: 1, quantity: 2, id: 3 },
};

/** A feed over files at full speed, unless the options say otherwise. */
function replay(
  options: Pick<ReplayOptions, "files" | "format"> & Partial<ReplayOptions>,
): ReturnType<typeof createReplayFeed> {
  return createReplayFeed({ publisher: "huobi", ticker: "BTC/USDT", speed: "max", ...options });
}

/** The part of a trade that differs from row to row, short enough for a table. */
function brief({ id, aggressor, eventTimeUs, ...trade }: Trade): unknown[] {
  const price = formatDecimal(trade.price, trade.priceScale);
  return [id, price, formatDecimal(trade.quantity, trade.quantityScale), eventTimeUs, aggressor];
}

describe("a replay of one file", () => {
  it.each<[string, RecordingFormat, unknown[][]]>([
    [
      "binance-trades.csv",
      { kind: "binance-trades" },
      [
        [1001, "61837.63", "0.02", 1_723_161_255_342_000, "sell"],
        [1002, "61837.64", "0.5", 1_723_161_255_617_000, "buy"],
        [1003, "61838", "0.001", 1_723_161_256_000_000, "buy"],
      ],
    ],
    [
      "binance-trades-headerless-us.csv",
      { kind: "binance-trades" },
      [
        [2001, "94000.1", "0.01", 1_735_689_600_123_456, "sell"],
        [2002, "94000", "1.25", 1_735_689_601_000_001, "buy"],
      ],
    ],
    [
      "binance-trades-with-type.csv",
      { kind: "binance-trades" },
      [
        [3001, "28145.1", "0.002", 1_680_652_700_452_000, "sell"],
        [3003, "28145.2", "0.02", 1_680_652_700_600_000, "buy"],
      ],
    ],
    [
      "binance-aggtrades.csv",
      { kind: "binance-aggtrades" },
      [
        [501, "1850.25", "3.5", 1_680_652_700_452_000, "sell"],
        [502, "1850.2", "0.004", 1_680_652_701_000_000, "buy"],
      ],
    ],
    [
      "binance-aggtrades-headerless.csv",
      { kind: "binance-aggtrades" },
      [
        [501, "1850.25", "3.5", 1_680_652_700_452_000, "sell"],
        [502, "1850.2", "0.004", 1_680_652_701_000_000, "buy"],
      ],
    ],
    [
      "tardis-trades.csv",
      { kind: "tardis-trades" },
      [
        [102342213017, "61500.5", "0.0213", 1_618_678_070_522_874, "buy"],
        [undefined, "2450.01", "1.5", 1_618_678_070_523_000, "sell"],
        ["7f3c-22", "61500", "1", 1_618_678_070_900_000, "unknown"],
      ],
    ],
    [
      "columns.csv",
      {
        kind: "csv",
        separator: ";",
        timeUnit: "s",
        columns: { time: "when", price: "last price", quantity: "size", side: "way", id: "ref" },
      },
      [
        ["a-1", "61500.5", "0.0213", 1_618_678_070_522_874, "buy"],
        ["a-2", "2450.01", "1.5", 1_618_678_071_000_000, "sell"],
        ["a-3", "61500", "1", 1_618_678_071_250_000, "unknown"],
      ],
    ],
    [
      "trades.ndjson",
      {
        kind: "ndjson",
        timeUnit: "ms",
        columns: { time: "ts", price: "p", quantity: "q", side: "m", id: "i" },
        sides: { true: "sell", false: "buy", "": "unknown" },
      },
      [
        ["9007199254740993", "61500.1", "0.000000012345678901", 1_618_678_070_522_874, "sell"],
        ["b-2", "61500.2", "2", 1_618_678_071_000_000, "buy"],
        [undefined, "61500.3", "0.03", 1_618_678_072_000_000, "unknown"],
      ],
    ],
  ])(
    "yields the trades of %s, plain, gzip, with CRLF, BOM or no last line end",
    async (name, format, expected) => {
      const text = readFileSync(fixture(name), "utf8");
      const variants = [
        fixture(name),
        stored(gzipSync(text)),
        stored(text.replaceAll("\n", "\r\n")),
        stored(`\uFEFF${text}`),
        stored(text.trimEnd()),
      ];

      for (const path of variants) {
        const context = new VirtualFeedContext();
        const { trades, outcome } = await runFeed(replay({ files: [path], format }), { context });

        expect(outcome).toEqual({ kind: "finished" });
        expect(trades.map(brief)).toEqual(expected);
        expect(context.counts).toMatchObject({ trades: expected.length, malformed: 0 });
        expect(context.shares.at(-1)).toBe(1);
      }
    },
  );

  it("names instrument, venue and both times", async () => {
    const context = new VirtualFeedContext();
    const files = [fixture("tardis-trades.csv")];
    const tickers = { BTCUSDT: "BTC/USDT" };
    const feed = replay({ files, format: { kind: "tardis-trades" }, tickers });

    const { trades } = await runFeed(feed, { context });

    expect(trades.map(({ instrument }) => instrument.ticker)).toEqual([
      "BTC/USDT",
      "ETHUSDT",
      "BTC/USDT",
    ]);
    expect(trades[0]?.instrument).toBe(trades[2]?.instrument);
    expect(trades[0]).toMatchObject({ venue: "huobi", receiveTimeUs: 1_618_678_070_531_002 });
  });

  it("may name another venue than the publisher", async () => {
    const files = [fixture("binance-trades.csv")];
    const feed = replay({ files, format: { kind: "binance-trades" }, venue: "binance" });

    const { trades } = await runFeed(feed, { context: new VirtualFeedContext() });

    expect(trades[0]).toMatchObject({ venue: "binance", instrument: { ticker: "BTC/USDT" } });
  });

  it("counts rows of another type apart and says so once", async () => {
    const context = new VirtualFeedContext();
    const files = [fixture("binance-trades-with-type.csv")];

    await runFeed(replay({ files, format: { kind: "binance-trades" } }), { context });

    expect(context.counts).toMatchObject({ trades: 2, skipped: 1, malformed: 0 });
    expect(context.warnings).toEqual([`${files[0]}: 1 row left out, type is not MARKET`]);
  });

  it("with a header and nothing else finishes without a word", async () => {
    const context = new VirtualFeedContext();
    const files = [stored("id,price,qty,quote_qty,time,is_buyer_maker\n")];

    const { events, outcome } = await runFeed(
      replay({ files, format: { kind: "binance-trades" } }),
      { context },
    );

    expect([events, outcome]).toEqual([[], { kind: "finished" }]);
  });

  it("leaves out tickers for which the dataset has no room, with one warning", async () => {
    const context = new VirtualFeedContext(1);
    const files = [fixture("tardis-trades.csv")];

    const { trades } = await runFeed(replay({ files, format: { kind: "tardis-trades" } }), {
      context,
    });

    expect(trades).toHaveLength(2);
    expect(context.counts).toMatchObject({ trades: 2, skipped: 1 });
    expect(context.warnings).toEqual([expect.stringContaining("ETHUSDT")]);
  });
});

describe("malformed lines", () => {
  it("are reported with file and number, counted and skipped", async () => {
    const context = new VirtualFeedContext();
    const long = "x".repeat(70_000);
    const path = stored(`1,5,5\n2,0,5\n${long}\n\nword\n3,5,5\n`);

    const format: CsvFormat = { ...secondsCsv, columns: { time: 0, price: 1, quantity: 2 } };
    const { trades, outcome } = await runFeed(replay({ files: [path], format }), { context });

    expect(outcome).toEqual({ kind: "finished" });
    expect(trades).toHaveLength(2);
    expect(context.counts.malformed).toBe(3);
    expect(context.warnings).toEqual([
      `${path}:2: skipped, price is not above zero: "2,0,5"`,
      `${path}:3: skipped, line too long`,
      `${path}:5: skipped, wrong number of columns: "word"`,
    ]);
  });

  it("after the twentieth are one line at the end of the file", async () => {
    const context = new VirtualFeedContext();
    const path = stored(`1,5,5,1\n${"bad\n".repeat(154)}2,5,5,2\n`);

    await runFeed(replay({ files: [path], format: secondsCsv }), { context });

    expect(context.warnings).toHaveLength(21);
    expect(context.warnings.at(-1)).toBe(`${path}: … and 134 more malformed lines`);
    expect(context.counts).toMatchObject({ trades: 2, malformed: 154 });
  });

  it("are shown cut short and without control characters", async () => {
    const context = new VirtualFeedContext();
    const path = stored(`1,5,5,1\n\u001B[31m${"x".repeat(5000)}\n`);

    await runFeed(replay({ files: [path], format: secondsCsv }), { context });

    expect(context.warnings[0]).toContain('"\\u001b[31mxxx');
    expect(context.warnings[0]?.length).toBeLessThan(path.length + 200);
  });

  it("are reported in the first lap of a loop only, and counted in all", async () => {
    const context = new VirtualFeedContext();
    const feed = replay({ files: [stored("1,5,5,1\nbad\n")], format: secondsCsv, loop: true });

    await runFeed(feed, { context, stopAfterTrades: 3 });

    expect(context.warnings).toHaveLength(1);
    expect(context.counts.malformed).toBeGreaterThanOrEqual(2);
  });
});

describe("a replay that cannot go on", () => {
  async function failure(options: Parameters<typeof replay>[0]): Promise<string> {
    const { outcome } = await runFeed(replay(options), { context: new VirtualFeedContext() });
    return outcome.kind === "failed" ? outcome.reason : `not failed: ${outcome.kind}`;
  }

  it("because a later file is missing fails before the first is played", async () => {
    const context = new VirtualFeedContext();
    const files = [fixture("binance-trades.csv"), join(folder, "nowhere.csv")];

    const { events, outcome } = await runFeed(
      replay({ files, format: { kind: "binance-trades" } }),
      { context },
    );

    expect(events).toEqual([]);
    expect(outcome).toEqual({
      kind: "failed",
      reason: `cannot read ${files[1]}: there is no such file`,
    });
  });

  it("because of the header says file, format, finding and remedy", async () => {
    const path = stored("words of a letter\nand more\n");

    expect(await failure({ files: [path], format: { kind: "tardis-trades" } })).toBe(
      `cannot read ${path}: it is not a file of format tardis-trades: the header has no column ` +
        'symbol, timestamp, local_timestamp, id, side, price, amount; it reads "words of a letter". ' +
        "Set the format that fits, or describe the columns with format csv or ndjson",
    );
  });

  it.each<[string, string | Buffer]>([
    ["text in UTF-16", Buffer.from("\uFEFFid,price\n1,2\n", "utf16le")],
    ["text in UTF-16", Buffer.from("id,price\n1,2\n", "utf16le")],
    ["text in UTF-16", gzipSync(Buffer.from("id,price\n1,2\n", "utf16le"))],
    ["gzip within gzip", gzipSync(gzipSync("1,5,5,1\n"))],
    ["zstd", Buffer.from("28b52ffd0000", "hex")],
    ["Parquet", Buffer.from("PAR1....")],
    ["a Parquet file", gzipSync("PAR1....")],
    ["a ZIP archive", gzipSync(Buffer.from("504b03040000", "hex"))],
    ["a JSON array", '[{"t":1,"p":2}]\n'],
    ["JSON over several lines", '{\n  "t": 1\n}\n'],
    ["an HTML page", "<!DOCTYPE html>\n<html>\n"],
    ["XML", '<?xml version="1.0"?>\n<Error/>\n'],
    ["zero bytes", Buffer.from([1, 0, 0, 0, 2, 0, 0, 0, 1, 1])],
  ])("because it is %s names it", async (name, content) => {
    expect(await failure({ files: [stored(content)], format: secondsCsv })).toContain(name);
  });

  it.each<[string, string]>([
    [
      "--format binance-aggtrades",
      "501,1850.25,3.5,1,2,1680652700452,true\n502,1850.2,0.4,3,3,1680652701000,false\n",
    ],
    [
      "--format binance-aggtrades",
      "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker\n501,1,3.5,1,2,1680652700452,true\n",
    ],
    [
      "--format tardis-trades",
      "exchange,symbol,timestamp,local_timestamp,id,side,price,amount\nx,A,1618678070522874,1618678070522874,1,buy,1,1\n",
    ],
    ["set format: ndjson", '{"t":1618678070,"p":1,"q":1}\n'],
    ["stand between ';'", "when;price;size\n1;2;3\n"],
    ["CSV of its own", "when,price,size\n1,2,3\n"],
  ])("because it is of another format says: %s", async (hint, content) => {
    expect(
      await failure({ files: [stored(content)], format: { kind: "binance-trades" } }),
    ).toContain(hint);
  });

  it("because seconds are read as milliseconds says so, and plays nothing in 1970", async () => {
    const format: CsvFormat = {
      kind: "csv",
      timeUnit: "ms",
      columns: { time: 0, price: 1, quantity: 2 },
    };

    expect(await failure({ files: [stored("1700000000,5,5\n")], format })).toContain(
      "time is 1970-01-20T16:13:20.000Z as ms, and 2023-11-14T22:13:20.000Z as s: set timeUnit: s",
    );
  });

  it.each([
    ["100 lines are", 100],
    ["all lines of a short file are", 3],
  ])("because the first %s malformed", async (_what, lines) => {
    const path = stored("1,2\n".repeat(lines));

    const reason = await failure({ files: [path], format: { kind: "ndjson", ...ndjson } });

    expect(reason).toContain(`${path}: it is not a file of format ndjson`);
    expect(reason).toContain('line 1, not a JSON object: "1,2"');
  });

  it("does not give up over 99 malformed lines before a good one", async () => {
    const path = stored(`${"1,2\n".repeat(99)}1,5,5,1\n${"1,2\n".repeat(200)}`);

    expect(await failure({ files: [path], format: secondsCsv })).toBe("not failed: finished");
  });

  it("because there is no line in it", async () => {
    const reason = "it holds no line of text";

    expect(await failure({ files: [stored(gzipSync(""))], format: secondsCsv })).toContain(reason);
    expect(await failure({ files: [stored("\n\r\n")], format: secondsCsv })).toContain(reason);
  });

  it("because its gzip data ends too early keeps what came before", async () => {
    const rows = Array.from({ length: 60_000 }, (_, at) => `${at},${at * 7 + 1},3,${at}\n`);
    const compressed = gzipSync(rows.join(""));
    const path = stored(compressed.subarray(0, compressed.length - 100));

    const { trades, outcome } = await runFeed(replay({ files: [path], format: secondsCsv }), {
      context: new VirtualFeedContext(),
    });

    expect(trades.length).toBeGreaterThan(0);
    expect(outcome).toMatchObject({ reason: expect.stringContaining("ends too early") });
  });

  it("because there is nothing to loop", async () => {
    const files = [stored("id,price,qty,quote_qty,time,is_buyer_maker\n")];

    expect(await failure({ files, format: { kind: "binance-trades" }, loop: true })).toBe(
      "cannot loop: the files hold no trade",
    );
  });

  it.each<[string, Partial<ReplayOptions>]>([
    ["at least one file", { files: [] }],
    ["speed has to be", { speed: 0 }],
    ["speed has to be", { speed: -1 }],
    ["speed has to be", { speed: Number.NaN }],
    ["speed has to be", { speed: Number.POSITIVE_INFINITY }],
    ["set ticker", { ticker: undefined }],
    ["decimals left out", { format: { ...secondsCsv, priceDecimals: 1.5 } }],
    ["decimals left out", { format: { ...secondsCsv, quantityDecimals: 16 } }],
    ["timeOriginUs", { format: { ...secondsCsv, timeOriginUs: 0.5 } }],
    ["separator", { format: { ...secondsCsv, separator: "" } }],
    ["separator", { format: { ...secondsCsv, separator: '"' } }],
    ["columns.price", { format: { ...secondsCsv, columns: { time: 0, price: -1, quantity: 1 } } }],
  ])("because the options are wrong (%s): %j", async (reason, change) => {
    const options = { files: [fixture("columns.csv")], format: secondsCsv, ...change };

    expect(await failure(options)).toContain(reason);
  });
});

const ndjson = {
  timeUnit: "ms",
  columns: { time: "t", price: "p", quantity: "q" },
} as const;

describe("several files", () => {
  it("are merged by time, and progress runs over all of them", async () => {
    const context = new VirtualFeedContext();
    const files = [stored("100,5,5,1\n"), stored("50,6,5,2\n"), stored("200,7,5,3\n")];

    const { trades, timesUs } = await runFeed(replay({ files, format: secondsCsv }), { context });

    expect(trades.map(({ id }) => id)).toEqual([2, 1, 3]);
    expect(timesUs).toEqual([50_000_000, 100_000_000, 200_000_000, 320_000_000]);
    expect(context.shares).toEqual(context.shares.toSorted((a, b) => a - b));
    expect(context.shares.at(-1)).toBe(1);
    expect(context.counts.bytes).toBe(29);
  });
});

describe("a loop", () => {
  const rows = "1000.5,5,5,1\n1100.25,6,5,2\n1100,7,5,\n";

  it("plays every lap in later minutes of its own, with ids of its own", async () => {
    const context = new VirtualFeedContext();
    const feed = replay({ files: [stored(rows)], format: secondsCsv, loop: true });

    const { trades, timesUs, outcome } = await runFeed(feed, { context, stopAfterTrades: 9 });

    expect(outcome).toEqual({ kind: "stopped" });
    expect(trades.map(({ id }) => id)).toEqual([
      1,
      undefined,
      2,
      "1/2",
      undefined,
      "2/2",
      "1/3",
      undefined,
      "2/3",
    ]);
    const lap = 3 * barIntervalUs;
    const first = [1_000_500_000, 1_100_000_000, 1_100_250_000];
    expect(trades.map(({ eventTimeUs }) => eventTimeUs)).toEqual(
      [0, lap, 2 * lap].flatMap((offset) => first.map((at) => at + offset)),
    );
    expect(timesUs).toEqual(timesUs.toSorted((a, b) => a - b));
  });

  it("plays a lap of one moment in the next minute", async () => {
    const context = new VirtualFeedContext();
    const feed = replay({ files: [stored("90,5,5,1\n")], format: secondsCsv, loop: true });

    const { trades } = await runFeed(feed, { context, stopAfterTrades: 3 });

    expect(trades.map(({ eventTimeUs }) => eventTimeUs / 1e6)).toEqual([90, 150, 210]);
  });

  it("ends when market time has run too far for a date", async () => {
    const context = new VirtualFeedContext();
    const century = stored("0,5,5,1\n4102444799,5,5,2\n");

    const { outcome, trades } = await runFeed(
      replay({ files: [century], format: secondsCsv, loop: true }),
      { context },
    );

    expect(trades).toHaveLength(4);
    expect(outcome).toEqual({
      kind: "failed",
      reason: "cannot loop any further: market time has reached the year 2240",
    });
  });
});
