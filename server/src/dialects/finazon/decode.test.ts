import { describe, expect, it } from "vitest";
import { type DecodedRequest, decodeRequest, requestIdLengthMax } from "./decode.ts";
import { streamErrorMessage } from "./errors.ts";

const complete = {
  event: "subscribe",
  dataset: "huobi",
  tickers: ["BTC/USDT"],
  channel: "bars",
  frequency: "1s",
  aggregation: "1m",
};

function decode(changes: object): DecodedRequest {
  return decodeRequest(JSON.stringify({ ...complete, ...changes }));
}

/** What the client is told about a message; undefined when it is a request. */
function complaint(request: DecodedRequest): string | undefined {
  return request.kind === "fault" ? streamErrorMessage(request.error) : undefined;
}

describe("a complete request", () => {
  it("is read into our own words", () => {
    expect(decode({ request_id: 106 })).toEqual({
      kind: "subscribe",
      tag: { event: "subscribe", requestId: "106" },
      generation: "current",
      dataset: "huobi",
      tickers: ["BTC/USDT"],
      stream: { channel: "bars", frequency: "1s", aggregation: "1m" },
    });
  });

  it("may have spaces around its values, as the reference's own sample has", () => {
    const spaced = decode({
      dataset: " huobi",
      tickers: ["BTC/USDT ", "\tAI/USDT"],
      channel: "bars ",
      frequency: " 10s ",
      aggregation: " 1m",
    });

    expect(spaced).toMatchObject({
      dataset: "huobi",
      tickers: ["BTC/USDT", "AI/USDT"],
      stream: { channel: "bars", frequency: "10s", aggregation: "1m" },
    });
  });

  it("is of the first generation when it says publisher and not dataset", () => {
    const { dataset: _, ...rest } = complete;
    const first = decodeRequest(JSON.stringify({ ...rest, publisher: "huobi" }));

    expect(first).toMatchObject({ generation: "first", dataset: "huobi" });
    expect(decode({ publisher: "kucoin" })).toMatchObject({
      generation: "current",
      dataset: "huobi",
    });
  });

  it("takes the last of two equal keys", () => {
    const twice = '{"event":"reset","event":"heartbeat","request_id":1,"request_id":2.0}';

    expect(decodeRequest(twice)).toEqual({
      kind: "heartbeat",
      tag: { event: "heartbeat", requestId: "2.0" },
    });
  });
});

describe("request_id", () => {
  it.each([
    "106",
    "0",
    "-0",
    "-1.50",
    "1e3",
    "1E+3",
    "1.50",
    "12345678901234567890",
    "1e999",
    '"106"',
    '""',
    '"a \\" b"',
    '"caf\\u00e9"',
    '"\\ud800"',
    '"日本"',
    `"${"x".repeat(requestIdLengthMax)}"`,
    `"${"😀".repeat(requestIdLengthMax)}"`,
    `"${String.raw`\u0061`.repeat(requestIdLengthMax)}"`,
    "1".repeat(requestIdLengthMax),
  ])("%s comes back as it was written", (text) => {
    expect(decodeRequest(`{ "request_id" : ${text} , "event": "heartbeat" }`)).toEqual({
      kind: "heartbeat",
      tag: { event: "heartbeat", requestId: text },
    });
  });

  it("null counts as absent", () => {
    const request = decodeRequest('{"event":"heartbeat","request_id":null}');
    expect(request).toEqual({
      kind: "heartbeat",
      tag: { event: "heartbeat", requestId: undefined },
    });
  });

  it.each([
    "true",
    "false",
    "{}",
    "[]",
    "[1]",
    '{"request_id":1}',
    `"${"x".repeat(requestIdLengthMax + 1)}"`,
    "1".repeat(requestIdLengthMax + 1),
  ])("%s is refused and not repeated", (text) => {
    const request = decodeRequest(`{"event":"heartbeat","request_id":${text}}`);

    expect(request.tag).toEqual({ event: "heartbeat", requestId: undefined });
    expect(complaint(request)).toBe(
      "The request_id parameter is missing or invalid. Use a string or a number of at most 1024 characters.",
    );
  });

  it("comes back whatever else the message holds", () => {
    const deep = `${"[".repeat(40_000)}${"]".repeat(40_000)}`;

    expect(decodeRequest(`{"event":"heartbeat","request_id":1,"x":${deep}}`)).toMatchObject({
      tag: { requestId: "1" },
    });
  });

  it("is that of the message itself, not one that lies deeper", () => {
    const nested = '{"x":{"request_id":1},"event":"heartbeat","y":[{"request_id":2}]}';

    expect(decodeRequest(nested)).toMatchObject({ tag: { requestId: undefined } });
    for (const both of [
      `{"request_id":7,${nested.slice(1)}`,
      `${nested.slice(0, -1)},"request_id":7}`,
    ]) {
      expect(decodeRequest(both)).toMatchObject({ tag: { requestId: "7" } });
    }
  });
});

describe("a message that is no request", () => {
  const json = "The message is not valid JSON.";
  const object = "The message is not a JSON object.";
  it.each([
    ["", json],
    ["{", json],
    ['{"event":"heartbeat"} x', json],
    ["\u0000", json],
    ["{'event':'heartbeat'}", json],
    ["[".repeat(50_000), json],
    [`${"[".repeat(50_000)}${"]".repeat(50_000)}`, object],
    ["[]", object],
    ['[{"event":"heartbeat"}]', object],
    ["null", object],
    ["1e400", object],
    ['"heartbeat"', object],
  ])("%j is told so", (text, sentence) => {
    const request = decodeRequest(text);

    expect(request.tag).toEqual({ event: undefined, requestId: undefined });
    expect(complaint(request)).toContain(sentence);
  });

  it.each([
    "{}",
    '{"event":null}',
    '{"event":1}',
    '{"event":"Subscribe"}',
    '{"event":"constructor"}',
    '{"event":["subscribe"]}',
    '{"__proto__":{"event":"heartbeat"}}',
    '{"constructor":{"prototype":{"event":"heartbeat"}}}',
  ])("%s is told the four events", (text) => {
    expect(complaint(decodeRequest(text))).toBe(
      "The event parameter is missing or invalid. Use one of subscribe, unsubscribe, heartbeat, reset.",
    );
    expect(({} as Record<string, unknown>)["event"]).toBeUndefined();
  });
});

describe("a field that cannot be used", () => {
  const code = "Use the code of a dataset, for example huobi.";
  const array = 'Use an array of tickers, for example ["BTC/USDT"].';
  it.each([
    ["dataset", undefined, code],
    ["dataset", null, code],
    ["dataset", 7, code],
    ["dataset", "  ", code],
    ["tickers", undefined, array],
    ["tickers", "BTC/USDT", array],
    ["tickers", {}, array],
    ["tickers", [], array],
    ["tickers", ["BTC/USDT", 7], `Item 1 is not a ticker. ${array}`],
    ["tickers", [null], `Item 0 is not a ticker. ${array}`],
    ["tickers", ["BTC/USDT", "AI/USDT", " "], `Item 2 is not a ticker. ${array}`],
    ["tickers", [["BTC/USDT"]], `Item 0 is not a ticker. ${array}`],
    ["channel", undefined, "Use bars."],
    ["channel", "trades", "Use bars."],
    ["channel", ["bars"], "Use bars."],
    ["frequency", undefined, "Use one of 1s, 10s, 1m."],
    ["frequency", "5s", "Use one of 1s, 10s, 1m."],
    ["frequency", "1S", "Use one of 1s, 10s, 1m."],
    ["frequency", 1, "Use one of 1s, 10s, 1m."],
    ["aggregation", undefined, "Use 1m."],
    ["aggregation", "5m", "Use 1m."],
  ])("%s = %j is named together with what is right", (field, value, remedy) => {
    for (const event of ["subscribe", "unsubscribe"] as const) {
      const request = decode({ event, [field]: value, request_id: 5 });

      expect(complaint(request)).toBe(`The ${field} parameter is missing or invalid. ${remedy}`);
      expect(request.tag).toEqual({ event, requestId: "5" });
    }
  });

  it("is the publisher in a request of the first generation", () => {
    expect(complaint(decode({ dataset: undefined, publisher: 7 }))).toBe(
      "The publisher parameter is missing or invalid. Use the code of a publisher, for example huobi.",
    );
  });

  it("does not matter to a heartbeat or a reset", () => {
    expect(decode({ event: "heartbeat", tickers: 7 }).kind).toBe("heartbeat");
    expect(decode({ event: "reset", frequency: "never" }).kind).toBe("reset");
  });
});
