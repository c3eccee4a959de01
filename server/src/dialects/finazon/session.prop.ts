import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { floodFactor } from "../../access/message-rate.ts";
import { Conversation } from "./conversation.fixture.ts";

const tickers: Readonly<Record<string, readonly string[]>> = {
  huobi: ["BTC/USDT", "AI/USDT", "ETH/USDT"],
  forex: ["AUD/CAD", "EUR/USD"],
  us_stocks_essential: ["AAPL", "TSLA"],
};
const periods: Readonly<Record<string, number>> = { "1s": 1, "10s": 10, "1m": 60 };

const subscription = fc.record({
  event: fc.constantFrom("subscribe", "unsubscribe"),
  dataset: fc.constantFrom(...Object.keys(tickers), "nope"),
  isFirstGeneration: fc.boolean(),
  tickers: fc.array(fc.constantFrom(...Object.values(tickers).flat(), "BGMS"), { minLength: 1 }),
  frequency: fc.constantFrom(...Object.keys(periods)),
});
const step = fc.oneof(
  { weight: 8, arbitrary: subscription },
  { weight: 1, arbitrary: fc.constant({ event: "reset" } as const) },
  { weight: 1, arbitrary: fc.constant({ event: "heartbeat" } as const) },
);

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** What a plain reading of the rules says is running: `dataset ticker period`, oldest first. */
class Model {
  readonly running = new Set<string>();
  readonly #tickersMax: number;

  constructor(tickersMax: number) {
    this.#tickersMax = tickersMax;
  }

  apply(message: Step): void {
    if (message.event === "reset") this.running.clear();
    if (!("dataset" in message)) return;
    const { event, dataset, tickers: wanted, frequency } = message;
    for (const ticker of wanted) {
      if (!tickers[dataset]?.includes(ticker)) continue;
      const stream = `${dataset} ${ticker} ${periods[frequency]}`;
      if (event === "unsubscribe") this.running.delete(stream);
      else if (this.#fits(`${dataset} ${ticker}`)) this.running.add(stream);
    }
  }

  #fits(instrument: string): boolean {
    const running = Array.from(this.running, (stream) => stream.split(" ").slice(0, 2).join(" "));
    return new Set([...running, instrument]).size <= this.#tickersMax;
  }
}

/** The message of a step. */
function wireOf(message: Step): object {
  if (!("dataset" in message)) return message;
  const { dataset, isFirstGeneration, ...rest } = message;
  const selector = isFirstGeneration ? { publisher: dataset } : { dataset };
  return { ...rest, ...selector, channel: "bars", aggregation: "1m" };
}

describe("any conversation", () => {
  it("runs exactly the streams that the rules say, within the limit, and ends with none", () => {
    const tickersMax = fc.integer({ min: 0, max: 7 });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), tickersMax, (steps, max) => {
        const limits = { tickersMax: max, messagesPerMinuteMax: undefined };
        const client = new Conversation({ limits });
        const model = new Model(max);

        for (const message of steps) {
          client.send(wireOf(message));
          model.apply(message);
          expect(client.active.map(withoutEncoding)).toEqual([...model.running]);
        }
        client.end();
      }),
      { numRuns: 500 },
    );
  });

  it("has every message of a minute up to the limit answered, and those beyond it refused", () => {
    const messagesMax = fc.integer({ min: 1, max: 5 });
    const pausesMs = fc.array(fc.nat({ max: 30_000 }), { maxLength: 40 });
    fc.assert(
      fc.property(messagesMax, pausesMs, (max, pauses) => {
        const client = new Conversation({ limits: { messagesPerMinuteMax: max } });
        const sentMs: number[] = [];

        const statuses = pauses.map((pauseMs) => {
          client.nowMs += pauseMs;
          sentMs.push(client.nowMs);
          return client.ask({ event: "heartbeat" })[0]?.["status"] ?? "closed";
        });

        expect(statuses).toEqual(expectedStatuses(sentMs, max));
      }),
    );
  });
});

/** What becomes of messages at these times, by the documented rule of fixed windows. */
function expectedStatuses(sentMs: readonly number[], max: number): readonly string[] {
  const places: number[] = [];
  let windowStartMs = Number.NEGATIVE_INFINITY;
  for (const atMs of sentMs) {
    const isNewWindow = atMs >= windowStartMs + 60_000;
    if (isNewWindow) windowStartMs = atMs;
    places.push(isNewWindow ? 1 : (places.at(-1) ?? 0) + 1);
  }
  const floodAt = places.findIndex((place) => place > max * floodFactor);
  return places.map((place, index) => {
    if (floodAt >= 0 && index >= floodAt) return "closed";
    return place <= max ? "success" : "error";
  });
}

/** `dataset ticker period` of what a conversation says is active. */
function withoutEncoding(stream: string): string {
  return stream.split(" ").slice(0, 3).join(" ");
}
