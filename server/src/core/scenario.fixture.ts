/**
 * The language of the rule book: commands and events as short lines of text, on an exchange whose
 * market BTC_USDT has a tick of 1 USDT and a lot of 1 BTC. Orders are numbered by their line.
 */
import { describe, expect, it } from "vitest";
import type { SelfTradePrevention } from "./book/book.ts";
import type { Command, OrderReference, TimeInForce } from "./commands.ts";
import type { ExchangeEvent } from "./events.ts";
import { Exchange, type ExchangeOptions } from "./exchange.ts";
import type { FeeSchedule } from "./market/fees.ts";
import type { MarketRules, Side } from "./market/rules.ts";
import { type Atoms, atoms, formatAtoms, parseAtoms } from "./num/money.ts";
import { type Lots, lots, type Ticks } from "./num/units.ts";
import { type ExchangeLimits, rulesVersion, standardParameters } from "./parameters.ts";

/** Limits and fees of a test's exchange; what is left out is standard. */
export interface TestExchangeOptions extends ExchangeOptions {
  readonly fees?: FeeSchedule;
  readonly limits?: Partial<ExchangeLimits>;
}

/** An exchange at the start of its log that has other limits and fees. */
export function exchangeWith(options: TestExchangeOptions): Exchange {
  const { fees, limits, ...rest } = options;
  const begun = new Exchange();
  begun.apply({
    sequence: 1,
    timeUs: 0,
    command: {
      kind: "genesis",
      rulesVersion,
      fees: fees ?? standardParameters.fees,
      limits: { ...standardParameters.limits, ...limits },
    },
  });
  const exchange = new Exchange(rest);
  exchange.restore({ ...begun.snapshot(), sequence: 0 });
  return exchange;
}

/** Trading for nothing. */
export const noFees: FeeSchedule = {
  referenceCurrency: "USDT",
  steps: [{ fromTurnover: atoms(0n), makerPpm: 0, takerPpm: 0 }],
};

/** 1 % for makers, 2 % for takers. */
export const plainFees: FeeSchedule = {
  referenceCurrency: "USDT",
  steps: [{ fromTurnover: atoms(0n), makerPpm: 10_000, takerPpm: 20_000 }],
};

/** Rules with steps of 1. */
export function rulesOf(
  base: string,
  quote: string,
  changes: Partial<MarketRules> = {},
): MarketRules {
  return {
    code: `${base}_${quote}`,
    base,
    quote,
    tickSize: { coefficient: 1, scale: 0 },
    lotSize: { coefficient: 1, scale: 0 },
    baseMin: lots(1),
    baseMax: lots(1_000_000),
    quoteMin: money("1"),
    quoteMax: money("1000000000"),
    marketOrderBandPpm: 500_000,
    ...changes,
  };
}

/** An amount that the test knows to be good. */
export function money(text: string): Atoms {
  const amount = parseAtoms(text);
  if (amount === undefined) throw new Error(`not an amount: ${text}`);
  return amount;
}

/** Which events a scenario looks at. */
export type Topic = "orders" | "trades" | "balances" | "levels";

/** An exchange that is spoken to in lines of text. */
export class Scenario {
  readonly exchange: Exchange;
  timeUs = 1_700_000_000_000_000;
  #setup = 0;

  /** Every user starts with 1000 USDT and 100 BTC. */
  constructor(options: TestExchangeOptions & { rules?: Partial<MarketRules> } = {}) {
    const { rules, ...rest } = options;
    this.exchange = exchangeWith({ fees: noFees, limits: { openOrdersMax: 64 }, ...rest });
    this.apply({ kind: "add-market", rules: rulesOf("BTC", "USDT", rules) });
    for (const user of ["ann", "bob", "cid"]) {
      this.say(`${user} deposit 1000 USDT start-usdt`);
      this.say(`${user} deposit 100 BTC start-btc`);
    }
    this.#setup = this.exchange.sequence;
  }

  /** Applies a command and checks everything that must always hold. */
  apply(command: Command): readonly ExchangeEvent[] {
    this.timeUs += 1;
    const { timeUs } = this;
    const sequence = this.exchange.sequence + 1;
    const events = this.exchange.apply({ sequence, timeUs, command });
    this.exchange.checkInvariants();
    return events;
  }

  /** Says one line, for example `ann buy 2@10`, `bob cancel #1`, `ann sell 3 market`. */
  say(line: string): readonly ExchangeEvent[] {
    return this.apply(this.#parse(line));
  }

  /** Says all lines and tells the events of the last one that belong to the topics. */
  tell(lines: readonly string[], ...topics: readonly Topic[]): string[] {
    const events = lines.map((line) => this.say(line)).at(-1) ?? [];
    return events.flatMap((event) => this.#describe(event, topics));
  }

  /** `available+held` of a user in whole units. */
  wallet(user: string): Record<string, string> {
    const { currencies, users } = this.exchange.snapshot();
    const balances = users.find(({ name }) => name === user)?.balances ?? [];
    return Object.fromEntries(
      balances.map(([currency, available, held]) => [
        currencies[currency]?.code ?? "?",
        `${formatAtoms(BigInt(available) as Atoms)}+${formatAtoms(BigInt(held) as Atoms)}`,
      ]),
    );
  }

  #parse(line: string): Command {
    const [user = "", verb = "", ...words] = line.split(" ");
    const market = words.find((word) => word.includes("_")) ?? "BTC_USDT";
    switch (verb) {
      case "buy":
      case "sell":
        return this.#parseOrder(user, verb, { words, market });
      case "cancel":
        if (words[0] !== "all") return { kind: "cancel-order", user, order: this.#order(words[0]) };
        return { kind: "cancel-all", user, ...(words[1] === undefined ? {} : { market }) };
      case "replace": {
        const { price, quantity, extras } = parseTerms(words.slice(1));
        const timeInForce = words.includes("post-only") ? "post-only" : "gtc";
        const order = this.#order(words[0]);
        return { kind: "replace-order", user, order, price, quantity, timeInForce, ...extras };
      }
      case "reduce":
        return {
          kind: "reduce-order",
          user,
          order: this.#order(words[0]),
          by: Number(words[1]) as Lots,
        };
      case "deposit":
      case "withdraw": {
        const [amount = "", currency = "", key = ""] = words;
        return { kind: verb, user, currency, amount: money(amount), key };
      }
      case "prefers":
        return {
          kind: "set-self-trade-prevention",
          user,
          mode: words[0] as SelfTradePrevention,
        };
      case "halts":
        return { kind: "halt-market", market };
      case "resumes":
        return { kind: "resume-market", market };
      default:
        throw new Error(`no such verb: ${line}`);
    }
  }

  #parseOrder(
    user: string,
    side: Side,
    { words, market }: { words: readonly string[]; market: string },
  ): Command {
    if (words.includes("market")) {
      const [size = ""] = words;
      const clientId = parseTerms(words).extras.clientId;
      return {
        kind: "place-market",
        user,
        market,
        side,
        size: size.startsWith("$")
          ? { value: money(size.slice(1)) }
          : { quantity: Number(size) as Lots },
        ...(clientId === undefined ? {} : { clientId }),
      };
    }
    const { price, quantity, extras } = parseTerms(words);
    const named = ["ioc", "fok", "post-only"].find((word) => words.includes(word)) ?? "gtc";
    const timeInForce = named as TimeInForce;
    return { kind: "place-limit", user, market, side, price, quantity, timeInForce, ...extras };
  }

  #order(word = ""): OrderReference {
    if (!word.startsWith("#")) return { clientId: word.replace("id=", "") };
    return { id: Number(word.slice(1)) + this.#setup };
  }

  #describe(event: ExchangeEvent, topics: readonly Topic[]): string[] {
    switch (event.kind) {
      case "refused":
        return [`refused: ${event.reason}`];
      case "order-opened":
      case "order-updated":
      case "order-closed": {
        const { id, user, filled } = event.order;
        const reason = "reason" in event ? ` ${event.reason}` : "";
        const what = event.kind.replace("order-", "");
        const text = `${user} #${id - this.#setup} ${what}${reason}, filled ${filled}`;
        return topics.includes("orders") ? [text] : [];
      }
      case "traded": {
        const { takerUser, aggressor, makerUser, quantity, price } = event;
        const verb = aggressor === "buy" ? "buys" : "sells";
        const partner = aggressor === "buy" ? `from ${makerUser}` : `to ${makerUser}`;
        const text = `${takerUser} ${verb} ${quantity}@${price} ${partner}`;
        return topics.includes("trades") ? [text] : [];
      }
      case "balance-changed": {
        const before = `${formatAtoms(event.oldAvailable)}+${formatAtoms(event.oldHeld)}`;
        const after = `${formatAtoms(event.newAvailable)}+${formatAtoms(event.newHeld)}`;
        const text = `${event.user} ${event.currency} ${event.reason} ${before} → ${after}`;
        return topics.includes("balances") ? [text] : [];
      }
      case "level-changed":
        return topics.includes("levels") ? [`${event.side} ${event.price}: ${event.quantity}`] : [];
      default:
        return [event.kind];
    }
  }
}

function parseTerms(words: readonly string[]) {
  const [quantity, price] = words.find((word) => word.includes("@"))?.split("@") ?? [];
  const stopPrice = optionIn(words, "stop=");
  const clientId = optionIn(words, "id=");
  return {
    price: Number(price) as Ticks,
    quantity: Number(quantity) as Lots,
    extras: {
      ...(stopPrice === undefined ? {} : { stopPrice: Number(stopPrice) as Ticks }),
      ...(clientId === undefined ? {} : { clientId }),
    },
  };
}

function optionIn(words: readonly string[], prefix: string): string | undefined {
  return words.find((word) => word.startsWith(prefix))?.slice(prefix.length);
}

/** A rule, what is said, and what is told of the last line. */
export type Rule = readonly [rule: string, lines: readonly string[], told: readonly string[]];

/** Runs a table of rules, each on an exchange of its own. */
export function describeRules(
  title: string,
  topics: readonly Topic[],
  rows: readonly Rule[],
): void {
  describe(title, () => {
    it.each(rows)("%s", (_, lines, told) => {
      expect(new Scenario().tell(lines, ...topics)).toEqual(told);
    });
  });
}
