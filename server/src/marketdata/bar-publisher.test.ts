import { describe, expect, it } from "vitest";
import { formatDecimal, parseWideDecimal } from "../core/num/decimal.ts";
import { BarPublisher } from "./bar-publisher.ts";
import type { BarUpdate, PublishPeriodS } from "./bar-update.ts";
import type { Instrument } from "./instrument.ts";
import type { AggressorSide, Trade } from "./trade.ts";

const minute = Date.UTC(2023, 10, 9, 14, 27) * 1000;
const dataset = { code: "huobi", name: "Huobi", publisher: "huobi" };
const btc: Instrument = { dataset, ticker: "BTC/USDT", index: 0 };
const eth: Instrument = { dataset, ticker: "ETH/USDT", index: 1 };

interface TradeText {
  at: number;
  price: string;
  quantity?: string;
  id?: number | string;
  side?: AggressorSide;
  of?: Instrument;
  venue?: string;
}

/** A trade `at` seconds after the start of the test's minute. */
function trade({
  at,
  price,
  quantity = "1",
  id,
  side = "buy",
  of = btc,
  venue = "huobi",
}: TradeText): Trade {
  const p = parseWideDecimal(price);
  const q = parseWideDecimal(quantity);
  if (typeof p === "string" || typeof q === "string") throw new Error("a test's number is wrong");
  return {
    instrument: of,
    venue,
    id,
    price: p.coefficient,
    priceScale: p.scale,
    quantity: q.coefficient,
    quantityScale: q.scale,
    eventTimeUs: minute + at * 1e6,
    receiveTimeUs: minute + at * 1e6,
    aggressor: side,
  };
}

/** Runs a publisher and writes down what it publishes, one line a bar. */
function observe(latenessS = 10, unchangedBars = false) {
  const lines: string[] = [];
  const bars: BarUpdate[] = [];
  let now = 0;
  const publisher = new BarPublisher({
    latenessUs: latenessS * 1e6,
    unchangedBars,
    isWanted: ({ ticker }) => ticker !== eth.ticker,
    publish(bar: BarUpdate, periodS: PublishPeriodS) {
      bars.push(bar);
      const [o, h, l, c] = [bar.open, bar.high, bar.low, bar.close].map((p) =>
        formatDecimal(p, bar.priceScale),
      );
      const start = (bar.startUs - minute) / 1e6;
      const v = formatDecimal(bar.volume, bar.volumeScale);
      lines.push(
        `${now}s/${periodS}s ${bar.ticker} t=${start} ${o} ${h} ${l} ${c} v=${v} ${bar.state}`,
      );
    },
  });
  /** Passes every whole second up to `toS`, so that the lines carry the time of publication. */
  function clock(toS: number): void {
    for (; now < Math.floor(toS); ) {
      now += 1;
      publisher.advance(minute + now * 1e6);
    }
    publisher.advance(minute + toS * 1e6);
  }
  publisher.advance(minute);
  const of = (periodS: number) => lines.filter((line) => line.includes(`/${periodS}s `));
  return { publisher, clock, bars, lines, of };
}

describe("publishing what has changed", () => {
  it("sends one message a period at the boundary, and only when there is something new", () => {
    const seen = observe();
    seen.publisher.apply(trade({ at: 0.1, price: "220.06" }));
    seen.publisher.apply(trade({ at: 0.9, price: "220.13", quantity: "2.5" }));
    seen.clock(2);
    seen.publisher.apply(trade({ at: 2.2, price: "219.92" }));
    seen.clock(12);

    expect(seen.of(1)).toEqual([
      "1s/1s BTC/USDT t=0 220.06 220.13 220.06 220.13 v=3.5 open",
      "3s/1s BTC/USDT t=0 220.06 220.13 219.92 219.92 v=4.5 open",
    ]);
    expect(seen.of(10)).toEqual(["10s/10s BTC/USDT t=0 220.06 220.13 219.92 219.92 v=4.5 open"]);
    expect(seen.of(60)).toEqual([]);
  });

  it("shows a newcomer the running bar at the first boundary of the period", () => {
    const seen = observe();
    seen.publisher.apply(trade({ at: 0.1, price: "220" }));
    seen.clock(3);
    seen.publisher.newcomer(btc, 1);
    seen.publisher.newcomer(btc, 10);
    seen.publisher.newcomer(btc, 60);
    seen.publisher.newcomer(eth, 1);
    seen.clock(30);
    expect(seen.lines).toEqual([
      "1s/1s BTC/USDT t=0 220 220 220 220 v=1 open",
      "4s/1s BTC/USDT t=0 220 220 220 220 v=1 open",
      "10s/10s BTC/USDT t=0 220 220 220 220 v=1 open",
    ]);
  });

  it("never sends a bar without a trade", () => {
    const seen = observe();
    seen.clock(300);
    expect(seen.lines).toEqual([]);
  });

  it("keeps tickers apart", () => {
    const seen = observe();
    seen.publisher.apply(trade({ at: 0, price: "1" }));
    seen.publisher.apply(trade({ at: 0, price: "2", of: eth }));
    seen.clock(1);
    expect(seen.of(1)).toEqual([
      "1s/1s BTC/USDT t=0 1 1 1 1 v=1 open",
      "1s/1s ETH/USDT t=0 2 2 2 2 v=1 open",
    ]);
  });
});

describe("closing a bar", () => {
  it("happens by the clock, and each period is sent the closing state once more", () => {
    const seen = observe();
    seen.clock(5);
    seen.publisher.apply(trade({ at: 5, price: "3" }));
    seen.clock(200);
    expect(seen.lines).toEqual([
      "6s/1s BTC/USDT t=0 3 3 3 3 v=1 open",
      "10s/10s BTC/USDT t=0 3 3 3 3 v=1 open",
      "60s/1s BTC/USDT t=0 3 3 3 3 v=1 closed",
      "60s/10s BTC/USDT t=0 3 3 3 3 v=1 closed",
      "60s/60s BTC/USDT t=0 3 3 3 3 v=1 closed",
    ]);
  });

  it("puts a trade at the very start of a minute into that minute", () => {
    const seen = observe();
    seen.clock(59);
    seen.publisher.apply(trade({ at: 59.999999, price: "1" }));
    seen.clock(60);
    seen.publisher.apply(trade({ at: 60, price: "2" }));
    seen.clock(61);
    expect(seen.of(1)).toEqual([
      "60s/1s BTC/USDT t=0 1 1 1 1 v=1 closed",
      "61s/1s BTC/USDT t=60 2 2 2 2 v=1 open",
    ]);
  });

  it("keeps a bar of the next minute back until its minute has begun", () => {
    const seen = observe();
    seen.clock(58);
    seen.publisher.apply(trade({ at: 60.2, price: "2" }));
    seen.clock(60);
    expect(seen.lines).toEqual([]);
    seen.clock(61);
    expect(seen.of(1)).toEqual(["61s/1s BTC/USDT t=60 2 2 2 2 v=1 open"]);
  });

  it("is not disturbed by a clock that jumps over many boundaries", () => {
    const seen = observe();
    seen.publisher.apply(trade({ at: 5, price: "3" }));
    seen.publisher.advance(minute + 86_400e6);
    expect(seen.bars.map((bar) => bar.state)).toEqual([
      "open",
      "open",
      "closed",
      "closed",
      "closed",
    ]);
  });
});

describe("a late trade", () => {
  it("revises the bar it belongs to, and every period is sent the revision", () => {
    const seen = observe();
    seen.clock(30);
    seen.publisher.apply(trade({ at: 30, price: "5" }));
    seen.clock(61.5);
    expect(seen.publisher.apply(trade({ at: 10, price: "7", quantity: "2" }))).toBe("taken");
    seen.clock(125);
    expect(seen.lines.filter((line) => line.endsWith("revised"))).toEqual([
      "62s/1s BTC/USDT t=0 7 7 5 5 v=3 revised",
      "70s/10s BTC/USDT t=0 7 7 5 5 v=3 revised",
      "120s/60s BTC/USDT t=0 7 7 5 5 v=3 revised",
    ]);
    expect(seen.bars.at(-1)?.revision).toBe(1);
  });

  it("may be the first of its minute", () => {
    const seen = observe();
    seen.clock(65);
    seen.publisher.apply(trade({ at: 59, price: "5" }));
    seen.clock(125);
    expect(seen.lines).toEqual([
      "66s/1s BTC/USDT t=0 5 5 5 5 v=1 revised",
      "70s/10s BTC/USDT t=0 5 5 5 5 v=1 revised",
      "120s/60s BTC/USDT t=0 5 5 5 5 v=1 revised",
    ]);
  });

  it("is dropped once the lateness after the minute's end has passed", () => {
    const seen = observe(10);
    seen.clock(30);
    seen.publisher.apply(trade({ at: 30, price: "5" }));
    seen.clock(69.999999);
    expect(seen.publisher.apply(trade({ at: 10, price: "6" }))).toBe("taken");
    seen.clock(70);
    expect(seen.publisher.apply(trade({ at: 10, price: "7" }))).toBe("late");
    seen.clock(200);
    expect(seen.publisher.apply(trade({ at: 10, price: "7" }))).toBe("late");
    expect(seen.bars.at(-1)?.high).toBe(6);
  });
});

describe("first and last", () => {
  it("are by event time, then by arrival", () => {
    const seen = observe();
    seen.clock(50);
    for (const [at, price] of [
      [20, "4"],
      [10, "1"],
      [10, "2"],
      [50, "8"],
      [50, "9"],
      [40, "3"],
    ] as const) {
      seen.publisher.apply(trade({ at, price }));
    }
    seen.clock(51);
    expect(seen.of(1).at(-1)).toBe("51s/1s BTC/USDT t=0 1 9 1 9 v=6 open");
  });
});

describe("a trade that is not counted", () => {
  it("is a duplicate when its venue sent the same trade under the same id before", () => {
    const seen = observe();
    const apply = (at: number, id: number | string, venue = "huobi") =>
      seen.publisher.apply(trade({ at, price: "1", id, venue }));
    expect([
      apply(1, 7),
      apply(2, 8),
      apply(2, 8),
      apply(1, 7),
      apply(3, 100),
      apply(3, 100),
    ]).toEqual(["taken", "taken", "duplicate", "duplicate", "taken", "duplicate"]);
    expect([apply(4, "8"), apply(4, "8"), apply(4, 8, "kucoin"), apply(4, 8, "kucoin")]).toEqual([
      "taken",
      "duplicate",
      "taken",
      "duplicate",
    ]);
    seen.clock(60);
    expect(apply(1, 7)).toBe("duplicate");
  });

  it("is never a duplicate without an id", () => {
    const seen = observe();
    expect(seen.publisher.apply(trade({ at: 1, price: "1" }))).toBe("taken");
    expect(seen.publisher.apply(trade({ at: 1, price: "1" }))).toBe("taken");
  });

  it("is early when its time is too far ahead of the clock", () => {
    const seen = observe();
    expect(seen.publisher.apply(trade({ at: 10, price: "1" }))).toBe("taken");
    expect(seen.publisher.apply(trade({ at: 10.000001, price: "1" }))).toBe("early");
  });
});

describe("an id that comes again on another trade", () => {
  /** Applies a trade that differs from the first in what is given. */
  function again(change: Partial<TradeText>) {
    const seen = observe();
    const first = { at: 2, price: "1", quantity: "3", id: 7 };
    seen.publisher.apply(trade(first));
    seen.clock(35);
    const verdict = seen.publisher.apply(trade({ ...first, ...change }));
    seen.clock(60);
    return {
      verdict,
      bar: seen.bars.at(-1),
      seen,
      repeat: () => seen.publisher.apply(trade({ ...first, ...change })),
    };
  }

  it.each<Partial<TradeText>>([
    { at: 35 },
    { price: "1.1" },
    { price: "100000000001" },
    { price: "12345678901234567890" },
    { quantity: "4" },
    { quantity: "0.3" },
    { side: "sell" },
  ])("is kept and told, whatever differs: %j", (change) => {
    const { verdict, bar, repeat } = again(change);

    expect(verdict).toBe("reused");
    expect(bar?.tradeCount).toBe(2);
    expect(repeat()).toBe("duplicate");
  });

  it("is kept where a venue counts again at midnight, so that no bar is lost", () => {
    const seen = observe();
    const ids = [101, 102, 103];
    seen.clock(50);
    for (const [at, id] of ids.entries())
      seen.publisher.apply(trade({ at: 50 + at, price: "1", id }));
    seen.clock(60);

    const verdicts = ids.map((id, at) =>
      seen.publisher.apply(trade({ at: 60 + at, price: "2", id })),
    );

    expect(verdicts).toEqual(["reused", "reused", "reused"]);
    seen.clock(120);
    expect(seen.of(60)).toEqual([
      "60s/60s BTC/USDT t=0 1 1 1 1 v=3 closed",
      "120s/60s BTC/USDT t=60 2 2 2 2 v=3 closed",
    ]);
  });
});

describe("what a venue sends of its past at a subscription", () => {
  it("makes the bars of its minutes, in whichever order it comes", () => {
    const seen = observe();
    seen.clock(600);
    const verdicts = Array.from({ length: 60 }, (_, at) =>
      seen.publisher.apply(trade({ at: 599 - at * 10, price: String(at + 1), id: 60 - at })),
    );

    expect(new Set(verdicts)).toEqual(new Set(["taken"]));
    seen.clock(601);
    seen.clock(720);
    expect(seen.of(60)).toHaveLength(10);
    expect(seen.of(60)[0]).toBe("660s/60s BTC/USDT t=0 60 60 55 55 v=6 revised");
  });

  it("is late once a newer bar of the ticker is final", () => {
    const seen = observe();
    seen.clock(600);
    seen.publisher.apply(trade({ at: 400, price: "1" }));
    seen.clock(660);

    expect(seen.publisher.apply(trade({ at: 399, price: "1" }))).toBe("late");
    expect(seen.publisher.apply(trade({ at: 300, price: "1" }))).toBe("late");
    expect(seen.publisher.apply(trade({ at: 300, price: "1", of: eth }))).toBe("taken");
  });

  it("is late when it is older than a day", () => {
    const seen = observe();
    seen.publisher.advance(minute + 86_460e6);

    expect(seen.publisher.apply(trade({ at: 59, price: "1" }))).toBe("late");
    expect(seen.publisher.apply(trade({ at: 60, price: "1" }))).toBe("taken");
  });
});

describe("one odd trade", () => {
  it("of a dust quantity does not shut out the trades after it", () => {
    const seen = observe();
    seen.publisher.apply(trade({ at: 1, price: "2", quantity: "0.000000000000000001" }));
    expect(seen.publisher.apply(trade({ at: 1, price: "2", quantity: "50000" }))).toBe("taken");
    seen.clock(2);
    expect(seen.of(1)).toEqual(["1s/1s BTC/USDT t=0 2 2 2 2 v=50000.000000000000000001 open"]);
  });

  it("of a dust price does not either, and the next minute's numbers are small again", () => {
    const seen = observe();
    seen.publisher.apply(trade({ at: 1, price: "0.000000000000000001" }));
    expect(seen.publisher.apply(trade({ at: 1, price: "9007199254740991" }))).toBe("taken");
    seen.clock(61);
    seen.publisher.apply(trade({ at: 61, price: "100" }));
    seen.clock(62);

    expect(seen.of(60)).toEqual([
      "60s/60s BTC/USDT t=0 0.000000000000000001 9007199254740991 0.000000000000000001 9007199254740991 v=2 closed",
    ]);
    expect(seen.bars.at(-1)).toMatchObject({ open: 100, priceScale: 0 });
  });
});

describe("publishing unchanged bars too", () => {
  it("sends the running bar at every boundary of the short periods, and each closing state once", () => {
    const seen = observe(10, true);
    seen.clock(57.5);
    seen.publisher.apply(trade({ at: 57.5, price: "220" }));
    seen.clock(181);
    const running = "BTC/USDT t=0 220 220 220 220 v=1 open";
    const closed = "BTC/USDT t=0 220 220 220 220 v=1 closed";
    expect(seen.of(1)).toEqual([`58s/1s ${running}`, `59s/1s ${running}`, `60s/1s ${closed}`]);
    expect(seen.of(10)).toEqual([`60s/10s ${closed}`]);
    expect(seen.of(60)).toEqual([`60s/60s ${closed}`]);
  });

  it("sends six a minute at 10 s and sixty at 1 s", () => {
    const seen = observe(10, true);
    seen.publisher.apply(trade({ at: 0, price: "220" }));
    seen.clock(60);
    expect([seen.of(1).length, seen.of(10).length, seen.of(60).length]).toEqual([60, 6, 1]);
  });

  it("does not repeat a closed bar that may still be revised, but sends its revision", () => {
    const seen = observe(10, true);
    seen.clock(59);
    seen.publisher.apply(trade({ at: 59, price: "220" }));
    seen.clock(62);
    seen.publisher.apply(trade({ at: 59.5, price: "221" }));
    seen.publisher.apply(trade({ at: 62, price: "222" }));
    seen.clock(64);
    expect(seen.of(1)).toEqual([
      "60s/1s BTC/USDT t=0 220 220 220 220 v=1 closed",
      "63s/1s BTC/USDT t=0 220 221 220 221 v=2 revised",
      "63s/1s BTC/USDT t=60 222 222 222 222 v=1 open",
      "64s/1s BTC/USDT t=60 222 222 222 222 v=1 open",
    ]);
  });

  it("sends a bar that nobody listens to only when it has changed", () => {
    const seen = observe(10, true);
    seen.publisher.apply(trade({ at: 0, price: "1", of: eth }));
    seen.clock(30);
    expect(seen.of(1)).toEqual(["1s/1s ETH/USDT t=0 1 1 1 1 v=1 open"]);
  });
});

describe("exactness", () => {
  it("holds for prices and quantities that no safe integer holds", () => {
    const seen = observe();
    const price = "12345678901234567.890123456789012345";
    seen.publisher.apply(trade({ at: 1, price, quantity: "98765432109876543.21" }));
    seen.publisher.apply(trade({ at: 2, price: "2", quantity: "0.0000000000000000000001" }));
    seen.clock(3);
    const bar = seen.bars.at(-1);

    expect(seen.lines.at(-1)).toBe(
      `1s/1s BTC/USDT t=0 ${price} ${price} 2 2 v=98765432109876543.2100000000000000000001 open`,
    );
    expect(
      formatDecimal(bar?.quoteVolume ?? 0, (bar?.priceScale ?? 0) + (bar?.volumeScale ?? 0)),
    ).toBe("1219326311370217952249657064224965.6393705227786159274502");
  });

  it("holds when trades carry ever more decimals and volumes outgrow a safe integer", () => {
    const seen = observe();
    seen.publisher.apply(
      trade({ at: 1, price: "100", quantity: "9007199254740991", side: "sell" }),
    );
    seen.publisher.apply(trade({ at: 2, price: "100.5", quantity: "9007199254740991" }));
    seen.publisher.apply(trade({ at: 3, price: "0.00000001", quantity: "0.000000001" }));
    seen.clock(4);
    const bar = seen.bars.at(-1);
    if (bar === undefined) throw new Error("a bar was expected");
    const quoteScale = bar.priceScale + bar.volumeScale;
    expect(formatDecimal(bar.volume, bar.volumeScale)).toBe("18014398509481982.000000001");
    expect(formatDecimal(bar.quoteVolume, quoteScale)).toBe(
      "1805943450575568695.50000000000000001",
    );
    expect(formatDecimal(bar.takerBuyVolume, bar.volumeScale)).toBe("9007199254740991.000000001");
    expect(formatDecimal(bar.takerBuyQuoteVolume, quoteScale)).toBe(
      "905223525101469595.50000000000000001",
    );
    expect([bar.open, bar.low].map((p) => formatDecimal(p, bar.priceScale))).toEqual([
      "100",
      "0.00000001",
    ]);
  });
});
