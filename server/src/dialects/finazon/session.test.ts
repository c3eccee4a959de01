import { describe, expect, it } from "vitest";
import { floodFactor } from "../../access/message-rate.ts";
import { Conversation, type ConversationOptions, exampleCatalog } from "./conversation.fixture.ts";
import { closings } from "./errors.ts";
import { messageBytesMaxDefault } from "./session.ts";
import { badTickerRepliesMax } from "./subscriber.ts";

const stream = { dataset: "huobi", channel: "bars", frequency: "1s", aggregation: "1m" };

function subscribe(tickers: readonly unknown[], changes: object = {}) {
  return { event: "subscribe", ...stream, tickers, ...changes };
}

function unsubscribe(tickers: readonly unknown[], changes: object = {}) {
  return { event: "unsubscribe", ...stream, tickers, ...changes };
}

/** A conversation in which BTC/USDT at 1s is running. */
function running(options: ConversationOptions = {}): Conversation {
  const client = new Conversation(options);
  client.send(subscribe(["BTC/USDT"]));
  return client;
}

describe("subscribing", () => {
  it("starts each ticker and says so", () => {
    const client = new Conversation();

    expect(client.send(subscribe(["BTC/USDT", "AI/USDT"], { request_id: 106 }))).toEqual([
      '{"event":"subscribe","status":"success","code":"SUCCESS_SUBSCRIPTION","data":["BTC/USDT","AI/USDT"],"request_id":106}',
    ]);
    expect(client.active).toEqual(["huobi BTC/USDT 1 finazon", "huobi AI/USDT 1 finazon"]);
  });

  it("leaves event out of success replies when that is switched off, and never out of errors", () => {
    const client = new Conversation({ eventInReplies: false });

    expect(client.send(subscribe(["BTC/USDT"]))).toEqual([
      '{"status":"success","code":"SUCCESS_SUBSCRIPTION","data":["BTC/USDT"]}',
    ]);
    expect(client.ask(subscribe(["BTC/USDT"]))).toMatchObject([{ event: "subscribe" }]);
    expect(client.send({ event: "heartbeat" })).toEqual([
      '{"event":"heartbeat","status":"success"}',
    ]);
  });

  it("refuses each bad ticker by itself and starts the others", () => {
    const client = new Conversation();

    expect(client.send(subscribe(["BGMS", "BTC/USDT", "NOPE"], { request_id: "a" }))).toEqual([
      '{"event":"subscribe","status":"error","code":"INVALID_TICKER","message":"The ticker BGMS you have specified is unrecognized or unsupported.","request_id":"a"}',
      '{"event":"subscribe","status":"error","code":"INVALID_TICKER","message":"The ticker NOPE you have specified is unrecognized or unsupported.","request_id":"a"}',
      '{"event":"subscribe","status":"success","code":"SUCCESS_SUBSCRIPTION","data":["BTC/USDT"],"request_id":"a"}',
    ]);
    expect(client.active).toEqual(["huobi BTC/USDT 1 finazon"]);
  });

  it("reports no success when nothing became active", () => {
    const client = new Conversation();

    expect(client.ask(subscribe(["BGMS"]))).toMatchObject([{ code: "INVALID_TICKER" }]);
    expect(client.active).toEqual([]);
  });

  it("names all tickers that are active already in one error and starts the new ones", () => {
    const client = new Conversation();
    client.send(subscribe(["BTC/USDT", "AI/USDT"]));

    const replies = client.ask(subscribe(["BTC/USDT", "ETH/USDT", "AI/USDT"]));

    expect(replies).toMatchObject([
      {
        code: "ALREADY_SUBSCRIBED",
        message: "You are already subscribed to ticker: BTC/USDT, AI/USDT.",
      },
      { status: "success", data: ["ETH/USDT"] },
    ]);
    expect(client.active).toHaveLength(3);
  });

  it("takes a ticker that is repeated within one request as one, also when only spaces differ", () => {
    const client = new Conversation();

    expect(client.ask(subscribe(["BTC/USDT", " BTC/USDT ", "BTC/USDT"]))).toMatchObject([
      { status: "success", data: ["BTC/USDT"] },
    ]);
  });

  it("takes another frequency or dataset as another subscription", () => {
    const client = running();

    expect(client.ask(subscribe(["BTC/USDT"], { frequency: "10s" }))).toMatchObject([
      { status: "success" },
    ]);
    expect(client.ask(subscribe(["EUR/USD"], { dataset: "forex", frequency: "1m" }))).toMatchObject(
      [{ status: "success" }],
    );
    expect(client.active).toEqual([
      "huobi BTC/USDT 1 finazon",
      "huobi BTC/USDT 10 finazon",
      "forex EUR/USD 60 finazon",
    ]);
  });

  it("replies before the stream starts, and after it has stopped", () => {
    const { session } = new Conversation();
    const receive = (message: object) => {
      const text = JSON.stringify(message);
      return session.receive({ kind: "text", text, byteLength: text.length }, 0);
    };

    const started = receive(subscribe(["BTC/USDT"]));
    const stopped = receive(unsubscribe(["BTC/USDT"]));

    expect(started.map((effect) => effect.kind)).toEqual(["send", "subscribe"]);
    expect(stopped.map((effect) => effect.kind)).toEqual(["unsubscribe", "send"]);
  });

  it("answers a request of the first generation with its echo, in streams without d", () => {
    const client = new Conversation();
    const { dataset: publisher, ...words } = stream;

    const [reply] = client.send({ event: "subscribe", publisher, ...words, tickers: ["BTC/USDT"] });

    expect(reply).toBe(
      '{"event":"subscribe","status":"success","code":"SUCCESS_SUBSCRIPTION","data":{"event":"subscribe","publisher":"huobi","mic":"","market":"","channel":"bars","frequency":"1s","aggregation":"1m","tickers":["BTC/USDT"]}}',
    );
    expect(client.active).toEqual(["huobi BTC/USDT 1 finazon-first"]);
  });

  it("has one stream for both generations, which either may stop", () => {
    const client = running();
    const { dataset: publisher, ...words } = stream;
    const old = { publisher, ...words, tickers: ["BTC/USDT"] };

    expect(client.ask({ event: "subscribe", ...old })).toMatchObject([
      { code: "ALREADY_SUBSCRIBED" },
    ]);
    expect(client.ask({ event: "unsubscribe", ...old })).toMatchObject([{ status: "success" }]);
    expect(client.active).toEqual([]);
  });
});

describe("a dataset that cannot be used", () => {
  it("is named together with those that can, when it does not exist", () => {
    const client = new Conversation({ limits: { datasets: ["huobi", "forex"] } });

    expect(client.ask(subscribe(["BTC/USDT"], { dataset: "nope" }))).toMatchObject([
      {
        event: "subscribe",
        code: "INVALID_PARAMETER",
        message:
          "The dataset parameter is missing or invalid. There is no dataset nope here. Use one of huobi, forex.",
      },
    ]);
  });

  it("is refused when the key's workspace may not use it", () => {
    const client = new Conversation({ limits: { datasets: ["huobi"] } });

    expect(client.ask(subscribe(["EUR/USD"], { dataset: "forex" }))).toMatchObject([
      {
        code: "UNAUTHORIZED_ACCESS",
        message: "Your API key does not include the dataset forex.",
      },
    ]);
    expect(client.active).toEqual([]);
  });
});

describe("unsubscribing", () => {
  it("stops what is active and refuses the rest", () => {
    const client = running();

    const replies = client.ask(unsubscribe(["AI/USDT", "BTC/USDT", "ETH/USDT", "BGMS"]));

    expect(replies).toMatchObject([
      { code: "INVALID_TICKER", event: "unsubscribe" },
      { code: "NOT_SUBSCRIBED", message: "You are not subscribed to ticker: AI/USDT, ETH/USDT." },
      { status: "success", code: "SUCCESS_UNSUBSCRIPTION", data: ["BTC/USDT"] },
    ]);
    expect(client.active).toEqual([]);
  });

  it("wants the frequency of the subscription", () => {
    const client = running();

    expect(client.ask(unsubscribe(["BTC/USDT"], { frequency: "10s" }))).toMatchObject([
      { code: "NOT_SUBSCRIBED" },
    ]);
    expect(client.active).toEqual(["huobi BTC/USDT 1 finazon"]);
  });

  it("wants all five fields", () => {
    const client = running();

    for (const field of ["dataset", "tickers", "channel", "frequency", "aggregation"]) {
      const replies = client.ask(unsubscribe(["BTC/USDT"], { [field]: undefined }));

      expect(replies).toMatchObject([{ status: "error", code: "INVALID_PARAMETER" }]);
      expect(replies[0]?.["message"]).toContain(`The ${field} parameter is missing or invalid.`);
    }
    expect(client.active).toHaveLength(1);
  });

  it("lets a ticker be subscribed again", () => {
    const client = running();
    client.send(unsubscribe(["BTC/USDT"]));

    expect(client.ask(subscribe(["BTC/USDT"]))).toMatchObject([{ status: "success" }]);
  });
});

describe("heartbeat and reset", () => {
  it("a heartbeat is answered, with the id where there is one", () => {
    const client = new Conversation();

    expect(client.send({ event: "heartbeat", request_id: 108 })).toEqual([
      '{"event":"heartbeat","status":"success","request_id":108}',
    ]);
    expect(client.send({ event: "heartbeat" })).toEqual([
      '{"event":"heartbeat","status":"success"}',
    ]);
  });

  it("a reset stops everything, and is answered only when it carries an id", () => {
    const client = new Conversation();
    client.send(subscribe(["BTC/USDT", "AI/USDT"]));

    expect(client.send({ event: "reset" })).toEqual([]);
    expect(client.active).toEqual([]);
    client.send(subscribe(["BTC/USDT"]));
    expect(client.send({ event: "reset", request_id: 109 })).toEqual([
      '{"event":"reset","status":"success","request_id":109}',
    ]);
    expect(client.active).toEqual([]);
  });
});

describe("a message that cannot be read", () => {
  it("is answered with an error, and the connection and its streams stay", () => {
    const client = running();

    for (const text of ["", "nonsense", "[1]", "null", '"subscribe"', "[".repeat(100_000)]) {
      expect(client.ask(text)).toMatchObject([{ status: "error", code: "INVALID_PARAMETER" }]);
    }
    expect(client.input({ kind: "binary", byteLength: 3 })).toEqual([
      '{"status":"error","code":"INVALID_PARAMETER","message":"The message is a binary frame. Send a text frame with one JSON object, for example {\\"event\\":\\"heartbeat\\"}."}',
    ]);
    expect(client.closed).toBeUndefined();
    expect(client.active).toHaveLength(1);
  });

  it("has its request_id in the error when that can be read", () => {
    const client = new Conversation();

    expect(client.send('{"event":"fly","request_id":1.50}')).toEqual([
      '{"status":"error","code":"INVALID_PARAMETER","message":"The event parameter is missing or invalid. Use one of subscribe, unsubscribe, heartbeat, reset.","request_id":1.50}',
    ]);
  });
});

describe("the message limit", () => {
  it("refuses what is over it, changes nothing and goes on in the next minute", () => {
    const client = new Conversation({ limits: { messagesPerMinuteMax: 2 } });
    client.send(subscribe(["BTC/USDT"]));
    client.send("not even JSON counts less");

    expect(client.send({ event: "reset", request_id: 7 })).toEqual([
      '{"event":"reset","status":"error","code":"API_RATE_LIMIT_EXCEEDED","message":"You have exceeded the allowed number of 2 messages within the minute. Please wait and try again later.","request_id":7}',
    ]);
    expect(client.input({ kind: "binary", byteLength: 1 })).toHaveLength(1);
    expect(client.active).toHaveLength(1);

    client.nowMs += 60_000;
    expect(client.send({ event: "reset", request_id: 8 })).toEqual([
      '{"event":"reset","status":"success","request_id":8}',
    ]);
  });

  it("counts heartbeats like everything else", () => {
    const client = new Conversation();

    const replies = Array.from({ length: 101 }, () => client.ask({ event: "heartbeat" })[0]);

    expect(replies[99]).toMatchObject({ status: "success" });
    expect(replies[100]).toMatchObject({ code: "API_RATE_LIMIT_EXCEEDED" });
  });

  it("closes the connection of a client that goes on far beyond it", () => {
    const client = new Conversation({ limits: { messagesPerMinuteMax: 2 } });

    for (let sent = 0; sent < 2 * floodFactor; sent += 1) client.send({ event: "heartbeat" });
    expect(client.closed).toBeUndefined();
    expect(client.send({ event: "heartbeat" })).toEqual([]);
    expect(client.closed).toEqual(closings.flood);
    expect(client.send({ event: "heartbeat" })).toEqual([]);
  });

  it("does not exist where the workspace has none", () => {
    const client = new Conversation({ limits: { messagesPerMinuteMax: undefined } });

    for (let sent = 0; sent < 5_000; sent += 1) {
      expect(client.send({ event: "heartbeat" })[0]).toContain("success");
    }
  });
});

describe("the ticker limit", () => {
  it("starts the tickers that fit, in the client's order, and names those left out", () => {
    const client = new Conversation({ limits: { tickersMax: 2 } });

    const replies = client.ask(subscribe(["ETH/USDT", "BTC/USDT", "AI/USDT"]));

    expect(replies).toMatchObject([
      {
        code: "UNAUTHORIZED_ACCESS",
        message: "One connection may subscribe to at most 2 tickers. Left out: AI/USDT.",
      },
      { status: "success", data: ["ETH/USDT", "BTC/USDT"] },
    ]);
  });

  it("counts tickers, not frequencies, and gives places back", () => {
    const client = new Conversation({ limits: { tickersMax: 1 } });
    client.send(subscribe(["BTC/USDT"]));

    expect(client.ask(subscribe(["BTC/USDT"], { frequency: "1m" }))).toMatchObject([
      { status: "success" },
    ]);
    client.send(unsubscribe(["BTC/USDT"]));
    expect(client.ask(subscribe(["AI/USDT"]))).toMatchObject([{ status: "error" }]);
    client.send(unsubscribe(["BTC/USDT"], { frequency: "1m" }));
    expect(client.ask(subscribe(["AI/USDT"]))).toMatchObject([{ status: "success" }]);
  });
});

describe("a list of garbage", () => {
  it("is answered with a bounded number of short errors", () => {
    const client = new Conversation();
    const garbage = Array.from({ length: 10_000 }, (_, index) => `${"x".repeat(70)}${index}`);

    const replies = client.ask(subscribe([...garbage, "BTC/USDT"]));

    expect(replies).toHaveLength(badTickerRepliesMax + 2);
    expect(replies[0]?.["message"]).toBe(
      `The ticker ${"x".repeat(64)}… you have specified is unrecognized or unsupported.`,
    );
    expect(replies.at(-2)).toMatchObject({
      code: "INVALID_TICKER",
      message: "9900 more of the requested tickers are unrecognized or unsupported.",
    });
    expect(replies.at(-1)).toMatchObject({ status: "success", data: ["BTC/USDT"] });
  });
});

describe("the end of a connection", () => {
  it("comes with an error and a reason when the key is revoked", () => {
    const client = running();

    expect(client.input({ kind: "revoked" })).toEqual([
      '{"status":"error","code":"INVALID_API_KEY","message":"The provided API key is invalid or has expired. Please check your API key and try again"}',
    ]);
    expect(client.closed).toEqual({ code: 1008, reason: "The API key was revoked." });
    expect(client.send({ event: "heartbeat" })).toEqual([]);
  });

  it("comes with a reason when a newer connection takes its place", () => {
    const client = running();

    expect(client.input({ kind: "evicted" })).toEqual([]);
    expect(client.closed).toEqual(closings.evicted);
    expect(client.input({ kind: "revoked" })).toEqual([]);
  });

  it("gives back the workspace's connection", () => {
    const client = running();

    client.session.ended();

    expect(client.releases).toBe(1);
    expect(client.send({ event: "heartbeat" })).toEqual([]);
  });

  it("has one code, and reasons that fit into a close frame", () => {
    for (const { code, reason } of Object.values(closings)) {
      expect(code).toBe(1008);
      expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(123);
    }
  });
});

describe("a session", () => {
  it("tells whose it is without a secret, and how large a message may be", () => {
    expect(new Conversation().session.owner).toBe("desk/0a1b2c3d");
    const { session } = new Conversation({ limits: { messageBytesMax: 2_048 } });
    expect(session.messageBytesMax).toBe(2_048);
    const unlimited = new Conversation({ limits: { messageBytesMax: undefined } });
    expect(unlimited.session.messageBytesMax).toBe(messageBytesMaxDefault);
  });

  it("serves a ticker that appears while it is open", () => {
    const catalog = exampleCatalog();
    const client = new Conversation({ catalog });
    expect(client.ask(subscribe(["NEW/USDT"]))).toMatchObject([{ code: "INVALID_TICKER" }]);

    catalog.ensureInstrument("huobi", "NEW/USDT");

    expect(client.ask(subscribe(["NEW/USDT"]))).toMatchObject([{ status: "success" }]);
  });
});

describe("a dataset that gets no more data", () => {
  const over =
    '"status":"error","code":"DATA_UNAVAILABLE","message":"The recording of dataset huobi is over. No more bars follow."';

  it("is told once to whoever subscribes to it, and to nobody else", () => {
    const catalog = exampleCatalog();
    const [on, off] = [running({ catalog }), new Conversation({ catalog })];
    off.send(subscribe(["AUD/CAD"], { dataset: "forex" }));
    catalog.end("huobi", "finished");

    const ended = { kind: "dataset-ended", dataset: "huobi" } as const;
    expect(on.input(ended)).toEqual([`{${over}}`]);
    expect(off.input(ended)).toEqual([]);
    expect(on.active).toEqual(["huobi BTC/USDT 1 finazon"]);
  });

  it("is told to whoever subscribes later, ahead of the success and with the request's id", () => {
    const catalog = exampleCatalog();
    catalog.end("huobi", "finished");
    catalog.end("forex", "failed");
    const client = new Conversation({ catalog });

    expect(client.send(subscribe(["BTC/USDT", "AI/USDT"], { request_id: 1 }))).toEqual([
      `{"event":"subscribe",${over},"request_id":1}`,
      '{"event":"subscribe","status":"success","code":"SUCCESS_SUBSCRIPTION","data":["BTC/USDT","AI/USDT"],"request_id":1}',
    ]);
    expect(client.ask(subscribe(["AUD/CAD"], { dataset: "forex" }))[0]).toMatchObject({
      code: "DATA_UNAVAILABLE",
      message: "The feed of dataset forex has failed. No more bars follow.",
    });
    expect(client.ask(subscribe(["BTC/USDT"]))).toMatchObject([{ code: "ALREADY_SUBSCRIBED" }]);
  });
});
