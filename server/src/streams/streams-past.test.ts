/** What clients who come back are told of the past, made again from the history of a real exchange. */
import { beforeEach, expect, it } from "vitest";
import { Scenario } from "../core/scenario.fixture.ts";
import { MarketBoard } from "../marketdata/market-board.ts";
import type { Position } from "../marketdata/position.ts";
import type { TradeQuery } from "../ports/history.ts";
import { MemoryHistory } from "../testing/memory-history.ts";
import { StreamsPast } from "./streams-past.ts";

const trades = { kind: "trades", market: "BTC_USDT" } as const;
const at = (sequence: number): Position => ({ sequence, tick: 0, ordinal: 0 });

let asked: TradeQuery[];
let past: StreamsPast;
let last: number;

beforeEach(() => {
  const scenario = new Scenario();
  const history = new MemoryHistory();
  const command = { kind: "cancel-all", user: "nobody" } as const;
  for (let sequence = 1; sequence <= scenario.exchange.sequence; sequence += 1) {
    history.record([{ sequence, timeUs: scenario.timeUs, command, events: [] }]);
  }
  for (const line of ["ann sell 3@10", "bob buy 1@10", "bob buy 1@10", "bob buy 1@10"]) {
    const events = scenario.say(line);
    const { sequence } = scenario.exchange;
    history.record([{ sequence, timeUs: scenario.timeUs, command, events }]);
  }
  last = scenario.exchange.sequence;
  asked = [];
  const counted = new Proxy(history, {
    get(target, name) {
      if (name !== "trades") return Reflect.get(target, name, target);
      return (query: TradeQuery) => {
        asked.push(query);
        return target.trades(query);
      };
    },
  });
  const board = new MarketBoard(
    scenario.exchange.markets().map((view) => ({ ...view, levels: [] })),
    scenario.timeUs,
  );
  past = new StreamsPast({ history: counted, board, caughtUp: () => Promise.resolve(undefined) });
});

it("a crowd that has missed the same trades is told them by one question to the history", async () => {
  const query = { after: at(last - 3), until: at(last), limit: 10 };
  const pages = await Promise.all(Array.from({ length: 100 }, () => past.read(trades, query)));

  expect(asked).toHaveLength(1);
  expect(pages[0]?.messages.map(({ position }) => position.sequence)).toEqual([
    last - 2,
    last - 1,
    last,
  ]);
  expect(new Set(pages).size).toBe(1);
});

it("who has missed other trades is told other trades, and who asks later asks anew", async () => {
  const one = { after: at(last - 1), until: at(last), limit: 10 };
  const two = { after: at(last - 2), until: at(last), limit: 10 };
  const pages = await Promise.all([past.read(trades, one), past.read(trades, two)]);
  await past.read(trades, one);

  expect(pages.map((page) => page?.messages.length)).toEqual([1, 2]);
  expect(asked).toHaveLength(3);
});
