import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyCharacter } from "../../../../test/support/any-character.ts";
import { rounds } from "../../../../test/support/rounds.ts";
import { Conversation, type ConversationOptions, exampleUser } from "./conversation.fixture.ts";
import { decodeMessage } from "./decode.ts";
import { channels, queryMethods } from "./messages.ts";

const methods = [
  ...queryMethods,
  ...channels.flatMap((channel) => [`${channel}_subscribe`, `${channel}_unsubscribe`]),
];
const stranger = "00000000-0000-4000-8000-000000000000";

const valid = [
  '{"id":0,"method":"depth_subscribe","params":["BTC_USDT:0","BTC_USDT:1","ETH_USDT:1"]}',
  '{"id":12345678901234567890,"method":"balance_subscribe","params":["all"]}',
  '{"id":"7","method":"order_unsubscribe","params":[]}',
  '{"id":1.0,"method":"candles_request","params":["BTC_USDT",0,1750953000,60]}',
  '{"id":0,"method":"ping","params":[]}',
];

/** A valid message with pieces cut out, doubled or replaced. */
const mutated = fc
  .tuple(
    fc.constantFrom(...valid),
    fc.array(
      fc.record({
        at: fc.nat(100),
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

const param = fc.oneof(
  fc.constantFrom("BTC_USDT", "ETH_USDT", "BTC", "USDT", "all", "all:0", "BTC_USDT:5", "0.1"),
  fc.constantFrom("BTC_USDT:", ":", ":0", "all:", "all:9", "__proto__", "constructor", "\ud800"),
  fc.constantFrom(stranger, `BTC_USDT|${stranger}`, `USDT|${stranger}`),
  fc.constantFrom<unknown>(60, 86_400, 0, -1, 1e21, 1.5, 1_750_953_000, null, true),
  fc.jsonValue({ maxDepth: 2 }),
);

/** Requests that are nearly right, with other values among the good ones. */
const nearRequest = fc
  .record(
    {
      id: fc.oneof(fc.integer(), fc.string(), fc.jsonValue({ maxDepth: 1 })),
      method: fc.oneof(
        { weight: 9, arbitrary: fc.constantFrom(...methods) },
        { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 1 }) },
      ),
      params: fc.oneof(
        { weight: 9, arbitrary: fc.array(param, { maxLength: 5 }) },
        { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
      ),
      user: fc.constant(stranger),
      ["__proto__"]: fc.constant({ id: 1, method: "ping", user: stranger }),
    },
    { requiredKeys: [] },
  )
  .map((request) => JSON.stringify(request));

const anyText = fc.oneof(
  fc.string({ unit: anyCharacter }),
  fc.uint16Array({ maxLength: 60 }).map((units) => String.fromCharCode(...units)),
  fc.json(),
  mutated,
  nearRequest,
);

describe("decoding", () => {
  it("gives a message for any text, and never throws", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const message = decodeMessage(text);

        if (message.kind === "invalid-json") {
          expect(() => JSON.parse(text)).toThrow();
          return;
        }
        const { idText } = message.tag;
        expect(idText === "0" || text.includes(idText)).toBe(true);
        if (message.kind !== "fault") expect(methods).toContain(message.tag.method);
      }),
      { numRuns: rounds(1_000, 5_000) },
    );
  });

  it.each([
    ["arrays", "[", "]"],
    ["objects", '{"a":', "}"],
    ["arrays in params", '{"id":1,"method":"ping","params":[', "]}"],
    ["objects in an id", '{"method":"ping","id":{"id":', "}}"],
  ])("survives deeply nested %s, closed or not", (_name, open, close) => {
    for (const depth of [1_000, 20_000, 100_000]) {
      expect(decodeMessage(open.repeat(depth)).kind).toBe("invalid-json");
      const closed = `${open.repeat(depth)}1${close.repeat(depth)}`;
      expect(["fault", "query"]).toContain(decodeMessage(closed).kind);
    }
  });

  it("survives deep nesting in the parameters of every method", () => {
    const client = new Conversation();
    for (const method of methods) {
      for (const depth of [100, 1_000, 5_000, 30_000]) {
        const param = `${"[".repeat(depth)}${"]".repeat(depth)}`;
        expect(client.send(`{"id":1,"method":"${method}","params":[${param}]}`)).toHaveLength(1);
      }
    }
  });

  it("survives numbers of any length", () => {
    const client = new Conversation();
    const digits = "9".repeat(10_000);

    for (const text of [
      `{"id":${digits},"method":"ping"}`,
      `{"id":1e-${digits},"method":"ping"}`,
      `{"id":1,"method":"candles_request","params":["BTC_USDT",0,${digits},60]}`,
    ]) {
      const [reply = ""] = client.send(text);
      expect(JSON.parse(reply).error.code).toBeGreaterThan(0);
      expect(reply.length).toBeLessThan(300);
    }
  });
});

describe("a session", () => {
  const limits = { requestsPerMinuteMax: "off", subscriptionsMax: 10, paramsMax: 4 } as const;

  it.each<[string, ConversationOptions]>([
    ["a user", { options: limits }],
    ["nobody", { identity: null, options: limits }],
    ["a user who replaces lists", { options: { ...limits, resubscribe: "replace" } }],
  ])("of %s answers once, and tells nothing of other users", (_name, setup) => {
    fc.assert(
      fc.property(fc.array(anyText, { maxLength: 20 }), (texts) => {
        // The conversation itself checks replies, their order, and whose topics start.
        const client = new Conversation(setup);
        for (const text of texts) {
          const wasOpen = client.closed === undefined;
          const sent = client.send(text);

          const answers = sent.filter((_, index) => index === 0 || !namesUnknown(sent[index]));
          expect(answers).toHaveLength(wasOpen && client.closed === undefined ? 1 : 0);
          expect(client.active.length).toBeLessThanOrEqual(limits.subscriptionsMax);
          expect(client.active.filter((key) => key.includes(stranger))).toEqual([]);
          if (setup.identity !== null) continue;
          expect(client.active.filter((key) => key.includes(exampleUser.userId))).toEqual([]);
        }
        client.end();
      }),
      { numRuns: rounds(100, 400) },
    );
  });
});

/** Whether a message is the one behind a success that says what was left out (D-C17). */
function namesUnknown(text = ""): boolean {
  return text.includes('"error":{"code":2,"message":"Unknown ');
}
