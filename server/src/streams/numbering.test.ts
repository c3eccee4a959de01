import { describe, expect, it } from "vitest";
import { isAfter } from "../marketdata/position.ts";
import type { Topic } from "../marketdata/topic.ts";
import { Numbering } from "./numbering.ts";

const trades: Topic = { kind: "trades", market: "BTC_USDT" };
const prices: Topic = { kind: "last-price", market: "BTC_USDT" };
const command = (sequence: number) => ({ sequence, tick: 0 });

describe("the messages of a stream", () => {
  it("have the sequence of their cause, and an ordinal where it has several in the stream", () => {
    const numbering = new Numbering({ epoch: "e", sequence: 6 });
    const messages = [7, 7, 9].map((sequence) => numbering.number(trades, command(sequence), "x"));

    expect(messages.map(({ position }) => position)).toEqual([
      { sequence: 7, tick: 0, ordinal: 0 },
      { sequence: 7, tick: 0, ordinal: 1 },
      { sequence: 9, tick: 0, ordinal: 0 },
    ]);
    expect(numbering.head(trades)).toEqual({ epoch: "e", position: messages[2]?.position });
  });

  it("name the one before them in their own stream, and the first one where the numbering began", () => {
    const numbering = new Numbering({ epoch: "e", sequence: 6 });
    const first = numbering.number(trades, command(7), "x");
    numbering.number(prices, { sequence: 7, tick: 3 }, "y");
    const second = numbering.number(trades, command(8), "x");

    expect(first.previous).toEqual({ sequence: 6, tick: 0, ordinal: 0 });
    expect(second.previous).toEqual(first.position);
  });

  it("come after what a command did when a tick that follows it caused them", () => {
    const numbering = new Numbering({ epoch: "e", sequence: 0 });
    const [before, ticked, after] = [
      numbering.number(prices, command(5), "x"),
      numbering.number(prices, { sequence: 5, tick: 17 }, "x"),
      numbering.number(prices, command(6), "x"),
    ].map(({ position }) => position);

    expect(isAfter(ticked!, before!)).toBe(true);
    expect(isAfter(after!, ticked!)).toBe(true);
  });

  it("name what was passed over for want of an audience, so that who was there before notices", () => {
    const numbering = new Numbering({ epoch: "e", sequence: 0 });
    const seen = numbering.number(prices, command(1), "x");
    numbering.pass(prices, command(2));
    const next = numbering.number(prices, command(3), "x");

    expect(isAfter(next.previous, seen.position)).toBe(true);
  });

  it("name a position no earlier than the forgotten one, when there are too many streams", () => {
    const numbering = new Numbering({ epoch: "e", sequence: 0, streamsMax: 1 });
    const forgotten = numbering.number(trades, command(4), "x");
    numbering.number(prices, command(5), "x");
    const next = numbering.number(trades, command(6), "x");

    expect(isAfter(forgotten.position, next.previous)).toBe(false);
  });
});
