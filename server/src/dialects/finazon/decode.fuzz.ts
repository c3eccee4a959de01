import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyCharacter } from "../../../../test/support/any-character.ts";
import { rounds } from "../../../../test/support/rounds.ts";
import { Conversation } from "./conversation.fixture.ts";
import { decodeRequest } from "./decode.ts";

const valid = [
  '{"event":"subscribe","dataset":"huobi","tickers":["BTC/USDT","AI/USDT"],"channel":"bars","frequency":"1s","aggregation":"1m","request_id":106}',
  '{"event":"unsubscribe","publisher":"huobi","tickers":["BTC/USDT"],"channel":"bars","frequency":"10s","aggregation":" 1m","request_id":"107"}',
  '{"event":"heartbeat","request_id":1.50}',
  '{"event":"reset"}',
];

/** A valid message with pieces cut out, doubled or replaced. */
const mutated = fc
  .tuple(
    fc.constantFrom(...valid),
    fc.array(
      fc.record({
        at: fc.nat(150),
        length: fc.nat(12),
        piece: fc.oneof(
          fc.string({ maxLength: 4 }),
          fc.constantFrom("[", "{", "}", '"', "\\", "\\ud800", "\u0000", "1e999", ",", ":null"),
        ),
      }),
      { maxLength: 4 },
    ),
  )
  .map(([text, edits]) =>
    edits.reduce(
      (edited, { at, length, piece }) =>
        `${edited.slice(0, at)}${piece}${edited.slice(at + length)}`,
      text,
    ),
  );

/** Any value under the names that are looked at, with values that are nearly right among them. */
const nearValue = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom("subscribe", "unsubscribe", "reset", "heartbeat"),
  fc.constantFrom("huobi", "forex", "bars", "1s", "10s", "1m", " 1m"),
  fc.array(fc.constantFrom("BTC/USDT", "AI/USDT", "EUR/USD", "", " ", "x", 7, null)),
);
const nearMessage = fc
  .dictionary(
    fc.constantFrom(
      "event",
      "dataset",
      "publisher",
      "tickers",
      "channel",
      "frequency",
      "aggregation",
      "request_id",
      "__proto__",
      "constructor",
      "toString",
    ),
    nearValue,
    { noNullPrototype: false },
  )
  .map((message) => JSON.stringify(message));

const anyText = fc.oneof(
  fc.string({ unit: anyCharacter }),
  fc.uint16Array({ maxLength: 60 }).map((units) => String.fromCharCode(...units)),
  fc.json(),
  mutated,
  nearMessage,
);

describe("decoding", () => {
  it("gives a request or a fault for any text, and never throws", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const request = decodeRequest(text);

        expect(["subscribe", "unsubscribe", "heartbeat", "reset", "fault"]).toContain(request.kind);
        const { requestId } = request.tag;
        if (requestId !== undefined) expect(text).toContain(requestId);
      }),
      { numRuns: rounds(1_000, 5_000) },
    );
  });

  it.each([
    ["arrays", "[", "]"],
    ["objects", '{"a":', "}"],
    ["arrays in a field", '{"event":[', "]}"],
  ])("survives deeply nested %s, closed or not", (_name, open, close) => {
    for (const depth of [1_000, 20_000, 100_000]) {
      for (const text of [open.repeat(depth), `${open.repeat(depth)}1${close.repeat(depth)}`]) {
        expect(decodeRequest(text).kind).toBe("fault");
      }
    }
  });
});

describe("a session", () => {
  it("answers every fault with one error object and leaves its streams as they are", () => {
    fc.assert(
      fc.property(fc.array(anyText, { maxLength: 20 }), (texts) => {
        const client = new Conversation({ limits: { messagesPerMinuteMax: undefined } });
        client.send(valid[0] ?? "");

        for (const text of texts) {
          const before = client.active;
          const replies = client.ask(text);
          if (decodeRequest(text).kind !== "fault") continue;
          expect(replies).toMatchObject([{ status: "error" }]);
          expect(client.active).toEqual(before);
        }
        expect(client.closed).toBeUndefined();
        client.end();
      }),
      { numRuns: rounds(150, 500) },
    );
  });
});
