/**
 * The Cryptomus stream over real sockets, against servers for each way to listen: the rules of the
 * reference (docs/protocols/cryptomus) and the decisions that a client can observe, with careful,
 * careless and hostile clients. Private channels are in `cryptomus-private-ws.test.ts`.
 */
import { once } from "node:events";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { runHere } from "../support/command-here.ts";
import {
  askStream,
  CryptomusClient,
  type CryptomusUser,
  subscribeTo,
  updatesOf,
} from "../support/cryptomus-client.ts";
import { listeners } from "../support/listeners.ts";
import { addFundedUsers, addMarket } from "../support/operator.ts";
import {
  frame,
  opcodes,
  openRawSocket,
  openRawStream,
  type RawSocket,
  upgradeRequest,
} from "../support/raw-socket.ts";
import { startServerInside } from "../support/server-here.ts";
import { StandingClock } from "../support/stepped-clock.ts";
import { openStream, refusedUpgrade, type StreamClient } from "../support/stream-client.ts";

type Inside = Awaited<ReturnType<typeof startServerInside>>;

/** An exchange that has only what these tests bring. */
const bare = "exchange: {participants: {enabled: false}}\ndatasets: []\ndemo: {users: false}";
const btc = { code: "BTC_USDT", tick: "0.01", lot: "0.00001" };
const marketsUsage = 'Invalid params: use ["BTC_USDT", "ETH_USDT"], names of markets, or ["all"]';
const trx = { code: "TRX_USDT", tick: "0.0001", lot: "0.1" };

/** Tests that look at the same server. */
const oneByOne = { concurrent: false };

describe.each(listeners)("over $name", { concurrent: true }, (listener) => {
  /** Everything as it is by default, but for shorter periods. */
  let server: Inside;
  /** All that an operator can choose against the default. */
  let lax: Inside;
  let maker: CryptomusClient;
  let taker: CryptomusClient;
  let laxMaker: CryptomusClient;
  let laxTaker: CryptomusClient;
  const open: (StreamClient | RawSocket)[] = [];

  beforeAll(async () => {
    [server, lax] = await Promise.all([
      startServerInside({
        listener,
        yaml: `${bare}\ncryptomus: {depthIntervalMs: 20, tickerIntervalMs: 100}`,
      }),
      startServerInside({
        listener,
        yaml: `${bare}\ncryptomus: {countPings: true, tokenlessPublic: true, ackMethodAlways: true, resubscribe: replace, connectionsPerUserMax: 2}`,
      }),
    ]);
    for (const { data } of [server, lax]) {
      await addMarket(data, btc);
      await addMarket(data, trx);
    }
    const amounts = { BTC: "1000", TRX: "1000000", USDT: "100000000" };
    const [first, second] = await addFundedUsers(server.data, 2, amounts);
    const [third, fourth] = await addFundedUsers(lax.data, 2, amounts);
    maker = clientOf(server, first);
    taker = clientOf(server, second);
    laxMaker = clientOf(lax, third);
    laxTaker = clientOf(lax, fourth);
    await trade();
  });
  afterAll(() => Promise.all([server.stop(), lax.stop()]));
  afterEach(async () => {
    for (const client of open.splice(0)) await client.close();
  });

  function clientOf(address: Inside, user: CryptomusUser | undefined): CryptomusClient {
    if (user === undefined) throw new Error("there are too few users");
    return new CryptomusClient(address, user);
  }

  async function connectAs(user: CryptomusClient = taker): Promise<StreamClient> {
    const client = await user.open();
    open.push(client);
    return client;
  }

  /** A connection of the bytes that a test writes. */
  async function connectRaw(): Promise<RawSocket> {
    const socket = await openRawStream(server, `/ws?token=${await taker.token()}`);
    open.push(socket);
    return socket;
  }

  async function accepted(answer: Promise<{ status: number; body: { order_id: string } }>) {
    const { status, body } = await answer;
    if (status !== 200) throw new Error(JSON.stringify(body));
    return body.order_id;
  }

  /** One trade, which leaves the book as it was. */
  async function trade({ market = "BTC_USDT", price = "100000", quantity = "0.01" } = {}) {
    await accepted(maker.limitOrder({ market, direction: "sell", price, quantity }));
    await accepted(taker.marketOrder({ market, direction: "buy", quantity }));
  }

  const ping = { id: 0, method: "ping", params: [] };
  const pong = '{"id":0,"method":"pong","data":null,"error":null}';
  const success = (id: number, method?: string) =>
    `{"id":${id},${method === undefined ? "" : `"method":"${method}",`}"data":{"status":"success"},"error":null}`;
  const failure = (idText: string, code: number, message: string, method?: string) =>
    `{"id":${idText},${method === undefined ? "" : `"method":"${method}",`}"data":null,"error":{"code":${code},"message":"${message}"}}`;

  /** Asks for something that is answered, so that everything sent before has come. */
  const settle = (client: StreamClient) => askStream(client, "ping");

  describe("a one-time token", oneByOne, () => {
    const refusal = (message: string) => ({
      status: 401,
      body: JSON.stringify({ code: 401, message }),
    });
    const unknown = refusal("The token is unknown or was used before.");

    it("opens one connection, and no second one, while that is open and after", async () => {
      const token = await taker.token();
      expect(token).toMatch(/^[0-9a-f]{64}$/);
      const address = `${server.ws}/ws?token=${token}`;
      const client = await openStream(address);
      expect(await refusedUpgrade(address)).toEqual(unknown);
      await client.close();
      expect(await refusedUpgrade(address)).toEqual(unknown);
    });

    it("opens one connection when two upgrades with it arrive together", async () => {
      for (let round = 0; round < 5; round += 1) {
        const request = upgradeRequest(`/ws?token=${await taker.token()}`);
        const sockets = [await openRawSocket(server), await openRawSocket(server)];
        open.push(...sockets);
        // All but the last byte first, so that neither can be answered before both are there.
        for (const socket of sockets) await socket.write(request.slice(0, -1));
        for (const socket of sockets) void socket.write(request.slice(-1));
        const statuses = await Promise.all(
          sockets.map(async (socket) => (await socket.answer()).status),
        );
        expect(statuses.toSorted()).toEqual([101, 401]);
      }
    });

    it.each([
      ["without a key", { "sec-websocket-key": undefined }],
      ["with a short key", { "sec-websocket-key": "abc" }],
      ["of another version", { "sec-websocket-version": "7" }],
      ["to another protocol", { upgrade: "h2c" }],
    ])("is good again after a handshake %s", async (_what, headers) => {
      const target = `/ws?token=${await taker.token()}`;
      const socket = await openRawSocket(server);
      await socket.write(upgradeRequest(target, headers));
      expect((await socket.answer()).status).toBeGreaterThanOrEqual(400);
      socket.close();
      open.push(await openRawStream(server, target));
    });

    it.each([
      ["that is missing", "/ws", "A one-time token is required in the query parameter token."],
      ["that is empty", "/ws?token=", "A one-time token is required in the query parameter token."],
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the reference's sample sends this text.
      ["in the reference's single quotes", "/ws?token=${this.token}", unknown],
      ["that nobody was given", `/ws?token=${"0".repeat(64)}`, unknown],
      ["of silly length", `/ws?token=${"a".repeat(5_000)}`, unknown],
      ["of other characters", "/ws?token=%00%ff%F0%9F%A4%96", unknown],
    ])("%s is refused", async (_what, target, expected) => {
      expect(await refusedUpgrade(server.ws + target)).toEqual(
        typeof expected === "string" ? refusal(expected) : expected,
      );
    });

    it("in capitals is another one", async () => {
      const token = await taker.token();
      expect(await refusedUpgrade(`${server.ws}/ws?token=${token.toUpperCase()}`)).toEqual(unknown);
      open.push(await openStream(`${server.ws}/ws/?token=${token}`));
    });

    it("of a user who is disabled is refused, and their open streams end", async () => {
      const [user] = await addFundedUsers(server.data, 1, {});
      const client = clientOf(server, user);
      const [stream, spare] = [await client.open(), await client.token()];
      const bystander = await connectAs();
      await runHere(["users", "disable", client.user.userId, "--data", server.data]);
      expect(await stream.closed).toEqual([1008, "The user was disabled"]);
      expect((await refusedUpgrade(`${server.ws}/ws?token=${spare}`)).status).toBe(401);
      await expect(client.token()).rejects.toThrow('404 {"code":404,"message":"User not found."}');
      expect((await settle(bystander)).json["error"]).toBeNull();
    });

    it("is one of a hundred unused ones; the oldest goes for one more, and the others are good", async () => {
      const [user] = await addFundedUsers(server.data, 1, {});
      const client = clientOf(server, user);
      const tokens: string[] = [];
      for (let count = 0; count < 101; count += 1) tokens.push(await client.token());
      expect(new Set(tokens).size).toBe(101);
      expect(await refusedUpgrade(`${server.ws}/ws?token=${tokens[0]}`)).toEqual(unknown);
      for (const token of [tokens[1], tokens[100]]) {
        open.push(await openStream(`${server.ws}/ws?token=${token}`));
      }
    });

    it("is no use on another path", async () => {
      expect((await refusedUpgrade(`${server.ws}/wss?token=${await taker.token()}`)).status).toBe(
        404,
      );
    });
  });

  describe("a request", oneByOne, () => {
    it("ping is answered as printed, also without params", async () => {
      const client = await connectAs();
      client.send(ping);
      client.send('{"id":0,"method":"ping"}');
      await client.until(() => client.received.length === 2);
      expect(client.received.map(({ text }) => text)).toEqual([pong, pong]);
    });

    it.each(["7", '"7"', "-1", "1.0", "1e2", "12345678901234567890", '"é\\u00e9\\""', '""'])(
      "with the id %s gets it back as it was written",
      async (id) => {
        const client = await connectAs();
        client.send(`{"id":${id},"method":"ping","params":[]}`);
        expect((await client.until(() => true)).text).toBe(pong.replace("0", id));
      },
    );

    it.each([
      ["an array", "[]", "0"],
      ["a text", '"ping"', "0"],
      ["null", "null", "0"],
      ["an empty object", "{}", "0"],
      ["no id", '{"method":"ping","params":[]}', "0"],
      ["an id that is no integer", '{"id":1.5,"method":"ping","params":[]}', "1.5"],
      ["an id that is an object", '{"id":{},"method":"ping","params":[]}', "0"],
      ["a method that is no text", '{"id":7,"method":1,"params":[]}', "7"],
      ["params that are no array", '{"id":"a","method":"ping","params":{}}', '"a"'],
      ["arrays too deep", `${"[".repeat(30_000)}${"]".repeat(30_000)}`, "0"],
      ["an id that is too long", `{"id":"${"x".repeat(2_000)}","method":"ping"}`, "0"],
    ])(
      "in a wrong envelope, %s, is refused with code 1; the connection stays",
      async (_, text, id) => {
        const client = await connectAs();
        client.send(text);
        client.send(ping);
        await client.until((message) => message.text === pong);
        expect(client.received[0]?.text).toBe(failure(id, 1, "Invalid message format"));
      },
    );

    it.each([
      "pong",
      "PING",
      "",
      "__proto__",
      "constructor",
      "trade",
      "trade_update",
      "order_place",
    ])("with the method %j is refused with code 2", async (method) => {
      const client = await connectAs();
      expect((await askStream(client, method, [])).json).toMatchObject({
        data: null,
        error: { code: 2, message: "Method not found" },
      });
    });

    it.each(["{", "", "ping", "{'id':0}", '{"id":0,}', "NaN", "{}{}", "\ufeff{}"])(
      "that is no JSON, %j, ends the connection with 1007 and no reply",
      async (text) => {
        const client = await connectAs();
        client.send(text);
        client.send(ping);
        expect(await client.closed).toEqual([1007, "Invalid JSON"]);
        expect(client.received).toEqual([]);
      },
    );

    it("in a binary frame ends it too", async () => {
      const client = await connectAs();
      client.socket.send(Buffer.from(JSON.stringify(ping)));
      expect(await client.closed).toEqual([1007, "Invalid JSON"]);
    });
  });

  describe("public channels", oneByOne, () => {
    it.each(["lastprice", "ticker", "trade"])(
      "%s: replies as printed; updates come until unsubscribed, and none after",
      async (channel) => {
        const client = await connectAs();
        client.send({ id: 3, method: `${channel}_subscribe`, params: ["BTC_USDT", "BTC_USDT"] });
        const reply = await client.until(() => true);
        expect(reply.text).toBe(success(3, `${channel}_subscribe`));
        await settle(client);
        const before = client.received.length;
        await trade({ price: "100001" });
        const { text } = await client.until(
          ({ json }) => json["method"] === `${channel}_update`,
          before,
        );
        expect(text).toMatch(
          new RegExp(`^\\{"id":0,"method":"${channel}_update","data":\\{"symbol":`),
        );
        expect(text).toMatch(/,"error":null\}$/);
        expect(text).not.toMatch(/\de[-+]?\d/);

        client.send({ id: 4, method: `${channel}_unsubscribe`, params: ["BTC_USDT"] });
        const left = await client.until(({ json }) => json["id"] === 4);
        expect(left.text).toBe(success(4));
        const after = client.received.indexOf(left) + 1;
        const witness = await connectAs();
        await subscribeTo(witness, channel, ["BTC_USDT"]);
        await trade({ price: "100009" });
        await witness.until(({ text: told }) => told.includes("100009"));
        await settle(client);
        expect(updatesOf(client, channel, after)).toEqual([]);
      },
    );

    it("lastprice and ticker tell the present state first, trade tells nothing", async () => {
      await trade({ price: "100002" });
      const client = await connectAs();
      for (const channel of ["lastprice", "ticker", "trade"]) {
        await subscribeTo(client, channel, ["BTC_USDT"]);
      }
      await settle(client);
      expect(updatesOf(client, "lastprice")[0]).toMatchObject({
        symbol: "BTC_USDT",
        price: "100002",
      });
      expect(updatesOf(client, "ticker")[0]).toMatchObject({ price: "100002" });
      expect(updatesOf(client, "trade")).toEqual([]);
    });

    it("trade numbers are exact digits and the maker's price, each trade once", async () => {
      const client = await connectAs();
      await subscribeTo(client, "trade", ["TRX_USDT"]);
      await subscribeTo(client, "trade", ["TRX_USDT", "all"]);
      await trade({ market: "TRX_USDT", price: "0.0001", quantity: "100000.1" });
      const { text } = await client.until(({ json }) => json["method"] === "trade_update");
      expect(text).toMatch(
        /^\{"id":0,"method":"trade_update","data":\{"symbol":"TRX_USDT","timestamp":\d{10},"trades":\[\{"price":0\.0001,"quantity":100000\.1,"timestamp":\d{10},"direction":"buy"\}\]\},"error":null\}$/,
      );
      await settle(client);
      expect(updatesOf(client, "trade")).toHaveLength(1);
    });

    it.each([
      ["names and numbers", ["BTC_USDT", 100, "0"], marketsUsage],
      ["only unknown names", ["NOPE_USDT", "X"], "Unknown market: NOPE_USDT, X"],
      ["names in another case", ["btc_usdt"], "Unknown market: btc_usdt"],
      ["ALL", ["ALL"], "Unknown market: ALL"],
      ["no name at all", [[]], marketsUsage],
      ["a thousand names", [...new Array(999).fill("NOPE"), "BTC_USDT"], undefined],
      [
        "a thousand and one",
        new Array(1_001).fill("BTC_USDT"),
        "Too many params: one request may have at most 1000",
      ],
      ["a long name", ["x".repeat(500)], `Unknown market: ${"x".repeat(64)}…`],
    ])("subscribing to %s", async (_what, params, message) => {
      const client = await connectAs();
      const { json } = await askStream(client, "trade_subscribe", params);
      expect(json["method"]).toBe("trade_subscribe");
      expect(json["error"]).toEqual(message === undefined ? null : { code: 2, message });
      const leaving = await askStream(client, "trade_unsubscribe", params);
      expect("method" in leaving.json).toBe(false);
      expect(leaving.json["error"]).toEqual(message === undefined ? null : { code: 2, message });
    });

    it("subscribing to a list with a misspelt name is told so right behind the success", async () => {
      await trade({ price: "100003" });
      const client = await connectAs();
      client.send({ id: 9, method: "lastprice_subscribe", params: ["BTC_USDT", "ETH_USTD"] });
      await client.until(({ json }) => json["method"] === "lastprice_update");

      expect(client.received.slice(0, 2).map(({ text }) => text)).toEqual([
        success(9, "lastprice_subscribe"),
        failure("9", 2, "Unknown market: ETH_USTD", "lastprice_subscribe"),
      ]);
    });

    it("a first state comes once where nothing changes", async () => {
      await trade({ price: "100005" });
      const [first, second] = [await connectAs(), await connectAs()];
      for (const client of [first, second]) {
        for (const channel of ["lastprice", "ticker", "candles"]) {
          await subscribeTo(
            client,
            channel,
            channel === "candles" ? ["BTC_USDT", 60] : ["BTC_USDT"],
          );
        }
      }
      // The trade of another market comes through the same rhythms, behind whatever came twice.
      await subscribeTo(first, "ticker", ["TRX_USDT"]);
      await trade({ market: "TRX_USDT", price: "0.0007", quantity: "100000.1" });
      await first.until(({ text }) => text.includes("0.0007"));
      for (const client of [first, second]) {
        await settle(client);
        const told = updatesOf(client, "ticker").filter((data) => data["symbol"] === "BTC_USDT");
        expect(told).toHaveLength(1);
        expect(updatesOf(client, "lastprice")).toHaveLength(1);
      }
    });

    it("all covers a market that is added later, a single subscription does not", async () => {
      const [all, single, out] = [await connectAs(), await connectAs(), await connectAs()];
      for (const channel of ["trade", "lastprice", "ticker", "depth"]) {
        await subscribeTo(all, channel, channel === "ticker" ? [] : ["all"]);
        await subscribeTo(single, channel, ["BTC_USDT"]);
      }
      await subscribeTo(out, "trade", ["all"]);
      await askStream(out, "trade_unsubscribe", ["all"]);
      await addMarket(server.data, { code: "TRX_BTC", tick: "0.00000001", lot: "1" });
      await trade({ market: "TRX_BTC", price: "0.0000025", quantity: "10" });

      for (const channel of ["trade", "lastprice", "ticker", "depth"]) {
        const { json } = await all.until(
          ({ text, json: { method } }) =>
            method === `${channel}_update` && text.includes("TRX_BTC"),
        );
        expect(json["error"]).toBeNull();
      }
      for (const client of [single, out]) {
        await settle(client);
        expect(client.received.filter(({ text }) => text.includes("TRX_BTC"))).toEqual([]);
      }
    });

    it("a market taken out of all stays out until it is named again", async () => {
      const client = await connectAs();
      await subscribeTo(client, "trade", ["all"]);
      await askStream(client, "trade_unsubscribe", ["BTC_USDT"]);
      const from = client.received.length;
      await trade();
      await trade({ market: "TRX_USDT", price: "0.3", quantity: "1" });
      await client.until(({ json }) => json["method"] === "trade_update", from);
      expect(updatesOf(client, "trade", from).map(({ symbol }) => symbol)).toEqual(["TRX_USDT"]);
      await subscribeTo(client, "trade", ["BTC_USDT"]);
      await trade();
      await client.until(({ text }) => text.includes('"symbol":"BTC_USDT"'), from);
    });
  });

  describe("depth", oneByOne, () => {
    it("begins with the whole book, also when it is subscribed to again, then tells changes", async () => {
      const client = await connectAs();
      const price = "99000.01";
      const id = await accepted(
        maker.limitOrder({ market: "BTC_USDT", direction: "buy", price, quantity: "0.5" }),
      );
      for (let round = 0; round < 2; round += 1) {
        const reply = await askStream(client, "depth_subscribe", ["BTC_USDT:0"]);
        const from = client.received.indexOf(reply);
        await client.until(({ json }) => json["method"] === "depth_update", from);
        expect(updatesOf(client, "depth", from)[0]).toMatchObject({
          symbol: "BTC_USDT",
          full_reload: true,
          scale_index: 0,
          asks: [],
          bids: [[price, "0.5"]],
        });
      }
      const from = client.received.length;
      expect((await maker.cancel(id)).status).toBe(200);
      const { json } = await client.until(({ text }) => text.includes(`["${price}","0"]`), from);
      expect(json["data"]).toMatchObject({ full_reload: false, bids: [[price, "0"]] });
      expect(Object.keys(json["data"] as object)).toEqual([
        ...["symbol", "timestamp", "full_reload", "scale_index", "asks", "bids"],
      ]);
    });

    it.each([
      [["BTC_USDT"], ["BTC_USDT:0"]],
      [
        ["BTC_USDT:0", "BTC_USDT:5", "BTC_USDT:5"],
        ["BTC_USDT:0", "BTC_USDT:5"],
      ],
      [
        ["all:3", "BTC_USDT:9"],
        ["BTC_USDT:3", "TRX_USDT:3"],
      ],
    ])("%j means %j", async (params, wanted) => {
      const client = await connectAs();
      await subscribeTo(client, "depth", params);
      await settle(client);
      const got = updatesOf(client, "depth").map((data) => `${data.symbol}:${data.scale_index}`);
      expect(got.filter((key) => !key.startsWith("TRX_BTC")).toSorted()).toEqual(wanted);
    });

    it.each(["BTC_USDT:6", "BTC_USDT:-1", "BTC_USDT:", "BTC_USDT:0:0", "BTC_USDT:00", "all:x"])(
      "%s is no scale",
      async (param) => {
        const client = await connectAs();
        const { json } = await askStream(client, "depth_subscribe", [param]);
        expect(json["error"]).toEqual({ code: 2, message: `Unknown scale index: ${param}` });
      },
    );
  });

  describe("candles", oneByOne, () => {
    it("are asked for and followed in WhiteBIT's tuples", async () => {
      await trade({ price: "100003" });
      const client = await connectAs();
      const nowS = Math.floor(Date.now() / 1000);
      const { json } = await askStream(client, "candles_request", [
        "BTC_USDT",
        nowS - 3_600,
        nowS + 60,
        60,
      ]);
      expect(Object.keys(json)).toEqual(["id", "method", "data", "error"]);
      const candles = json["data"] as readonly unknown[][];
      const digits = expect.stringMatching(/^\d+(\.\d+)?$/);
      expect(candles.at(-1)).toEqual([
        expect.any(Number),
        ...[digits, digits, digits, digits, digits, digits],
        "BTC_USDT",
      ]);
      expect(Number(candles.at(-1)?.[0]) % 60).toBe(0);

      await subscribeTo(client, "candles", ["BTC_USDT", 60]);
      const from = client.received.length;
      await trade({ price: "100004" });
      const isUpdate = (message: { json: Record<string, unknown> }) =>
        message.json["method"] === "candles_update" &&
        JSON.stringify(message.json).includes("100004");
      const update = await client.until(isUpdate, from);
      expect(update.json["id"]).toBe(0);
      expect(update.json["data"]).toEqual([
        [expect.any(Number), digits, "100004", digits, digits, digits, digits, "BTC_USDT"],
      ]);
      expect((await askStream(client, "candles_unsubscribe", [])).json["error"]).toBeNull();
    });

    it.each([
      ["candles_request", ["BTC_USDT"]],
      ["candles_request", ["BTC_USDT", 2, 1, 60]],
      ["candles_request", ["BTC_USDT", 0, 1, 7]],
      ["candles_subscribe", ["BTC_USDT"]],
      ["candles_subscribe", ["BTC_USDT", 61]],
      ["candles_subscribe", ["BTC_USDT", "60"]],
    ])("%s with %j is refused", async (method, params) => {
      const { json } = await askStream(await connectAs(), method, params);
      expect(json["error"]).toMatchObject({ code: 2 });
    });
  });

  describe("limits", oneByOne, () => {
    it("two hundred requests a minute are answered, the next ones refused; updates go on", async () => {
      const client = await connectAs();
      await subscribeTo(client, "trade", ["BTC_USDT"]);
      for (let sent = 1; sent < 200; sent += 1) client.send({ id: sent, method: "ping" });
      client.send({ id: 200, method: "ticker_subscribe", params: ["BTC_USDT"] });
      client.send({ id: 201, method: "trade_unsubscribe", params: ["BTC_USDT"] });
      await client.until(({ json }) => json["id"] === 201);
      const replies = client.received.map(({ text }) => text);
      expect(replies).toContain('{"id":199,"method":"pong","data":null,"error":null}');
      expect(replies).toContain(failure("200", 2, "Too many requests", "ticker_subscribe"));
      expect(replies).toContain(failure("201", 2, "Too many requests"));
      await trade();
      await client.until(({ json }) => json["method"] === "trade_update");
      expect(updatesOf(client, "ticker")).toEqual([]);
    });

    it("ten times as many end the connection", async () => {
      const client = await connectAs();
      for (let sent = 0; sent <= 2_000; sent += 1) client.send(ping);
      expect(await client.closed).toEqual([1008, "Far too many requests"]);
    });

    it.each([
      ["one frame", 1],
      ["many frames", 16],
    ])(
      "a message of 65,536 bytes in %s is read, one byte more closes with 1009",
      async (_, pieces) => {
        const padded = (bytes: number) => {
          const text = '{"id":0,"method":"ping","params":[],"more":""}';
          return text.replace('""', `"${"x".repeat(bytes - text.length)}"`);
        };
        const sendInPieces = (client: StreamClient, text: string) => {
          const size = Math.ceil(text.length / pieces);
          for (let at = 0; at < text.length; at += size) {
            client.socket.send(text.slice(at, at + size), { fin: at + size >= text.length });
          }
        };
        const client = await connectAs();
        sendInPieces(client, padded(65_536));
        expect((await client.until(() => true)).text).toBe(pong);
        sendInPieces(client, padded(65_537));
        expect((await client.closed)[0]).toBe(1009);
      },
    );
  });

  describe("frames", oneByOne, () => {
    const text = JSON.stringify(ping);

    it("in one piece of TCP with the upgrade are all answered, in order and unmasked", async () => {
      const socket = await openRawSocket(server);
      open.push(socket);
      const requests = [1, 2, 3].map((id) => frame({ payload: text.replace("0", String(id)) }));
      await socket.write(upgradeRequest(`/ws?token=${await taker.token()}`), ...requests);
      expect((await socket.answer()).status).toBe(101);
      for (const id of [1, 2, 3]) {
        const answer = await socket.frame();
        expect(answer.isMasked).toBe(false);
        expect(answer.payload.toString()).toBe(pong.replace("0", String(id)));
      }
    });

    it("may come byte by byte, in fragments, and with pings between them", async () => {
      const socket = await connectRaw();
      const { more } = opcodes;
      const bytes = Buffer.concat([
        frame({ payload: text.slice(0, 5), isFinal: false }),
        frame({ opcode: opcodes.ping, payload: "between" }),
        frame({ opcode: more, payload: "", isFinal: false }),
        frame({ opcode: more, payload: text.slice(5) }),
      ]);
      for (const byte of bytes) await socket.write(Buffer.from([byte]));
      const answer = await socket.frame();
      expect([answer.opcode, answer.payload.toString()]).toEqual([opcodes.pong, "between"]);
      expect(await socket.text()).toBe(pong);
    });

    it.each<[string, Buffer, number]>([
      ["that are not masked", frame({ payload: text, isMasked: false }), 1002],
      ["of an unknown type", frame({ opcode: 5, payload: text }), 1002],
      ["that go on with nothing", frame({ opcode: opcodes.more, payload: text }), 1002],
      ["of text that is no UTF-8", frame({ payload: Buffer.from([0x22, 0xff, 0x22]) }), 1007],
      ["that ping in fragments", frame({ opcode: opcodes.ping, isFinal: false }), 1002],
    ])("%s end the connection", async (_what, bytes, code) => {
      const socket = await connectRaw();
      await socket.write(bytes);
      expect((await socket.closing())[0]).toBe(code);
    });

    it("that close are answered with the same code", async () => {
      const socket = await connectRaw();
      await socket.write(frame({ opcode: opcodes.close, payload: Buffer.from([0x03, 0xe8]) }));
      expect((await socket.closing())[0]).toBe(1000);
    });
  });

  describe("a connection without requests", { concurrent: true }, () => {
    it("is closed with 1001 after the idle time, and ping frames do not count", async () => {
      const clock = new StandingClock();
      const strict = await startServerInside({ clock, yaml: bare });
      try {
        const [user] = await addFundedUsers(strict.data, 1, {});
        const client = await clientOf(strict, user).open();
        for (let second = 0; second < 50; second += 10) {
          clock.pass(10);
          await pingFrame(client);
        }
        clock.pass(10);
        expect(await client.closed).toEqual([1001, "No requests for too long"]);
      } finally {
        await strict.stop();
      }
    });

    it("is kept by requests, whatever they are, and where the operator says so by ping frames", async () => {
      const clock = new StandingClock();
      const server = await startServerInside({
        ...{ listener, clock },
        yaml: `${bare}\ncryptomus: {countPings: true, tokenlessPublic: true}`,
      });
      try {
        const connectSilently = () => openStream(`${server.ws}/ws`);
        const asking = await connectSilently();
        const pinging = await connectSilently();
        // One after another says nothing.
        for (let count = 0; count < 2; count += 1) {
          const silent = await connectSilently();
          for (let second = 0; second < 60; second += 10) {
            clock.pass(10);
            await asking.ask("[]");
            await pingFrame(pinging);
          }
          expect(await silent.closed).toEqual([1001, "No requests for too long"]);
        }
        for (const client of [asking, pinging]) expect(client.socket.readyState).toBe(1);
      } finally {
        await server.stop();
      }
    });

    async function pingFrame({ socket }: StreamClient): Promise<void> {
      socket.ping();
      await once(socket, "pong");
    }
  });

  describe("what an operator can choose", oneByOne, () => {
    it("connections without a token have the public channels and no private ones", async () => {
      const client = await openStream(`${lax.ws}/ws`);
      open.push(client);
      await subscribeTo(client, "trade", ["all"]);
      for (const channel of ["order", "deal", "balance"]) {
        for (const verb of ["subscribe", "unsubscribe"]) {
          const { json } = await askStream(client, `${channel}_${verb}`, ["all"]);
          expect(json["error"]).toEqual({ code: 2, message: "Require authentication" });
        }
      }
      // A wrong token is not the same as none.
      expect((await refusedUpgrade(`${lax.ws}/ws?token=x`)).status).toBe(401);
    });

    it("a user has so many connections; the token of one too many is good when another ends", async () => {
      const [first, second] = [await laxTaker.open(), await laxTaker.open()];
      open.push(second);
      const address = `${lax.ws}/ws?token=${await laxTaker.token()}`;
      const refused = await refusedUpgrade(address);
      expect(refused.status).toBe(429);
      expect(JSON.parse(refused.body)).toMatchObject({ code: 429 });
      await first.close();
      open.push(await openStream(address));
    });

    it("replies that have no method in the reference may carry one", async () => {
      const client = await laxTaker.open();
      open.push(client);
      for (const name of ["deal_subscribe", "deal_unsubscribe", "trade_unsubscribe"]) {
        expect((await askStream(client, name, ["all"])).json["method"]).toBe(name);
      }
    });

    it("a second list takes the place of the first, and one that fails takes no place", async () => {
      const client = await openStream(`${lax.ws}/ws`);
      open.push(client);
      const heard = async () => {
        const from = client.received.length;
        for (const market of ["BTC_USDT", "TRX_USDT"]) {
          const order = { market, quantity: "1", price: "2" };
          await accepted(laxMaker.limitOrder({ ...order, direction: "sell" }));
          await accepted(laxTaker.limitOrder({ ...order, direction: "buy" }));
        }
        await settle(client);
        return updatesOf(client, "trade", from).map(({ symbol }) => symbol);
      };
      await subscribeTo(client, "trade", ["BTC_USDT"]);
      await subscribeTo(client, "trade", ["TRX_USDT"]);
      expect(await heard()).toEqual(["TRX_USDT"]);
      expect((await askStream(client, "trade_subscribe", ["NOPE"])).json["error"]).not.toBeNull();
      expect(await heard()).toEqual(["TRX_USDT"]);
    });
  });
});
