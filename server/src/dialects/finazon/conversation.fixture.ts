/**
 * A client's conversation with a session, and the rules that every conversation keeps whatever is
 * said in it. Tests talk through this, so each of them checks the rules at every step.
 */
import { expect } from "vitest";
import type { Grant, Limits } from "../../access/grant.ts";
import { assert } from "../../core/assert.ts";
import { Catalog } from "../../marketdata/catalog.ts";
import { type Topic, topicKey } from "../../marketdata/topic.ts";
import type { Encoding, SessionEffect, SessionInput } from "../../ports/dialect.ts";
import { createFinazonSession } from "./session.ts";

/** Datasets of the tests: one like the reference's, and others whose publisher has another code. */
export function exampleCatalog(): Catalog {
  const catalog = new Catalog();
  const shelves = [
    {
      code: "huobi",
      name: "Huobi",
      publisher: "huobi",
      tickers: ["BTC/USDT", "AI/USDT", "ETH/USDT"],
    },
    { code: "forex", name: "Forex", publisher: "finazon", tickers: ["AUD/CAD", "EUR/USD"] },
    {
      code: "us_stocks_essential",
      name: "US Equities Basic",
      publisher: "finazon",
      tickers: ["AAPL", "TSLA"],
    },
  ];
  for (const { tickers, ...dataset } of shelves) {
    catalog.addDataset(dataset);
    for (const ticker of tickers) catalog.ensureInstrument(dataset.code, ticker);
  }
  return catalog;
}

/** What a grant allows when a test says nothing. */
const generous: Limits = { messagesPerMinuteMax: 100, messageBytesMax: 102_400 };

/** A grant as access gives it. */
export function exampleGrant(limits: Limits = {}): Grant {
  const all = { ...generous, ...limits };
  return {
    workspace: "desk",
    keyId: "0a1b2c3d",
    limits: all,
    mayUse: (code) => all.datasets?.includes(code) ?? true,
  };
}

/** How a conversation differs from the usual one. */
export interface ConversationOptions {
  readonly catalog?: Catalog;
  readonly limits?: Limits;
  readonly eventInReplies?: boolean;
}

/** One connection, seen from the client. */
export class Conversation {
  /** Time of the next input, in milliseconds. */
  nowMs = 1_700_000_000_000;
  /** How the connection was closed; undefined while it is open. */
  closed: { readonly code: number; readonly reason: string } | undefined;
  releases = 0;
  readonly session: ReturnType<typeof createFinazonSession>;
  readonly #active = new Map<string, { topic: Topic; encoding: Encoding }>();

  constructor({ catalog, limits, eventInReplies = true }: ConversationOptions = {}) {
    this.session = createFinazonSession({
      catalog: catalog ?? exampleCatalog(),
      admission: {
        grant: exampleGrant(limits),
        release: () => {
          this.releases += 1;
        },
      },
      eventInReplies,
      started: () => {},
      ended: () => {},
    });
  }

  /** Streams that the effects so far have left running, as `dataset ticker periodS encoding`. */
  get active(): readonly string[] {
    return Array.from(this.#active.values(), ({ topic, encoding }) => {
      if (topic.kind !== "bars") throw new Error("this dialect serves bars only");
      const { dataset, ticker } = topic;
      return `${dataset} ${ticker} ${topic.periodS} ${encoding.name}`;
    });
  }

  /** The running streams with their encodings. */
  get streams(): readonly { readonly topic: Topic; readonly encoding: Encoding }[] {
    return [...this.#active.values()];
  }

  /** Sends one message, an object as compact JSON; gives the texts that come back. */
  send(message: string | object): readonly string[] {
    const text = typeof message === "string" ? message : JSON.stringify(message);
    return this.input({ kind: "text", text, byteLength: text.length });
  }

  /** Sends one message and gives what comes back as values. */
  ask(message: string | object): readonly Record<string, unknown>[] {
    return this.send(message).map((text) => JSON.parse(text));
  }

  input(input: SessionInput): readonly string[] {
    const wasClosed = this.closed !== undefined;
    const effects = this.session.receive(input, this.nowMs);
    if (wasClosed) expect(effects).toEqual([]);
    return this.#carryOut(effects);
  }

  /** Ends the connection; nothing is done for it from then on. */
  end(): void {
    this.session.ended();
    expect(this.session.receive({ kind: "ping" }, this.nowMs)).toEqual([]);
  }

  #carryOut(effects: readonly SessionEffect[]): readonly string[] {
    const texts: string[] = [];
    for (const effect of effects) {
      assert(this.closed === undefined, "nothing follows a close");
      switch (effect.kind) {
        case "send":
          expectControlReply(effect.text);
          texts.push(effect.text);
          break;
        case "close":
          this.closed = { code: effect.code, reason: effect.reason };
          break;
        case "subscribe":
          expect(this.#active.has(topicKey(effect.topic)), "a stream starts once").toBe(false);
          this.#active.set(topicKey(effect.topic), effect);
          break;
        case "unsubscribe":
          expect(this.#active.get(topicKey(effect.topic))?.encoding).toBe(effect.encoding);
          this.#active.delete(topicKey(effect.topic));
          break;
      }
    }
    return texts;
  }
}

/** Live clients take any object with `s` or `o` for a bar (docs/protocols/finazon). */
function expectControlReply(text: string): void {
  const reply = JSON.parse(text);
  const isReply = reply.status === "success" || reply.status === "error";
  assert(isReply && !("s" in reply) && !("o" in reply), `${text} is a reply of a session`);
  assert(text === text.trim(), `${text} is compact JSON`);
}
