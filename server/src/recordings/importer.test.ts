import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { secondsInterval } from "../marketdata/bars/interval.ts";
import type { Coverage, KnownSpan, StoredBars, StoredTrade } from "../ports/dataset-reader.ts";
import type { ImportBatch } from "../ports/dataset-store.ts";
import { stopSource } from "../ports/feed.ts";
import { MemoryDatasetStore } from "../testing/memory-dataset-store.ts";
import type { AutoFormat, FileFormat } from "./format.ts";
import { Importer, type ImportTarget } from "./importer.ts";
import { inspectRecording } from "./recording.ts";

const folder = mkdtempSync(join(tmpdir(), "import-"));
afterAll(() => rmSync(folder, { recursive: true }));

const auto: AutoFormat = { kind: "auto" };
const dataset = "crypto";
const ticker = "BTC/USDT";
const range = { fromUs: 0, toUs: Date.UTC(2100, 0) * 1_000 };
/** 2024-08-08T00:00Z in milliseconds. */
const dayMs = Date.UTC(2024, 7, 8);

let files = 0;
function stored(content: string | Buffer, name?: string): string {
  files += 1;
  const path = join(folder, name ?? `file-${files}.csv`);
  writeFileSync(path, content);
  return path;
}

/** What an import came to. */
class Import {
  readonly store: MemoryDatasetStore;
  readonly said: string[] = [];
  readonly warned: string[] = [];
  readonly importer: Importer;

  constructor(changes: Partial<ImportTarget> = {}, store = new MemoryDatasetStore()) {
    this.store = store;
    const target = { store, dataset, venue: "binance", ticker, tickers: new Map(), ...changes };
    const listener = {
      say: (line: string) => void this.said.push(line),
      warn: (line: string) => void this.warned.push(line),
      progress: () => undefined,
    };
    this.importer = new Importer(target, listener, stopSource().signal);
  }

  async take(path: string, format: FileFormat = auto): Promise<this> {
    const recording = await inspectRecording(path);
    if ("kind" in recording) throw new Error(recording.reason);
    expect(await this.importer.take(recording, format)).toBeUndefined();
    expect(await this.importer.stored()).toBeUndefined();
    return this;
  }

  async trades(of = ticker): Promise<readonly StoredTrade[]> {
    const page = { order: "oldest-first" as const, limit: 10_000 };
    return (await this.store.trades({ dataset, ticker: of, ...page, ...range })) as StoredTrade[];
  }

  async bars(): Promise<StoredBars["bars"]> {
    const page = { order: "oldest-first" as const, limit: 10_000, interval: secondsInterval(60) };
    return ((await this.store.bars({ dataset, ticker, ...page, ...range })) as StoredBars).bars;
  }

  async known(): Promise<readonly KnownSpan[]> {
    const coverage = await this.store.coverage({ dataset, ticker, ...range });
    return (coverage as Coverage).known;
  }
}

const tradesCsv = (rows: number, header = true) =>
  (header ? "id,price,qty,quote_qty,time,is_buyer_maker\n" : "") +
  Array.from(
    { length: rows },
    (_, at) =>
      `${at},${100 + (at % 7)}.5,0.${1 + (at % 9)},0,${dayMs + at * 500},${at % 2 === 0}\n`,
  ).join("");

describe("an import of trades", () => {
  it("stores them once, however often it is run, and says how it reads a file", async () => {
    const path = stored(gzipSync(tradesCsv(300)));
    const first = await new Import().take(path);
    const again = await new Import({}, first.store).take(path);

    expect(first.said).toEqual([`reading ${path} as binance-trades (CSV, gzip)`]);
    expect(first.importer.figures).toMatchObject({
      trades: 300,
      tradesStored: 300,
      tradesKnown: 0,
    });
    expect(again.importer.figures).toMatchObject({ tradesStored: 0, tradesKnown: 300 });
    expect(await again.trades()).toHaveLength(300);
    expect((await first.trades())[0]).toEqual({
      ticker,
      venue: "binance",
      id: 0,
      price: 1005,
      priceScale: 1,
      quantity: 1,
      quantityScale: 1,
      eventTimeUs: dayMs * 1_000,
      aggressor: "sell",
    });
    expect((await first.bars()).map((bar) => bar.tradeCount)).toEqual([120, 120, 60]);
  });

  it("keeps equal trades without ids apart, and takes a copy of the file for the same trades", async () => {
    const text = "1722000000,5,1\n1722000000,5,1\n1722000001,5,1\n1722000001,6,1\n";
    const columns = { time: 0, price: 1, quantity: 2 };
    const first = await new Import().take(stored(text), { kind: "auto", columns });
    await first.take(stored(text), { kind: "auto", columns });

    expect((await first.trades()).map(({ price }) => price)).toEqual([5, 5, 5, 6]);
    expect(first.importer.figures).toMatchObject({ tradesStored: 4, tradesKnown: 4 });
  });

  it("sorts a file that is far out of order on disk, and counts nothing twice", async () => {
    const rows = Array.from(
      { length: 70_000 },
      (_, at) => `${1_722_000_000 + Math.floor(at / 40)},5,1`,
    );
    const text = ["time,price,quantity", "x,y,z", ...rows.toReversed(), "u,v,w"].join("\n");
    const batches: (readonly StoredTrade[])[] = [];
    const store = {
      import: ({ trades }: ImportBatch) => {
        batches.push(trades);
        return Promise.resolve({
          kind: "imported",
          tradesStored: 0,
          tradesKnown: 0,
          barsStored: 0,
          barsKnown: 0,
        } as const);
      },
    };
    const done = await new Import({ store }).take(stored(text));

    expect(done.said.at(-1)).toContain("not in order of time, so it is sorted on disk first");
    expect(done.importer.figures).toMatchObject({ trades: 70_000, malformed: 2 });
    expect(done.warned).toHaveLength(2);
    const timesUs = batches
      .flat()
      .map(({ eventTimeUs }) => eventTimeUs)
      .slice(-70_000);
    expect(timesUs).toEqual(rows.map((row) => Number.parseInt(row, 10) * 1_000_000));
    // Trades of one moment are in one batch.
    expect(
      batches.every((batch, at) => batch.at(-1)?.eventTimeUs !== batches[at + 1]?.[0]?.eventTimeUs),
    ).toBe(true);
  });

  it("knows the day that a file of the venue holds, where all of it could be read", async () => {
    const whole = await new Import({
      tickers: new Map([["BTCUSDT", ticker]]),
      ticker: undefined,
    }).take(stored(tradesCsv(10), "BTCUSDT-trades-2024-08-08.csv"));
    const spoiled = await new Import().take(
      stored(`${tradesCsv(10)}x,y\n`, "BTCUSDT-trades-2024-08-08.csv"),
    );
    const other = await new Import().take(stored(tradesCsv(10), "BTCUSDT-trades-2024-08-09.csv"));
    const nameless = await new Import().take(stored(tradesCsv(10)));

    const day = { fromUs: dayMs * 1_000, toUs: (dayMs + 86_400_000) * 1_000, ticker };
    expect(await whole.known()).toEqual([day]);
    for (const one of [spoiled, other, nameless]) expect(await one.known()).toEqual([]);
    expect(spoiled.importer.figures.malformed).toBe(1);
  });

  it("leaves out what is older than the dataset keeps, and says so with the first place", async () => {
    const path = stored(tradesCsv(10));
    const done = await new Import({ keptFromUs: (dayMs + 2_000) * 1_000 }).take(path);

    expect(await done.trades()).toHaveLength(6);
    expect(done.importer.figures.tooOld).toBe(4);
    expect(done.warned).toEqual([
      `${path}:2: 4 rows are older than what dataset crypto keeps, and not stored`,
    ]);
  });

  it("says where a ticker is missing how to name it, and takes tickers of rows as they are", async () => {
    const lost = await new Import({ ticker: undefined }).take(stored(tradesCsv(3)));
    const named = await new Import({ ticker: undefined }).take(
      stored(tradesCsv(3), "ETHUSDT-trades-2024-08-08.csv"),
    );
    const rows = `time,price,quantity,symbol\n${dayMs},5,1,ETH-USD\n${dayMs},6,1,XBT-USD\n`;
    const own = await new Import({ tickers: new Map([["XBT-USD", ticker]]) }).take(stored(rows));

    expect(lost.warned[0]).toContain("its rows name no ticker; name it with --ticker, as");
    expect(named.warned[0]).toContain("name the ticker with --ticker ETHUSDT=TICKER");
    expect(lost.importer.figures.filesFailed).toBe(1);
    expect(await own.trades("ETH-USD")).toHaveLength(1);
    expect(await own.trades()).toHaveLength(1);
  });

  it("are refused where the dataset keeps bars alone, and bars are not", async () => {
    const done = await new Import({ keepsTrades: false }).take(stored(tradesCsv(30)));
    await done.take(stored(kline(0)));

    expect(done.warned).toEqual([
      expect.stringContaining(
        "it has trades, and dataset crypto keeps bars alone (history.trades: false in its configuration)",
      ),
    ]);
    expect(await done.trades()).toEqual([]);
    expect(await done.bars()).toMatchObject([{ tradeCount: 7 }]);
    expect(done.importer.figures).toMatchObject({ filesFailed: 1, trades: 0, barsStored: 1 });
  });

  it("stores what came before a file turned out to be cut off", async () => {
    const packed = gzipSync(tradesCsv(20_000));
    const done = await new Import().take(stored(packed.subarray(0, packed.length - 4_000)));

    expect(done.warned[0]).toContain("its gzip data ends too early");
    expect((await done.trades()).length).toBeGreaterThan(1_000);
    expect(done.importer.figures.filesFailed).toBe(1);
  });

  it("that is interrupted has stored whole batches, and goes on when it is run again", async () => {
    const path = stored(tradesCsv(150_000));
    const recording = await inspectRecording(path);
    if ("kind" in recording) throw new Error(recording.reason);
    const stop = stopSource();
    const ids = new Set<unknown>();
    const store = {
      import: ({ trades }: ImportBatch) => {
        const fresh = trades.filter(({ id }) => !ids.has(id));
        for (const { id } of fresh) ids.add(id);
        stop.abort();
        const counts = { tradesStored: fresh.length, tradesKnown: trades.length - fresh.length };
        return Promise.resolve({
          kind: "imported",
          ...counts,
          barsStored: 0,
          barsKnown: 0,
        } as const);
      },
    };
    const quiet = { say: () => undefined, warn: () => undefined, progress: () => undefined };
    const target = { store, dataset, venue: "binance", ticker, tickers: new Map<string, string>() };
    const first = new Importer(target, quiet, stop.signal);
    await first.take(recording, auto);
    await first.stored();
    const { tradesStored } = first.figures;
    const again = new Importer(target, quiet, stopSource().signal);
    await again.take(recording, auto);
    await again.stored();

    expect(tradesStored).toBeGreaterThan(20_000);
    expect(tradesStored).toBeLessThan(150_000);
    expect(again.figures).toMatchObject({
      tradesKnown: tradesStored,
      tradesStored: 150_000 - tradesStored,
    });
  });

  it("does not read on when the store fails, and says why", async () => {
    const store = new MemoryDatasetStore();
    store.fail({ kind: "failure", message: "the disk is full" } as never);
    const failing = new Import({}, store);
    const recording = await inspectRecording(stored(tradesCsv(3)));
    if ("kind" in recording) throw new Error(recording.reason);

    expect(await failing.importer.take(recording, auto)).toMatchObject({
      message: "the disk is full",
    });
  });
});

const kline = (minute: number, volume = "2.5", lengthMs = 60_000) => {
  const open = dayMs + minute * lengthMs;
  return `${open},100.10,101,99.5,100,${volume},${open + lengthMs - 1},250.125,7,1.5,150.1,0\n`;
};

/** One in which nothing was traded. */
const emptyKline = (number: number, lengthMs = 60_000) => {
  const open = dayMs + number * lengthMs;
  return `${open},100,100,100,100,0,${open + lengthMs - 1},0,0,0,0,0\n`;
};

describe("an import of klines", () => {
  it.each([
    ["without a header", ""],
    [
      "with one",
      "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore\n",
    ],
  ])("%s keeps all that they tell", async (_, header) => {
    const done = await new Import().take(stored(header + kline(0) + kline(1)));

    expect(done.said[0]).toContain("as binance-klines (CSV)");
    expect(await done.bars()).toMatchObject([
      {
        startUs: dayMs * 1_000,
        open: 1001,
        high: 1010,
        low: 995,
        close: 1000,
        priceScale: 1,
        volume: 250,
        // As fine as the turnover needs it.
        volumeScale: 2,
        quoteVolume: 250125,
        tradeCount: 7,
        takerBuyVolume: 150,
        takerBuyQuoteVolume: 150100,
      },
      { startUs: (dayMs + 60_000) * 1_000 },
    ]);
    expect(await done.known()).toMatchObject([
      { fromUs: dayMs * 1_000, toUs: (dayMs + 120_000) * 1_000 },
    ]);
  });

  it("reads the microseconds of newer files", async () => {
    const row = `${dayMs}000,1,1,1,1,2,${dayMs + 59_999}999,2,1,0,0,0\n`;
    expect(await (await new Import().take(stored(row))).bars()).toMatchObject([
      { startUs: dayMs * 1_000, volume: 2 },
    ]);
  });

  it("tells minutes without trades from minutes of which nothing is said", async () => {
    const done = await new Import().take(stored(kline(0) + emptyKline(1) + kline(3)));

    expect((await done.bars()).map(({ startUs }) => startUs / 1_000 - dayMs)).toEqual([0, 180_000]);
    expect(done.importer.figures).toMatchObject({ barsStored: 2, barsEmpty: 1 });
    expect(
      (await done.known()).map(({ fromUs, toUs }) =>
        [fromUs, toUs].map((us) => us / 60e6 - dayMs / 6e4),
      ),
    ).toEqual([
      [0, 2],
      [3, 4],
    ]);
  });

  it("does not make up turnover and number of trades where they are not told", async () => {
    const text = `time,open,high,low,close,volume\n${dayMs},1,2,1,2,5\n`;
    expect(await (await new Import().take(stored(text))).bars()).toMatchObject([
      { volume: 5, quoteVolume: undefined, tradeCount: undefined, takerBuyVolume: undefined },
    ]);
  });

  it("makes minutes of bars of seconds", async () => {
    const seconds = Array.from({ length: 90 }, (_, at) => kline(at, "2.5", 1_000)).join("");
    const done = await new Import().take(stored(seconds));

    expect((await done.bars()).map(({ tradeCount, volume }) => [tradeCount, volume])).toEqual([
      [420, 15000],
      [210, 7500],
    ]);
  });

  it("counts minutes without trades, also where it is told them by seconds", async () => {
    const seconds = Array.from({ length: 150 }, (_, at) =>
      at < 70 ? kline(at, "2.5", 1_000) : emptyKline(at, 1_000),
    );
    const done = await new Import().take(stored(seconds.join("")));

    expect(done.importer.figures).toMatchObject({ barsStored: 2, barsEmpty: 1 });
  });

  it.each([
    ["by their ends", kline(0, "2", 300_000) + emptyKline(1, 300_000)],
    [
      "by their distances",
      `time,open,high,low,close,volume\n${[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((at) => `${dayMs + at * 300_000},1,1,1,1,1\n`).join("")}`,
    ],
  ])("refuses longer bars, known %s, with what to take", async (_, text) => {
    const done = await new Import().take(stored(text));

    expect(done.warned[0]).toContain("its bars are 5 minutes long: what is stored are minutes");
    expect(done.importer.figures).toMatchObject({ filesFailed: 1, barsStored: 0, barsEmpty: 0 });
    expect(await done.bars()).toEqual([]);
  });

  it("leaves out bars that cannot be", async () => {
    const done = await new Import().take(
      stored(
        kline(0) + kline(1).replace(",101,", ",99,") + kline(2).replace(",1.5,", ",3,") + kline(3),
      ),
    );

    expect(done.importer.figures).toMatchObject({ barsStored: 2, malformed: 2 });
    expect(done.warned[0]).toContain("high or low is not beyond the other prices");
    expect(done.warned[1]).toContain("part of the volume is not from zero to all of it");
  });
});

describe("columns of a file", () => {
  it("are guessed by their names, in CSV of any separator and in JSON at any depth", async () => {
    const texts = [
      `Timestamp;Symbol;Price;Amount;Side\n${dayMs / 1_000};${ticker};5.5;1;buy\n`,
      `${JSON.stringify({ data: { T: undefined, ts: dayMs, p: "5.5", q: "1", s: ticker, m: false } })}\n`,
      `${JSON.stringify({ time: "2024-08-08T00:00:00Z", price: 5.5, size: 1, side: "buy", symbol: ticker })}\n`,
    ];
    for (const text of texts) {
      const done = await new Import().take(stored(text));
      expect([done.warned, await done.trades()]).toMatchObject([
        [],
        [{ price: 55, quantity: 1, aggressor: "buy", eventTimeUs: dayMs * 1_000 }],
      ]);
    }
  });

  it("may be named, by the way to them, and are read as they are named", async () => {
    const line = `${JSON.stringify({ e: [{ at: dayMs, p: 5, q: 2 }] })}\n`;
    const columns = { time: "e[0].at", price: "e[0].p", quantity: "e[0].q" };
    const done = await new Import().take(stored(line), { kind: "auto", columns });

    expect(done.said[0]).toContain(
      "as trades in NDJSON, time=e[0].at,price=e[0].p,quantity=e[0].q, times in ms",
    );
    expect(await done.trades()).toMatchObject([{ price: 5, quantity: 2 }]);
  });

  it.each([
    ["startTime,openPrice,highPrice,lowPrice,closePrice,volume,turnover", `${dayMs},1,3,1,2,5,9`],
    ["mts,open,close,high,low,volume", `${dayMs},1,2,3,1,5`],
    ["unix;open;high;low;close;Volume Base;Volume Quote", `${dayMs / 1_000};1;3;1;2;5;9`],
    ["ts_ns,o,h,l,c,base_volume,quote_volume,num_trades", `${dayMs}000000,1,3,1,2,5,9,4`],
  ])("of bars are known by the names that venues give them: %s", async (header, row) => {
    const done = await new Import().take(stored(`${header}\n${row}\n`), auto);

    expect(done.warned).toEqual([]);
    expect(await done.bars()).toMatchObject([
      { startUs: dayMs * 1_000, open: 1, high: 3, low: 1, close: 2, volume: 5 },
    ]);
  });

  it("of trades are known by names in two languages, and times with a D in their middle", async () => {
    const text =
      "trade_id/撮合id,side/交易方向,size/数量,price/价格,created_time/成交时间\n7,BUY,2,5,2024-08-08D00:00:01.5\n";
    const done = await new Import().take(stored(text), auto);

    expect(done.warned).toEqual([]);
    expect(await done.trades()).toMatchObject([
      { id: 7, price: 5, quantity: 2, aggressor: "buy", eventTimeUs: dayMs * 1_000 + 1_500_000 },
    ]);
  });

  it("of tickers are said to be followed where another ticker was named", async () => {
    const text = `time,price,qty,symbol\n${dayMs},1,1,BTCUSDT\n${dayMs},1,1,ETHUSDT\n`;
    const done = await new Import().take(stored(text), auto);

    expect(done.warned).toEqual([
      expect.stringContaining(`--ticker BTCUSDT=${ticker} is for these`),
    ]);
  });

  it.each<[string, string, AutoFormat, string]>([
    [
      "named nothing known",
      "alpha,beta,gamma\n1,2,3\n",
      auto,
      "which of its columns are time, price, quantity cannot be told",
    ],
    [
      "mistyped",
      `ts,price,qty\n${dayMs},1,1\n`,
      { kind: "auto", columns: { time: "tss", price: "price", quantity: "qty" } },
      "there is no column tss (time); did you mean ts?",
    ],
    [
      "not all named",
      `ts,price,qty\n${dayMs},1,1\n`,
      { kind: "auto", columns: { time: "ts" } },
      "--map names no column for price, quantity",
    ],
    [
      "of times that mean nothing",
      "time,price,qty\n12,1,1\n",
      auto,
      'cannot be told from "12": name it with --time-unit',
    ],
    ["not there", "just words\n", auto, "it has no columns"],
    [
      "those of bars, but for one",
      "when_it_began,openPrice,highPrice,lowPrice,closePrice,volume\n1,2,3,4,5,6\n",
      auto,
      "--map time=…,open=openPrice,high=highPrice,low=lowPrice,close=closePrice,volume=volume",
    ],
    [
      "in a list, as an answer of an API is",
      `${JSON.stringify({ status: "ok", data: [{ id: 1, open: 2 }] })}\n`,
      auto,
      "jq -c '.data[]' FILE",
    ],
  ])("are refused when %s, with what to do", async (_, text, format, words) => {
    const done = await new Import().take(stored(text), format);

    expect(done.warned.join()).toContain(words);
    expect(done.importer.figures.filesFailed).toBe(1);
  });
});
