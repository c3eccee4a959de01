import { describe, expect, it } from "vitest";
import type { Bar } from "../../marketdata/bars/bar.ts";
import {
  pastAnswerMsMax,
  type StoredBars,
  type TickerBarQuery,
} from "../../ports/dataset-reader.ts";
import type { Unanswered } from "../../ports/history.ts";
import { Conversation, ExampleBoard, exampleUser } from "./conversation.fixture.ts";
import { keptCandlesMax } from "./past-candles.ts";
import { waitingRequestsMax } from "./session.ts";

const minute = 60;
/** The board of these tests knows all candles from here on. */
const knownS = 1_750_953_000;

function candle(startS: number, price: number): Bar {
  return {
    startUs: startS * 1e6,
    ...{ priceScale: 0, open: price, high: price, low: price, close: price },
    ...{ volume: 2, volumeScale: 0, quoteVolume: 2 * price, tradeCount: 1 },
    ...{ takerBuyVolume: undefined, takerBuyQuoteVolume: undefined },
    ...{ firstUs: startS * 1e6, lastUs: startS * 1e6, revision: 0 },
  };
}

function boardOf(...candles: readonly Bar[]): ExampleBoard {
  const board = new ExampleBoard();
  board.candlesFromS = knownS;
  board.candleLists.set("BTC_USDT", candles);
  return board;
}

/** A store that answers everything with the same, and what it was asked. */
function storeOf(answer: Unanswered | readonly Bar[]) {
  const asked: (TickerBarQuery & { market: string })[] = [];
  const bars = (market: string, query: TickerBarQuery): Promise<StoredBars | Unanswered> => {
    asked.push({ market, ...query });
    return Promise.resolve("kind" in answer ? answer : { bars: answer, unknown: [] });
  };
  return { asked, bars };
}

const request = (id: number, fromS: number, toS = knownS + minute) => ({
  id,
  method: "candles_request",
  params: ["BTC_USDT", fromS, toS, minute],
});
const tuple = (startS: number, price: number) => {
  const text = String(price);
  return [startS, text, text, text, text, "2", String(2 * price), "BTC_USDT"];
};
const ids = (texts: readonly string[]) => texts.map((text) => JSON.parse(text).id);
const errorOf = (text: string | undefined) => JSON.parse(text ?? "{}").error;

describe("candles_request", () => {
  it("asks nobody where the board knows all of the time that is asked for", () => {
    const client = new Conversation({ board: boardOf(candle(knownS, 7)) });

    const [reply] = client.send(request(1, knownS));

    expect(JSON.parse(reply ?? "").data).toEqual([tuple(knownS, 7)]);
  });

  it("asks the store for what is older, on behalf of its user, and goes on with the board", async () => {
    const before = knownS - minute;
    const { asked, bars } = storeOf([candle(before, 5), candle(before - minute, 4)]);
    const client = new Conversation({ board: boardOf(candle(knownS, 7)), bars });

    expect(client.send(request(1, before - minute))).toEqual([]);
    const [reply] = await client.answer();

    expect(asked).toEqual([
      {
        market: "BTC_USDT",
        isAbandoned: expect.any(Function),
        asker: exampleUser.userId,
        interval: { kind: "fixed", lengthUs: 60_000_000, originUs: 0 },
        fromUs: (before - minute) * 1e6,
        toUs: knownS * 1e6,
        order: "newest-first",
        limit: 1_439,
      },
    ]);
    expect(JSON.parse(reply ?? "").data).toEqual([
      tuple(before - minute, 4),
      tuple(before, 5),
      tuple(knownS, 7),
    ]);
  });

  it("is answered before what was asked after it, which is answered as things are then", async () => {
    const { bars } = storeOf([]);
    const client = new Conversation({ board: boardOf(), bars });
    client.send(request(1, 0));

    expect(client.send({ id: 2, method: "ping", params: [] })).toEqual([]);
    expect(client.send({ id: 3, method: "trade_subscribe", params: ["BTC_USDT"] })).toEqual([]);
    expect(client.send({ id: 4, method: "nonsense", params: [] })).toEqual([]);
    expect(client.active).toEqual([]);
    expect(client.send(request(5, 0))).toEqual([]);
    expect(client.send({ id: 6, method: "time", params: [] })).toEqual([]);

    expect(ids(await client.answer())).toEqual([1, 2, 3, 4]);
    expect(client.active).toEqual(["trades|BTC_USDT"]);
    expect(ids(await client.answer())).toEqual([5, 6]);
  });

  it("is told when too many requests of the connection wait for it", async () => {
    const { bars } = storeOf([]);
    const client = new Conversation({ board: boardOf(), bars });
    client.send(request(0, 0));
    const waiting = Array.from({ length: waitingRequestsMax }, (_, index) => index + 1);
    for (const id of waiting) expect(client.send({ id, method: "ping", params: [] })).toEqual([]);

    const [refused] = client.send({ id: 99, method: "ping", params: [] });

    expect(JSON.parse(refused ?? "")).toMatchObject({
      id: 99,
      error: {
        code: 2,
        message:
          "Busy: at most 16 requests of one connection, and not large ones, may wait for an answer",
      },
    });
    expect(ids(await client.answer())).toEqual([0, ...waiting]);
  });

  it("is not waited for by more than one message may hold", async () => {
    const client = new Conversation({ board: boardOf(), bars: storeOf([]).bars });
    client.send(request(0, 0));
    const large = (id: number) => ({ id, method: "ping", params: ["x".repeat(40_000)] });

    expect(client.send(large(1))).toEqual([]);
    expect(ids(client.send(large(2)))).toEqual([2]);
    expect(ids(await client.answer())).toEqual([0, 1]);
  });

  it.each<[Unanswered, RegExp]>([
    [{ kind: "busy", asker: "this" }, /^Busy: too many old candles/],
    [{ kind: "failure", fault: "failed", message: "secret path" }, /^Old candles cannot be read/],
  ])(
    "that the store does not answer (%j) says so, and the connection goes on",
    async (why, message) => {
      const client = new Conversation({ board: boardOf(), bars: storeOf(why).bars });
      client.send(request(1, 0));

      const [reply] = await client.answer();

      expect(errorOf(reply)).toMatchObject({ code: 2, message: expect.stringMatching(message) });
      expect(ids(client.send({ id: 2, method: "ping", params: [] }))).toEqual([2]);
    },
  );

  it("goes on from the candles that the board has forgotten meanwhile, and gives up where they are too many", async () => {
    const starts = Array.from({ length: keptCandlesMax + 2 }, (_, at) => knownS + at * minute);
    const board = boardOf(...starts.map((startS) => candle(startS, 7)));
    const client = new Conversation({ board, bars: storeOf([candle(knownS - minute, 5)]).bars });
    const forget = (count: number) => {
      board.candlesFromS = knownS + count * minute;
      board.candleLists.set(
        "BTC_USDT",
        starts.slice(count).map((startS) => candle(startS, 8)),
      );
    };
    const all = request(1, 0, knownS * 2);
    client.send(all);
    forget(2);

    const [reply] = await client.answer();
    expect(JSON.parse(reply ?? "").data).toEqual([
      tuple(knownS - minute, 5),
      ...starts.slice(0, 2).map((startS) => tuple(startS, 7)),
      ...starts.slice(2).map((startS) => tuple(startS, 8)),
    ]);

    forget(0);
    client.send(all);
    forget(keptCandlesMax);
    const [refused] = await client.answer();
    expect(errorOf(refused)).toMatchObject({ message: expect.stringMatching(/^Busy: /) });
  });

  it("of nobody's connection is asked on behalf of its address", async () => {
    const { asked, bars } = storeOf([]);
    const client = new Conversation({ board: boardOf(), bars, identity: null });
    client.send(request(1, 0));
    await client.answer();

    expect(asked.map(({ asker }) => asker)).toEqual(["anonymous"]);
  });

  it("is forgotten with its connection, and what is read for it is left", async () => {
    const { asked, bars } = storeOf([]);
    const client = new Conversation({ board: boardOf(), bars });
    client.send(request(1, 0));
    client.send({ id: 2, method: "ping", params: [] });
    const answered = client.answer();
    expect(asked[0]?.isAbandoned?.()).toBe(false);
    client.end();

    expect(asked[0]?.isAbandoned?.()).toBe(true);
    expect(await answered).toEqual([]);
  });

  it("is refused when it takes too long, and what is read for it is left; others then have their turn", async () => {
    const { asked, bars } = storeOf([]);
    const client = new Conversation({ board: boardOf(), bars });
    client.send(request(1, 0));
    client.send({ id: 2, method: "ping", params: [] });
    const answered = client.answer();
    expect(client.session.deadlineMs).toBe(client.nowMs + pastAnswerMsMax);
    client.nowMs += pastAnswerMsMax - 1;
    expect(client.input({ kind: "deadline" })).toEqual([]);
    expect(asked[0]?.isAbandoned?.()).toBe(false);

    client.nowMs += 1;
    const [refused, ...others] = client.input({ kind: "deadline" });
    expect(others).toEqual([]);
    expect(JSON.parse(refused ?? "")).toMatchObject({ id: 1, error: { code: 2 } });
    expect(asked[0]?.isAbandoned?.()).toBe(true);
    expect(client.input({ kind: "deadline" })).toEqual([]);
    // Once nothing is read for it any more.
    expect(ids(await answered)).toEqual([2]);
  });
});
