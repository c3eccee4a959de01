/** Random command streams: the fast book against its oracle, snapshots, and money that adds up. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rounds } from "../../../test/support/rounds.ts";
import { selfTradePreventions } from "./book/book.ts";
import { NaiveBook } from "./book/naive-book.ts";
import type { Command, SetMarketRules, TimeInForce } from "./commands.ts";
import type { ExchangeEvent } from "./events.ts";
import type { Exchange } from "./exchange.ts";
import type { FeeRates, FeeStep } from "./market/fees.ts";
import type { Side } from "./market/rules.ts";
import { atoms } from "./num/money.ts";
import { type Lots, lots, type Ticks } from "./num/units.ts";
import type { RejectReason } from "./reject.ts";
import { exchangeWith, money, rulesOf, type TestExchangeOptions } from "./scenario.fixture.ts";

const users = ["ann", "bob", "cid", "dan"];
const markets = ["BTC_USDT", "ETH_BTC"];

/** Rates that leave fractions, a rebate, and steps that a busy stream climbs. */
const options: TestExchangeOptions = {
  limits: {
    openOrdersMax: 48,
    openOrdersPerUserMax: 24,
    closedClientIdsPerUserMax: 4,
    transferKeysPerUserMax: 6,
  },
  fees: {
    referenceCurrency: "USDT",
    steps: [
      { fromTurnover: atoms(0n), makerPpm: 801, takerPpm: 1003 },
      { fromTurnover: money("2000"), makerPpm: -333, takerPpm: 777 },
    ],
  },
};

const opening: readonly Command[] = [
  { kind: "add-market", rules: rulesOf("BTC", "USDT", { quoteMin: money("0") }) },
  {
    kind: "add-market",
    rules: rulesOf("ETH", "BTC", {
      tickSize: { coefficient: 5, scale: 9 },
      lotSize: { coefficient: 1, scale: 7 },
      quoteMin: money("0"),
    }),
  },
  ...users.flatMap((user) =>
    ["USDT", "BTC", "ETH"].map((currency) => ({
      kind: "deposit" as const,
      user,
      currency,
      amount: money("500"),
      key: `opening ${currency}`,
    })),
  ),
];

/** Draws small numbers out of one random word, so that a counterexample shrinks to simple words. */
class Draw {
  #word: number;

  constructor(word: number) {
    this.#word = word;
  }

  below(count: number): number {
    const value = this.#word % count;
    this.#word = Math.floor(this.#word / count);
    return value;
  }

  of<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }
}

const timesInForce: readonly TimeInForce[] = ["gtc", "gtc", "gtc", "ioc", "fok", "post-only"];

function commandOf(word: number, exchange: Exchange): Command {
  const draw = new Draw(word);
  const kind = draw.below(32);
  const user = draw.of(users);
  const market = draw.of(markets);
  const side = draw.of(["buy", "sell"] as const);
  const price = (10 + draw.below(8)) as Ticks;
  const quantity = (1 + draw.below(7)) as Lots;
  const open = exchange.openOrders(user);
  const order = { id: open[draw.below(open.length + 1)]?.id ?? draw.below(9) };
  const named = draw.below(4) === 0 ? { clientId: `c${draw.below(8)}` } : {};
  const away = (side === "buy" ? 1 : -1) * (1 + draw.below(4));
  const stop = draw.below(4) === 0 ? { stopPrice: (price + away) as Ticks } : {};
  if (kind < 14) {
    const timeInForce = draw.of(timesInForce);
    return {
      kind: "place-limit",
      user,
      market,
      side,
      price,
      quantity,
      timeInForce,
      ...named,
      ...stop,
    };
  }
  if (kind < 18) {
    const value =
      market === "BTC_USDT" ? money(`${quantity * 9}.5`) : atoms(BigInt(quantity) * 70n);
    const size = draw.below(2) === 0 ? { quantity } : { value };
    return { kind: "place-market", user, market, side, size, ...named };
  }
  if (kind < 20) return { kind: "cancel-order", user, order };
  if (kind < 22) return { kind: "reduce-order", user, order, by: quantity };
  if (kind < 27) {
    const timeInForce = draw.of(["gtc", "post-only"] as const);
    return { kind: "replace-order", user, order, price, quantity, timeInForce, ...named, ...stop };
  }
  return otherCommand(kind, draw, { user, market });
}

function otherCommand(
  kind: number,
  draw: Draw,
  { user, market }: { user: string; market: string },
): Command {
  if (kind === 27) {
    return { kind: "cancel-order", user, order: { clientId: `c${draw.below(8)}` } };
  }
  if (kind === 28) {
    return { kind: "set-self-trade-prevention", user, mode: draw.of(selfTradePreventions) };
  }
  if (kind === 29) return rareCommand(draw, user, market);
  const direction = draw.of(["deposit", "withdraw"] as const);
  const amount = money(`${30 + draw.below(200)}.0000000000000001`);
  const key = `k${draw.below(12)}`;
  return { kind: direction, user, currency: draw.of(["USDT", "BTC", "ETH"]), amount, key };
}

function rareCommand(draw: Draw, user: string, market: string): Command {
  switch (draw.below(12)) {
    case 0:
      return { kind: "cancel-all", user };
    case 1:
      return { kind: "cancel-all", user, market };
    case 2:
      return { kind: "halt-market", market };
    case 3:
      return { kind: "set-limits", changes: { openOrdersMax: draw.of([1, 30, 48, 64, 200]) } };
    case 4:
      return { kind: "set-fees", fees: { of: "default", steps: stepsOf(draw) } };
    case 5:
      return { kind: "set-fees", fees: { of: "market", market, rates: ratesOf(draw) } };
    case 6:
      return { kind: "set-fees", fees: { of: "user", user, rates: ratesOf(draw) } };
    case 7:
      return { kind: "set-market-rules", market, changes: rulesChangeOf(draw) };
    default:
      return { kind: "resume-market", market };
  }
}

/** From all that is received, to a rebate of the same size; one of them is too much. */
const ratesPpm = [0, 1, 801, 250_000, 1_000_000, -1, -333, -1_000_000, 1_000_001];

function ratesOf(draw: Draw): FeeRates | undefined {
  if (draw.below(4) === 0) return undefined;
  return { makerPpm: draw.of(ratesPpm), takerPpm: draw.of(ratesPpm) };
}

function stepsOf(draw: Draw): readonly FeeStep[] {
  const rates = () => ({ makerPpm: draw.of(ratesPpm), takerPpm: draw.of(ratesPpm) });
  const second = { fromTurnover: money(`${draw.below(3) * 1_000}`), ...rates() };
  return [{ fromTurnover: atoms(0n), ...rates() }, second];
}

function rulesChangeOf(draw: Draw): SetMarketRules["changes"] {
  return draw.of<SetMarketRules["changes"]>([
    { baseMax: lots(3) },
    { baseMax: lots(Number.MAX_SAFE_INTEGER) },
    { baseMax: lots(1_000_000), baseMin: lots(1) },
    { baseMin: lots(2) },
    { quoteMin: money("0"), quoteMax: money("1000000000") },
    { quoteMin: atoms(60n), quoteMax: money("60") },
    { marketOrderBandPpm: 0 },
    { marketOrderBandPpm: 500_000 },
    { tickSize: { coefficient: 7, scale: 3 } },
  ]);
}

/** An exchange that stamps its own commands; a day passes every 500 of them. */
class Line {
  readonly exchange: Exchange;

  constructor(changes: TestExchangeOptions = {}) {
    this.exchange = exchangeWith({ ...options, ...changes });
  }

  open(): this {
    for (const command of opening) this.apply(command);
    return this;
  }

  apply(command: Command): readonly ExchangeEvent[] {
    const sequence = this.exchange.sequence + 1;
    const timeUs = 1_700_000_000_000_000 + sequence * 172_800_000;
    return this.exchange.apply({ sequence, timeUs, command });
  }

  applyWord(word: number): readonly ExchangeEvent[] {
    return this.apply(commandOf(word, this.exchange));
  }
}

/** Why a market order is not let in that older logs may have. */
const aboutWorth = new Set<RejectReason>([
  "less-than-a-lot",
  "quantity-out-of-range",
  "notional-out-of-range",
]);

/** Checks what was told of a command beforehand against what became of it. */
function expectTold(
  command: Command,
  told: RejectReason | undefined,
  [first]: readonly ExchangeEvent[],
): void {
  const isAboutWorth = told !== undefined && aboutWorth.has(told);
  if (command.kind === "place-market" && isAboutWorth) return;
  const refused = first?.kind === "refused" ? first.reason : undefined;
  expect(told, command.kind).toBe(isJudged(command) ? refused : undefined);
}

/** Whether the exchange tells beforehand that it would refuse a command. */
function isJudged({ kind }: Command): boolean {
  return kind === "place-limit" || kind === "place-market" || kind === "cancel-order";
}

function withWords(stream: readonly number[]): Line {
  const line = new Line().open();
  for (const word of stream) line.applyWord(word);
  return line;
}

function hashInParts(exchange: Exchange): string {
  const parts = exchange.stateHashInParts();
  for (;;) {
    const { done, value } = parts.next();
    if (done === true) return value;
  }
}

/** Asks the matcher, which is slow and explains, only when there is something to explain. */
function expectSame(left: unknown, right: unknown): void {
  if (!isSame(left, right)) expect(left).toEqual(right);
}

/** Whether plain data is the same, the order of keys included. */
function isSame(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (!isObject(left) || !isObject(right)) return false;
  const rightKeys = Object.keys(right);
  const leftKeys = Object.keys(left);
  if (leftKeys.length !== rightKeys.length) return false;
  return leftKeys.every((key, at) => key === rightKeys[at] && isSame(left[key], right[key]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

const words = (minLength: number, maxLength: number) =>
  fc.array(fc.nat({ max: Number.MAX_SAFE_INTEGER }), { minLength, maxLength, size: "max" });

describe("the exchange under random commands", () => {
  it("gives the same events and state with the fast book and with its oracle", () => {
    fc.assert(
      fc.property(words(2_000, 2_000), (stream) => {
        const fast = new Line().open();
        const naive = new Line({ createBook: (pool) => new NaiveBook(pool) }).open();
        for (const [at, word] of stream.entries()) {
          expectSame(fast.applyWord(word), naive.applyWord(word));
          // States that differ remain so, and a hash of all of it costs far more than a command.
          if ((at + 1) % rounds(10, 1) === 0) {
            expectSame(fast.exchange.stateHash(), naive.exchange.stateHash());
          }
        }
        fast.exchange.checkInvariants();
        for (const { exchange } of [fast, naive]) {
          expect(hashInParts(exchange)).toBe(exchange.stateHash());
        }
      }),
      { numRuns: rounds(12, 51) },
    );
  });

  it("goes on from a snapshot as if nothing had happened", () => {
    fc.assert(
      fc.property(words(1, 300), words(1, 100), (before, after) => {
        const original = new Line().open();
        for (const word of before) original.applyWord(word);
        const snapshot = original.exchange.snapshot();
        const restored = new Line();
        restored.exchange.restore(JSON.parse(JSON.stringify(snapshot)));

        expect(restored.exchange.snapshot()).toEqual(snapshot);
        restored.exchange.checkInvariants();
        for (const word of after) {
          expectSame(restored.applyWord(word), original.applyWord(word));
          expectSame(restored.exchange.stateHash(), original.exchange.stateHash());
        }
      }),
      { numRuns: rounds(15, 40) },
    );
  });

  it("tells beforehand what it would refuse, and is not changed by being asked", () => {
    fc.assert(
      fc.property(words(400, 400), (stream) => {
        const asked = new Line().open();
        const unasked = new Line().open();
        // Somebody who cannot pay for much.
        const poor = { kind: "withdraw", user: "dan", currency: "USDT", key: "all" } as const;
        for (const line of [asked, unasked]) line.apply({ ...poor, amount: money("489") });
        for (const word of stream) {
          const command = commandOf(word, asked.exchange);
          expectTold(command, asked.exchange.refusalOf(command), asked.apply(command));
          unasked.apply(command);
        }
        expect(asked.exchange.stateHash()).toBe(unasked.exchange.stateHash());
        asked.exchange.checkInvariants();
      }),
      { numRuns: rounds(10, 20) },
    );
  });

  it("shows pages of open orders as if it had made a list of all of them", () => {
    const page = fc.record({ offset: fc.nat({ max: 12 }), limit: fc.integer({ min: 1, max: 5 }) });
    const filter = fc.record(
      {
        market: fc.constantFrom(...markets, "NO_SUCH"),
        side: fc.constantFrom("buy" as const, "sell" as const),
        clientId: fc.constantFrom("c0", "c1", "c2"),
        id: fc.integer({ min: 15, max: 200 }),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(words(150, 150), fc.array(fc.tuple(page, filter)), (stream, queries) => {
        const { exchange } = withWords(stream);
        for (const [{ offset, limit }, asked] of queries) {
          const wanted = Object.entries(asked) as [keyof typeof asked, unknown][];
          for (const user of users) {
            const all = exchange
              .openOrders(user)
              .filter((order) => wanted.every(([key, value]) => order[key] === value))
              .toReversed();
            const found = exchange.openOrderPage(user, { ...asked, offset, limit });
            expect(found).toEqual(all.slice(offset, offset + limit));
          }
        }
      }),
      { numRuns: rounds(10, 20) },
    );
  });

  it("keeps every invariant after every command", () => {
    fc.assert(
      fc.property(words(200, 200), (stream) => {
        const line = new Line().open();
        for (const word of stream) {
          const before = line.exchange.stateHash();
          const events = line.applyWord(word);
          line.exchange.checkInvariants();
          const refused = events[0]?.kind === "refused";
          expect(events.length).toBeLessThanOrEqual(refused ? 1 : 1_000);
          expect(line.exchange.stateHash()).not.toBe(before);
        }
      }),
      { numRuns: rounds(10, 20) },
    );
  });

  it("tells every movement: the events alone rebuild all balances and levels", () => {
    fc.assert(
      fc.property(words(300, 300), (stream) => {
        const line = new Line();
        const replica = new Replica();
        for (const command of opening) replica.fold(line.apply(command));
        for (const word of stream) replica.fold(line.applyWord(word));
        const { users: owners, currencies } = line.exchange.snapshot();
        const balances = owners.flatMap(({ name, balances: all }) =>
          all.map(([currency, available, held]) => {
            return `${name} ${currencies[currency]?.code} ${available} ${held}`;
          }),
        );

        expect(replica.balances()).toEqual(balances.sort());
        for (const market of markets) {
          for (const side of ["buy", "sell"] as const) {
            const levels = line.exchange.depth(market, side, 100);
            expect(replica.levels(market, side)).toEqual(levels);
          }
        }
      }),
      { numRuns: rounds(10, 20) },
    );
  });
});

/** What a consumer of the events knows. It checks that each event continues the one before. */
class Replica {
  readonly #wallets = new Map<string, { available: bigint; held: bigint }>();
  readonly #levels = new Map<string, number>();
  readonly #open = new Set<number>();

  fold(events: readonly ExchangeEvent[]): void {
    for (const event of events) this.#foldOne(event);
  }

  balances(): string[] {
    return [...this.#wallets]
      .filter(([, { available, held }]) => available + held !== 0n)
      .map(([key, { available, held }]) => `${key} ${available} ${held}`)
      .sort();
  }

  levels(market: string, side: Side): { price: number; quantity: number }[] {
    const direction = side === "buy" ? -1 : 1;
    return [...this.#levels]
      .map(([key, quantity]) => ({ words: key.split(" "), quantity }))
      .filter(({ words: [at, of], quantity }) => at === market && of === side && quantity > 0)
      .map(({ words: [, , price], quantity }) => ({ price: Number(price), quantity }))
      .sort((left, right) => (left.price - right.price) * direction);
  }

  #foldOne(event: ExchangeEvent): void {
    if (event.kind === "balance-changed") {
      const key = `${event.user} ${event.currency}`;
      const known = this.#wallets.get(key) ?? { available: 0n, held: 0n };
      expect(known).toEqual({ available: event.oldAvailable, held: event.oldHeld });
      this.#wallets.set(key, { available: event.newAvailable, held: event.newHeld });
    } else if (event.kind === "level-changed") {
      this.#levels.set(`${event.market} ${event.side} ${event.price}`, event.quantity);
    } else if (event.kind === "order-opened") {
      expect(this.#open.has(event.order.id)).toBe(false);
      this.#open.add(event.order.id);
    } else if (event.kind === "order-updated" || event.kind === "order-closed") {
      expect(this.#open.has(event.order.id)).toBe(true);
      if (event.kind === "order-closed") this.#open.delete(event.order.id);
    }
  }
}
