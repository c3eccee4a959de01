/**
 * The Finazon stream over real sockets, against a server for each way to listen: what live clients rely on (docs/protocols/finazon), each limit, and each kind of bad input.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runHere } from "../support/command-here.ts";
import { listeners } from "../support/listeners.ts";
import { addKey } from "../support/operator.ts";
import {
  frame,
  opcodes,
  openRawSocket,
  type RawSocket,
  upgradeRequest,
} from "../support/raw-socket.ts";
import { type ServerInside, startServerInside } from "../support/server-here.ts";
import { openStream, refusedUpgrade, type StreamClient } from "../support/stream-client.ts";

interface RestBody {
  readonly data: readonly unknown[];
  readonly error?: unknown;
}

// Side by side, each with a workspace of its own: bars come once a second.
describe.each(listeners)("over $name", { concurrent: true }, (listener) => {
  let server: ServerInside;
  const open: (StreamClient | RawSocket)[] = [];

  beforeAll(async () => {
    const yaml = "limits: {messagesPerMinuteMax: 20}\nexchange: {participants: {enabled: false}}";
    server = await startServerInside({ yaml, listener });
  });
  afterAll(async () => {
    await Promise.all(open.map((client) => client.close()));
    await server.stop();
  });

  const createKey = (workspace: string) => addKey(server.data, workspace);

  let workspaces = 0;

  /** A connection of a workspace of its own, so that limits of one test do not meet those of another. */
  async function connectWith(key?: string): Promise<StreamClient> {
    workspaces += 1;
    const good = key ?? createKey(`test-${workspaces}`).key;
    const client = await openStream(`${server.ws}/v1?apikey=${good}`);
    open.push(client);
    return client;
  }

  const subscribe = (tickers: readonly string[], more: object = {}) => ({
    event: "subscribe",
    dataset: "huobi",
    tickers,
    channel: "bars",
    frequency: "1s",
    aggregation: "1m",
    ...more,
  });

  describe("a subscription", () => {
    it("is answered as documented, then bars follow as long as there is news", async () => {
      const client = await connectWith();
      expect(await client.ask(subscribe(["BTC/USDT", "AI/USDT"], { request_id: 106 }))).toBe(
        '{"event":"subscribe","status":"success","code":"SUCCESS_SUBSCRIPTION","data":["BTC/USDT","AI/USDT"],"request_id":106}',
      );
      const isBtc = (text: string) => text.includes('"s":"BTC/USDT"');
      const first = await client.until(({ text }) => isBtc(text));
      const second = await client.until(
        ({ text }) => isBtc(text),
        client.received.indexOf(first) + 1,
      );

      for (const bar of [first, second]) {
        expect(Object.keys(bar.json)).toEqual([
          "d",
          "p",
          "ch",
          "f",
          "aggr",
          "s",
          "t",
          "o",
          "h",
          "l",
          "c",
          "v",
        ]);
        expect(bar.json).toMatchObject({ d: "huobi", p: "huobi", ch: "bars", f: "1s", aggr: "1m" });
        expect(Number(bar.json["t"]) % 60).toBe(0);
        expect(bar.text).not.toMatch(/\de[-+]?\d/);
      }
    });

    it("of the oldest generation names a publisher, gets its echo and candles without d", async () => {
      const client = await connectWith();
      const { dataset, ...old } = subscribe(["BTC/USDT"]);
      const reply = JSON.parse(await client.ask({ ...old, publisher: dataset, request_id: "x" }));
      expect(reply.data).toMatchObject({
        event: "subscribe",
        publisher: "huobi",
        tickers: ["BTC/USDT"],
      });
      const bar = await client.until(({ json }) => "o" in json);
      expect(Object.keys(bar.json)[0]).toBe("p");
    });

    it("ends with unsubscribe or reset; the connection stays", async () => {
      const client = await connectWith();
      await client.ask(subscribe(["BTC/USDT", "ETH/USDT"]));
      const gone = await client.ask({
        ...subscribe(["BTC/USDT"]),
        event: "unsubscribe",
        request_id: 107,
      });
      expect(gone).toBe(
        '{"event":"unsubscribe","status":"success","code":"SUCCESS_UNSUBSCRIPTION","data":["BTC/USDT"],"request_id":107}',
      );
      const from = client.received.length;
      await client.until(({ json }) => json["s"] === "ETH/USDT", from);
      expect(client.received.slice(from).some(({ json }) => json["s"] === "BTC/USDT")).toBe(false);

      expect(await client.ask({ event: "reset", request_id: 109 })).toBe(
        '{"event":"reset","status":"success","request_id":109}',
      );
      client.send({ event: "reset" });
      const beat = await client.ask({ event: "heartbeat", request_id: 108 });
      expect(beat).toBe('{"event":"heartbeat","status":"success","request_id":108}');
    });
  });

  describe("request_id", () => {
    it.each(['"a"', "108", "1.50", "1e3", "12345678901234567890", '"é"'])(
      "%s comes back as it was sent",
      async (id) => {
        const client = await connectWith();
        const reply = await client.ask(`{"event":"heartbeat","request_id":${id}}`);
        expect(reply).toBe(`{"event":"heartbeat","status":"success","request_id":${id}}`);
      },
    );
  });

  describe("bad input is answered, changes nothing and keeps the connection", () => {
    it.each([
      ["wrong JSON", "{", "INVALID_PARAMETER"],
      ["JSON that is no object", "[1]", "INVALID_PARAMETER"],
      ["an unknown event", { event: "subscrib" }, "INVALID_PARAMETER"],
      ["a missing field", { event: "subscribe", dataset: "huobi" }, "INVALID_PARAMETER"],
      ["a mistyped field", subscribe(["BTC/USDT"], { tickers: "BTC/USDT" }), "INVALID_PARAMETER"],
      ["a bad dataset", subscribe(["BTC/USDT"], { dataset: "nowhere" }), "INVALID_PARAMETER"],
      ["a bad channel", subscribe(["BTC/USDT"], { channel: "trades" }), "INVALID_PARAMETER"],
      ["a bad frequency", subscribe(["BTC/USDT"], { frequency: "2s" }), "INVALID_PARAMETER"],
      ["a bad aggregation", subscribe(["BTC/USDT"], { aggregation: "5m" }), "INVALID_PARAMETER"],
      ["a bad ticker", subscribe(["BGMS"]), "INVALID_TICKER"],
      [
        "an unsubscription of nothing",
        { ...subscribe(["BTC/USDT"]), event: "unsubscribe" },
        "NOT_SUBSCRIBED",
      ],
    ])("%s", async (_what, message, code) => {
      const client = await connectWith();
      const reply = JSON.parse(await client.ask(message));
      expect(reply).toMatchObject({ status: "error", code });
      expect(reply.message.length).toBeGreaterThan(10);
      expect(await client.ask({ event: "heartbeat" })).toContain("success");
    });

    it("a binary frame", async () => {
      const client = await connectWith();
      client.socket.send(Buffer.from([1, 2, 3]));
      const { json } = await client.until(() => true);
      expect(json).toMatchObject({ status: "error", code: "INVALID_PARAMETER" });
    });

    it("partly good lists: one error per bad ticker in the recorded words, then what was taken", async () => {
      const client = await connectWith();
      client.send(subscribe(["BTC/USDT", "BGMS", "ETH/USDT"], { request_id: 1 }));
      const success = await client.until(({ json }) => json["status"] === "success");
      expect(success.json["data"]).toEqual(["BTC/USDT", "ETH/USDT"]);
      expect(client.received[0]?.json["message"]).toBe(
        "The ticker BGMS you have specified is unrecognized or unsupported.",
      );
      const again = JSON.parse(await client.ask(subscribe(["BTC/USDT", "ETH/USDT"])));
      expect(again.message).toBe("You are already subscribed to ticker: BTC/USDT, ETH/USDT.");
    });
  });

  describe("limits", () => {
    it("the message after the last one allowed in a minute is refused; the connection and its bars go on", async () => {
      const client = await connectWith();
      await client.ask(subscribe(["BTC/USDT"]));
      for (let sent = 1; sent < 20; sent += 1) {
        expect(await client.ask({ event: "heartbeat" })).toContain("success");
      }
      expect(JSON.parse(await client.ask({ event: "heartbeat" }))).toMatchObject({
        status: "error",
        code: "API_RATE_LIMIT_EXCEEDED",
      });
      await client.until(({ json }) => "o" in json, client.received.length);
    });

    it("a message of 102,400 bytes is read, one byte more closes with 1009", async () => {
      const client = await connectWith();
      const padded = (bytes: number) => {
        const text = '{"event":"heartbeat","padding":""}';
        return text.replace('""', `"${"x".repeat(bytes - text.length)}"`);
      };
      expect(await client.ask(padded(102_400))).toContain("success");
      client.send(padded(102_401));
      expect((await client.closed)[0]).toBe(1009);
    });

    it("a fourth connection of a workspace is refused with 429, also with another key, until one closes", async () => {
      const [one, other] = [createKey("crowded"), createKey("crowded")];
      const clients = await Promise.all([one.key, one.key, other.key].map(connectWith));
      const refused = await refusedUpgrade(`${server.ws}/v1?apikey=${other.key}`);
      expect(refused.status).toBe(429);
      expect(JSON.parse(refused.body)).toMatchObject({ status: "error", error: { status: 429 } });
      await clients[0]?.close();
      await connectWith(other.key);
    });
  });

  describe("keys", () => {
    it.each([
      ["a missing key", "/v1"],
      ["an empty key", "/v1?apikey="],
      ["a wrong key", `/v1?apikey=${"0".repeat(34)}`],
      ["a key of silly length", `/v1?apikey=${"x".repeat(5_000)}`],
    ])("%s is refused with 401 and the words that clients look for", async (_what, target) => {
      const { status, body } = await refusedUpgrade(server.ws + target);
      expect(status).toBe(401);
      expect(JSON.parse(body)).toMatchObject({
        status: "error",
        error: { status: 401, code: "INVALID_API_KEY" },
      });
      expect(JSON.parse(body).error.message).toContain("API key");
    });

    it("a key that is revoked while connected ends its connections and no others", async () => {
      const [doomed, safe] = [createKey("shared-desk"), createKey("shared-desk")];
      const [leaving, staying] = [await connectWith(doomed.key), await connectWith(safe.key)];
      await leaving.ask(subscribe(["BTC/USDT"]));
      const revoked = await runHere(["keys", "revoke", doomed.id, "--data", server.data]);
      expect(revoked).toMatchObject({ code: 0, stderr: "" });
      expect(await leaving.closed).toEqual([1008, "The API key was revoked."]);
      expect(await staying.ask({ event: "heartbeat" })).toContain("success");
      expect((await refusedUpgrade(`${server.ws}/v1?apikey=${doomed.key}`)).status).toBe(401);
    });
  });

  describe("protocol pings", () => {
    it("are answered with the identical payload", async () => {
      const client = await connectWith();
      const payload = Buffer.from("exact payload \u0000\u00ff", "latin1");
      const pong = new Promise((resolve) => client.socket.once("pong", resolve));
      client.socket.ping(payload);
      expect(await pong).toEqual(payload);
    });
  });

  describe("frames", () => {
    const beat = (id: number) => `{"event":"heartbeat","request_id":${id}}`;
    const answer = (id: number) => `{"event":"heartbeat","status":"success","request_id":${id}}`;

    async function connectRaw(): Promise<RawSocket> {
      const socket = await openRawSocket(server);
      open.push(socket);
      return socket;
    }

    it("in one piece of TCP with the upgrade are all answered, in order and unmasked", async () => {
      const { key } = createKey("pipelined");
      const socket = await connectRaw();
      const requests = [1, 2, 3].map((id) => frame({ payload: beat(id) }));
      await socket.write(upgradeRequest(`/v1?apikey=${key}`), ...requests);
      expect((await socket.answer()).status).toBe(101);
      for (const id of [1, 2, 3]) {
        const { isMasked, payload } = await socket.frame();
        expect([isMasked, payload.toString()]).toEqual([false, answer(id)]);
      }
    });

    it("may come byte by byte, in fragments, and with pings between them", async () => {
      const { key } = createKey("fragmented");
      const socket = await connectRaw();
      await socket.write(upgradeRequest(`/v1?apikey=${key}`));
      expect((await socket.answer()).status).toBe(101);
      const bytes = Buffer.concat([
        frame({ payload: beat(7).slice(0, 5), isFinal: false }),
        frame({ opcode: opcodes.ping, payload: "between" }),
        frame({ opcode: opcodes.more, payload: "", isFinal: false }),
        frame({ opcode: opcodes.more, payload: beat(7).slice(5) }),
      ]);
      for (const byte of bytes) await socket.write(Buffer.from([byte]));
      const { opcode, payload } = await socket.frame();
      expect([opcode, payload.toString()]).toEqual([opcodes.pong, "between"]);
      expect(await socket.text()).toBe(answer(7));
    });
  });

  describe("REST companions", () => {
    const get = async (path: string, headers: Record<string, string> = {}) => {
      const response = await fetch(server.http + path, { headers });
      return { status: response.status, body: (await response.json()) as RestBody };
    };

    it("list datasets, publishers and tickers, in both path styles", async () => {
      const key = server.demoKey;
      const auth = { authorization: `apikey ${key}` };
      expect((await get(`/latest/datasets?apikey=${key}`)).body.data).toContainEqual({
        code: "huobi",
        name: "Huobi (simulated)",
      });
      expect((await get("/v1/publishers", auth)).body.data).toContainEqual({
        code: "huobi",
        name: "Huobi (simulated)",
      });
      const universal = await get("/latest/tickers/crypto?dataset=huobi&page=0&page_size=2", auth);
      expect(universal.body).toEqual({
        data: [
          { publisher: "huobi", ticker: "BTC/USDT" },
          { publisher: "huobi", ticker: expect.any(String) },
        ],
        meta: { pagination: { page: 0, per_page: 2 } },
      });
      expect(
        (await get("/latest/huobi/huobi/tickers", auth)).body.data.length,
      ).toBeGreaterThanOrEqual(8);
    });

    it("answer what is wrong in the documented form", async () => {
      const error = async (path: string) => (await get(path)).body.error;
      expect(await error("/latest/datasets")).toMatchObject({
        status: 401,
        code: "INVALID_API_KEY",
      });
      const key = `apikey=${server.demoKey}`;
      expect(await error(`/latest/nothing?${key}`)).toMatchObject({
        status: 404,
        code: "ENDPOINT_NOT_FOUND",
      });
      expect(await error(`/latest/tickers/crypto?page_size=0&${key}`)).toMatchObject({
        status: 400,
        code: "INVALID_PARAMETER",
      });
    });
  });

  // After all others.
  describe("keys", { concurrent: false }, () => {
    it("never appear in what the server writes", () => {
      expect(server.log.length).toBeGreaterThan(0);
      expect(JSON.stringify(server.log)).not.toMatch(/[0-9a-f]{32}[0-9a-z]{2}/);
    });
  });
});
