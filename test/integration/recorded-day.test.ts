/** Recorded days of real venues on a real exchange: the recorded books come about, and a bot's fills are the same again. */

import { createReadStream } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createGunzip } from "node:zlib";
import { describe, expect, it } from "vitest";
import { FlowDriver, type FlowModel, flowNames } from "../../server/src/agents/flow/driver.ts";
import { marketFor } from "../../server/src/agents/mirror/setup.ts";
import type { Command } from "../../server/src/core/commands.ts";
import { Exchange } from "../../server/src/core/exchange.ts";
import type { Side } from "../../server/src/core/market/rules.ts";
import { lots, ticks } from "../../server/src/core/num/units.ts";
import { money } from "../../server/src/core/scenario.fixture.ts";
import type { FlowEvent } from "../../server/src/ports/order-flow.ts";
import { type FlowSource, noCounts, readFlow } from "../../server/src/recordings/flow/flow.ts";
import { recordedDataFolder, recordedDataMissing } from "../support/recorded-data.ts";

const folder = recordedDataFolder();
const flow = (name: string) => join(folder ?? "", "orderflow", name);

/** What a bot does, by recorded time. */
interface Move {
  readonly atUs: number;
  readonly side: Side;
  readonly price: number;
  readonly quantity: number;
}

/** A market and its recording, played without any clock. */
class Market {
  readonly exchange = new Exchange();
  readonly driver: FlowDriver;
  readonly counts = noCounts();
  readonly code: string;
  fills = "";
  traded = 0;
  #nowUs = 0;

  constructor(
    code: string,
    steps: { tickSize: string; lotSize: string },
    model: Partial<FlowModel> = {},
  ) {
    this.code = code;
    const rules = marketFor({ market: code, ...steps }, undefined);
    if (typeof rules === "string") throw new Error(rules);
    this.driver = new FlowDriver(
      rules,
      { fills: "at-price", cancels: "behind", ...model },
      {
        submit: (command) => this.submit(command),
        left: (user, id) => {
          const order = this.exchange.openOrder(user, id);
          return order === undefined ? 0 : order.quantity - order.filled;
        },
      },
    );
    this.submit({ kind: "add-market", rules });
    for (const user of [...Object.values(flowNames(code)), "bot"]) {
      for (const currency of code.split("_")) {
        this.submit({
          kind: "deposit",
          user,
          currency,
          amount: money("1000000000000"),
          key: currency,
        });
      }
    }
  }

  submit(command: Command): number {
    const sequence = this.exchange.sequence + 1;
    for (const event of this.exchange.apply({ sequence, timeUs: this.#nowUs, command })) {
      if (event.kind !== "traded") continue;
      this.traded += event.quantity;
      if (event.takerUser === "bot" || event.makerUser === "bot") {
        this.fills += `${sequence} ${event.quantity}@${event.price} ${event.aggressor}\n`;
      }
    }
    return sequence;
  }

  async play(
    source: FlowSource,
    moves: readonly Move[] = [],
    seen: (event: FlowEvent) => boolean | undefined = () => true,
  ) {
    const waiting = [...moves];
    for await (const batch of readFlow(source, this.counts)) {
      for (const event of batch) {
        while (waiting[0] !== undefined && waiting[0].atUs <= event.atUs) {
          const { side, price, quantity } = waiting.shift()!;
          const terms = {
            side,
            price: ticks(price),
            quantity: lots(quantity),
            timeInForce: "gtc",
          } as const;
          this.submit({ kind: "place-limit", user: "bot", market: this.code, ...terms });
        }
        this.#nowUs = event.atUs;
        for (const _ of this.driver.play(event));
        if (seen(event) === false) return;
      }
    }
  }

  best(side: Side): number | undefined {
    return this.exchange.depth(this.code, side, 1)[0]?.price;
  }
}

const midnightUs = Date.UTC(2012, 5, 21, 4) * 1_000;
const books = "lobster-aapl-2012-06-21-first999.message10-orderbook10.csv.gz";
const lobster: FlowSource = {
  ...{
    format: "lobster",
    files: [flow("lobster-aapl-2012-06-21-0930-1015.message50.csv.gz")],
    midnightUs,
  },
  bookFile: flow(books),
};
const apple = { tickSize: "0.01", lotSize: "1" };
const at = (time: string) => Date.parse(`2012-06-21T${time}Z`) * 1_000;

describe.skipIf(folder === undefined)(
  folder === undefined ? `recorded days (${recordedDataMissing})` : "recorded days",
  () => {
    it("LOBSTER: all of the first 999 ten-level books are those that were recorded", async () => {
      const market = new Market("AAPL_USD", apple);
      const rows = createInterface({ input: createReadStream(flow(books)).pipe(createGunzip()) });
      const wanted: string[] = [];
      for await (const row of rows) wanted.push(row);
      let equal = 0;
      let played = 0;
      await market.play(lobster, [], (event) => {
        const [time = "", , id, ...rest] = wanted[played]!.split(",");
        const fields = rest.slice(3).map(Number);
        // The other file has events of fifty levels.
        const own = "id" in event ? event.id : "0";
        const isMeant =
          own === id && event.atUs % 1e6 === Number(time.split(".")[1]?.padEnd(6, "0").slice(0, 6));
        if (!isMeant) return true;
        const side = (from: number) => fields.filter((_, column) => column % 4 === from);
        const book = (name: Side) => market.exchange.depth("AAPL_USD", name, 10);
        const isEqual = (["sell", "buy"] as const).every((name) => {
          const [prices, sizes] = name === "sell" ? [side(0), side(1)] : [side(2), side(3)];
          return book(name).every(
            ({ price, quantity }, level) =>
              price * 100 === prices[level] && quantity === sizes[level],
          );
        });
        equal += isEqual ? 1 : 0;
        played += 1;
        return played < wanted.length;
      });
      expect([played, equal]).toEqual([999, 999]);
    });

    it("LOBSTER: a bot has the same fills again, and the recorded day goes on around them", async () => {
      const moves: readonly Move[] = [
        { atUs: at("13:31:00"), side: "buy", price: 58_600, quantity: 300 },
        { atUs: at("13:35:00"), side: "sell", price: 58_700, quantity: 300 },
        { atUs: at("13:40:00"), side: "buy", price: 58_900, quantity: 50 },
      ];
      const runs = [0, 1].map(() => new Market("AAPL_USD", apple));
      for (const market of runs) {
        await market.play(lobster, moves, ({ atUs }) => atUs < at("13:42:00"));
      }
      const [first, second] = runs;
      expect(first!.fills).not.toBe("");
      expect(second!.fills).toBe(first!.fills);
      expect(second!.exchange.stateHash()).toBe(first!.exchange.stateHash());
      const { figures } = first!.driver;
      expect(figures.unusable).toBe(0);
      expect(figures.unknown).toBeLessThanOrEqual(84);
      first!.exchange.checkInvariants();
    });

    it("Bitstamp: nearly all published best prices are those of the market", async () => {
      const source: FlowSource = {
        format: "bitstamp",
        files: [flow("bitstamp-btcusd-2015-05-01.l3.log.gz")],
      };
      const market = new Market("BTC_USD", { tickSize: "0.01", lotSize: "0.00000001" });
      const published = createInterface({
        input: createReadStream(source.files[0]!).pipe(createGunzip()),
      });
      const books: (readonly [number, string, string])[] = [];
      for await (const line of published) {
        const match = /^(\d+) order_book .*"bids": \[\["([\d.]+)".*"asks": \[\["([\d.]+)"/.exec(
          line,
        );
        if (match !== null) books.push([Number(match[1]) * 1_000, match[2]!, match[3]!]);
      }
      let [at, equalBids, equalAsks, compared] = [0, 0, 0, 0];
      let before: readonly [number | undefined, number | undefined] = [undefined, undefined];
      await market.play(source, [], ({ atUs }) => {
        while (books[at] !== undefined && books[at]![0] < atUs) {
          compared += 1;
          equalBids += before[0] === Math.round(Number(books[at]![1]) * 100) ? 1 : 0;
          equalAsks += before[1] === Math.round(Number(books[at]![2]) * 100) ? 1 : 0;
          at += 1;
        }
        before = [market.best("buy"), market.best("sell")];
      });
      const { figures } = market.driver;
      expect(compared).toBe(4_106);
      expect(Math.min(equalBids, equalAsks)).toBeGreaterThan(4_050);
      expect(market.counts).toMatchObject({ malformed: 0, lines: 45_841 });
      expect(figures.events).toBe(20_359 + 517 + 20_370 + 1);
      expect(figures.unusable).toBe(0);
      market.exchange.checkInvariants();
    });

    it("Binance: depth and trades end at the recorded book, with the recorded volume", async () => {
      const source: FlowSource = {
        format: "binance",
        files: [flow("binance-spot-ethbtc-2020-11-01T09.depth.ndjson.gz")],
        tradeFiles: [
          join(folder ?? "", "trades/binance-spot-ethbtc-2020-11-01T09.aggtrades.csv.gz"),
        ],
      };
      const market = new Market("ETH_BTC", { tickSize: "0.000001", lotSize: "0.001" });
      await market.play(source);
      expect([market.best("buy"), market.best("sell")]).toEqual([28_200, 28_201]);
      market.exchange.checkInvariants();
    });
  },
);
