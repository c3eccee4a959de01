import { describe, expect, it } from "vitest";
import type { Command } from "../core/commands.ts";
import type { MarketRules, Side } from "../core/market/rules.ts";
import { parseAtoms } from "../core/num/money.ts";
import type { Lots, Ticks } from "../core/num/units.ts";
import {
  type ParticipantsOptions,
  parseParticipantsOptions,
  type RecoveredLevel,
  type RecoveredMarket,
} from "./config.ts";
import { defaultMarkets } from "./default-markets.ts";
import {
  newExchange,
  openedIn,
  optionsWith,
  participantsOf,
  startUs,
  VirtualDay,
} from "./virtual-day.fixture.ts";

const code = "TRX_USDT";
const onlyTron = defaultMarkets.filter(({ ticker }) => ticker === "TRX/USDT");
const stranger = "6b1b4b4e-2f57-4e5c-9f0e-2f4b0e0f7a11";

/** Remembers what is submitted, refused and resting, as seen from outside. */
class Witness {
  readonly commands: Command[] = [];
  readonly refusals: string[] = [];
  readonly trades: { readonly takerUser: string; readonly makerUser: string }[] = [];
  readonly levels = { buy: new Map<number, number>(), sell: new Map<number, number>() };
  lastTicks = 0;
  mostOpenOrders = 0;

  constructor(day: VirtualDay) {
    let openOrders = 0;
    day.watch = ({ command, events }) => {
      this.commands.push(command);
      openOrders += openedIn(events);
      this.mostOpenOrders = Math.max(this.mostOpenOrders, openOrders);
      for (const event of events) {
        if (event.kind === "refused") this.refusals.push(event.reason);
        if (event.kind === "level-changed" && event.market === code) {
          this.levels[event.side].set(event.price, event.quantity);
        }
        if (event.kind === "traded" && event.market === code) {
          this.trades.push(event);
          this.lastTicks = event.price;
        }
      }
    };
  }

  best(side: Side): number {
    const prices = this.resting(side).map(({ price }) => price);
    return side === "buy" ? Math.max(...prices) : Math.min(...prices);
  }

  resting(side: Side): RecoveredLevel[] {
    return [...this.levels[side]]
      .map(([price, quantity]) => ({ side, price, quantity }))
      .filter(({ quantity }) => quantity > 0);
  }
}

/** Lots of the orders that commands place. */
function sizesOf(commands: readonly Command[]): readonly number[] {
  return commands.flatMap((command) => {
    if (command.kind === "place-limit" || command.kind === "replace-order") return command.quantity;
    if (command.kind !== "place-market" || !("quantity" in command.size)) return [];
    return command.size.quantity;
  });
}

/** Two minutes from the start. */
function record(changes: Partial<ParticipantsOptions>) {
  const day = new VirtualDay(optionsWith(changes));
  const witness = new Witness(day);
  day.run(120);
  return { commands: witness.commands, hash: day.exchange.stateHash() };
}

function tronRules(): MarketRules {
  const markets = parseParticipantsOptions(optionsWith({ markets: onlyTron }));
  if (typeof markets === "string") throw new Error(markets);
  return markets[0]!.rules;
}

/** FNV-1a over the text of all commands. */
function hashOf(commands: readonly Command[]): string {
  const text = JSON.stringify(commands, (_, value) =>
    typeof value === "bigint" ? value.toString() : value,
  );
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return (hash >>> 0).toString(16);
}

/** Gives the stranger plenty of everything. */
function enrich(day: VirtualDay): void {
  const amount = parseAtoms("1000000000")!;
  for (const currency of ["TRX", "USDT"]) {
    day.submit({ kind: "deposit", user: stranger, currency, amount, key: currency });
  }
}

const limit = (side: Side, price: number, quantity: number): Command => ({
  kind: "place-limit",
  user: stranger,
  market: code,
  side,
  price: price as Ticks,
  quantity: quantity as Lots,
  timeInForce: "gtc",
});

describe("participants", () => {
  it("do the same day over for the same seed, to the last byte of the exchange's state", () => {
    const once = record({ seed: 7 });
    const again = record({ seed: 7 });
    const other = record({ seed: 8 });

    expect(again.commands).toEqual(once.commands);
    expect(again.hash).toBe(once.hash);
    expect(other.commands).not.toEqual(once.commands);
  });

  it("decide the same everywhere", () => {
    const { commands } = record({ seed: 1 });

    expect(commands.length).toBeGreaterThan(2_000);
    expect(hashOf(commands)).toBe("1ae88995");
  });

  it("decide the same when they are asked late, as long as they hear all answers", () => {
    const prompt = new VirtualDay(optionsWith({ seed: 3 }));
    const late = new VirtualDay(optionsWith({ seed: 3 }));
    const [ofPrompt, ofLate] = [new Witness(prompt), new Witness(late)];
    prompt.run(60);
    late.run(60, 330_000);

    expect(ofLate.commands.length).toBeGreaterThan(1_000);
    expect(ofLate.commands).toEqual(ofPrompt.commands);
  });

  it.each([
    [10_000, 0.01],
    [200_000, 0.01],
    [1_500_000, 0.05],
  ])("stay sane when answers take %d µs", (answerDelayUs, refusedShareMax) => {
    const day = new VirtualDay(optionsWith({ markets: onlyTron }));
    day.answerDelayUs = answerDelayUs;
    const witness = new Witness(day);
    day.run(1_800);

    expect(witness.trades.length).toBeGreaterThan(300);
    expect(witness.mostOpenOrders).toBeLessThanOrEqual(2 * 32);
    expect(witness.refusals.length / witness.commands.length).toBeLessThan(refusedShareMax);
  });

  it("are not disturbed in one market by another one", () => {
    const of = (commands: readonly Command[]) =>
      commands.filter((command) => "user" in command && command.user.endsWith(code)).slice(0, 300);
    const alone = record({ markets: onlyTron });
    const among = record({});

    expect(of(alone.commands)).toHaveLength(300);
    // Orders are named by their place in the log, which differs.
    const wishes = (commands: readonly Command[]) =>
      of(commands).map((command) => ("order" in command ? { ...command, order: 0 } : command));
    expect(wishes(among.commands)).toEqual(wishes(alone.commands));
  });

  it("want nothing before their time, and nothing from a clock that stands", () => {
    const participants = participantsOf(optionsWith());

    expect(participants.act(startUs - 1)).toEqual([]);
    expect(participantsOf(optionsWith({ markets: [] })).nextUs).toBe(Number.POSITIVE_INFINITY);
  });

  it("leave out what they would have done in a long pause", () => {
    const day = new VirtualDay(optionsWith());
    day.run(60);
    const witness = new Witness(day);
    day.nowUs += 3_600_000_000;
    day.run(1);

    expect(witness.commands.length).toBeGreaterThan(5);
    expect(witness.commands.length).toBeLessThan(250);
  });

  it("decide the same things while their time is slow, only later, and lose no step when it is fast again", () => {
    const commandsOf = (paces: readonly (readonly [share: number, seconds: number])[]) => {
      const day = new VirtualDay(optionsWith({ markets: onlyTron }));
      const witness = new Witness(day);
      for (const [share, seconds] of paces) {
        day.participants.changePace(day.nowUs, share);
        day.run(seconds);
      }
      return witness.commands.map((command) =>
        JSON.stringify(command, (_, value) => (typeof value === "bigint" ? `${value}` : value)),
      );
    };
    const steady = commandsOf([[1, 60]]);
    // 20 seconds of their time, then 1,000 of ours in which 20 of theirs pass, then 20 again.
    const changing = commandsOf([
      [1, 20],
      [0.02, 1_000],
      [1, 20],
    ]);
    expect(steady.length).toBeGreaterThan(50);
    expect(changing).toEqual(steady);
  });

  it.each([0.1, 1, 1_000])("do about as much in market time at a rate of %d", (rate) => {
    const day = new VirtualDay(optionsWith({ rate }));
    const witness = new Witness(day);
    day.run(600 / rate);

    expect(witness.commands.length / 600).toBeGreaterThan(15);
    expect(witness.commands.length / 600).toBeLessThan(45);
  });

  it("wait while a market is halted, and go on when it resumes", () => {
    const day = new VirtualDay(optionsWith({ markets: onlyTron }));
    day.run(30);
    const witness = new Witness(day);
    day.submit({ kind: "halt-market", market: code });
    day.run(60);
    expect(witness.commands).toHaveLength(1);

    day.submit({ kind: "resume-market", market: code });
    day.run(60);
    expect(witness.trades.length).toBeGreaterThan(10);
    expect(witness.refusals).toEqual([]);
  });

  it("find out that a market is halted when nobody has told them", () => {
    const exchange = newExchange();
    new VirtualDay(optionsWith({ markets: onlyTron }), exchange).submit({
      kind: "halt-market",
      market: code,
    });

    const day = new VirtualDay(optionsWith({ markets: onlyTron }), exchange);
    const witness = new Witness(day);
    day.run(60);

    // The makers try once, all at the same step.
    expect(new Set(witness.refusals)).toEqual(new Set(["market-halted"]));
    expect(witness.commands).toHaveLength(24);
  });

  it("size their orders by the rules that are set while they trade", () => {
    const day = new VirtualDay(optionsWith({ markets: onlyTron }));
    const witness = new Witness(day);
    day.run(60);
    const largest = () => Math.max(...sizesOf(witness.commands.splice(0)));
    const before = largest();
    const baseMax = Math.floor(before / 20) as Lots;

    day.submit({ kind: "set-market-rules", market: code, changes: { baseMax } });
    day.run(60);

    expect(largest()).toBe(baseMax);
    expect(witness.refusals).toEqual([]);
  });

  it("start over on a recovered exchange: no old orders, no second money, the price of before", () => {
    const markets = onlyTron;
    const before = new VirtualDay(optionsWith({ markets }));
    const seen = new Witness(before);
    before.run(300);
    // The price of before is about to be above what a stranger asks.
    enrich(before);
    before.submit(limit("sell", Math.round(seen.lastTicks * 1.1), 700_000));
    const { exchange } = before;
    const deposited = exchange.totals("USDT")?.deposited;
    const lastTicks = Math.round(seen.lastTicks * 1.2);
    const recovered: RecoveredMarket = {
      rules: tronRules(),
      halted: false,
      lastTicks,
      levels: [...seen.resting("buy"), ...seen.resting("sell")],
    };

    const restart = { startUs: before.nowUs, markets, recovered: [recovered] };
    const after = new VirtualDay(optionsWith(restart), exchange);
    const witness = new Witness(after);
    expect(exchange.snapshot().markets[0]?.orders).toHaveLength(1);
    after.run(300);

    expect(exchange.totals("USDT")?.deposited).toBe(deposited);
    expect(witness.refusals).toEqual([]);
    expect(witness.trades.length).toBeGreaterThan(100);
    expect(Math.abs(witness.lastTicks / lastTicks - 1)).toBeLessThan(0.02);
    exchange.checkInvariants();
  });
});

describe("a stranger among the participants", () => {
  function meet() {
    const day = new VirtualDay(optionsWith({ markets: onlyTron }));
    const witness = new Witness(day);
    enrich(day);
    day.run(60);
    return { day, witness };
  }

  it("moves the price by selling much, and it comes back when they stop", () => {
    const { day, witness } = meet();
    const before = witness.best("buy");
    const sell: Command = {
      kind: "place-market",
      user: stranger,
      market: code,
      side: "sell",
      size: { quantity: 300_000 as Lots },
    };
    for (let count = 0; count < 60; count += 1) {
      day.submit(sell);
      day.run(1);
    }
    const during = witness.best("buy");
    day.run(600);

    expect(during / before).toBeLessThan(0.995);
    expect(during / before).toBeGreaterThan(0.9);
    expect(witness.best("buy") / before).toBeGreaterThan(0.99);
    expect(witness.refusals).toEqual([]);
  });

  it.each(["buy", "sell"] as const)("is soon taken up on an absurdly good %s", (side) => {
    const { day, witness } = meet();
    const sign = side === "buy" ? 1 : -1;
    const price = witness.best(side) + sign * 500;
    day.submit(limit(side, price, 8_000_000));
    expect(witness.best(side)).toBe(price);
    day.run(240);

    expect(witness.trades.some(({ makerUser }) => makerUser === stranger)).toBe(true);
    expect(sign * (witness.best(side) - price)).toBeLessThan(0);
    expect(witness.refusals).toEqual([]);
  });
});
