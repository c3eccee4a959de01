/**
 * The AsyncAPI document of a server: in its form, against every message of the golden transcripts, and
 * against the server itself, which is sent every example.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Value } from "typebox/value";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { dialects } from "../../server/src/main/dialects.ts";
import { referenceNames } from "../../server/src/ports/stream-description.ts";
import { findAsyncApiFaults } from "../support/asyncapi-check.ts";
import { CryptomusClient } from "../support/cryptomus-client.ts";
import { fitting, requestsOf, sentOf } from "../support/described-messages.ts";
import { echo } from "../support/echo-dialect.ts";
import {
  addTraders,
  startExchangeHere,
  tradeAfter,
  tradedMarket,
} from "../support/exchange-traffic.ts";
import { type ServerHere, startServerHere } from "../support/server-here.ts";
import { SteppedClock } from "../support/stepped-clock.ts";
import { openStream, type StreamClient } from "../support/stream-client.ts";

// biome-ignore lint/suspicious/noExplicitAny: what a document holds is what these tests look at.
type Json = Record<string, any>;

const folder = mkdtempSync(join(tmpdir(), "openbourse-streams-"));
let server: ServerHere;
beforeAll(async () => {
  server = await startServerHere({ data: join(folder, "data"), protocols: [...dialects, echo] });
});
afterAll(async () => {
  await server.server.stop();
  rmSync(folder, { recursive: true });
});

async function fetched(path: string): Promise<Response> {
  return await fetch(server.http + path);
}

describe("the AsyncAPI document", () => {
  it("has the form of AsyncAPI 3.0, with examples that their own schemas take", async () => {
    expect(
      findAsyncApiFaults((await (await fetched("/docs/asyncapi.json")).json()) as Json),
    ).toEqual([]);
  });

  it("is sent compressed to who takes that, as is the page that shows it, and not again to who has it", async () => {
    for (const path of ["/docs", "/docs/asyncapi.json", "/docs/openapi.json"]) {
      const ask = (headers: Record<string, string>) => fetch(server.http + path, { headers });
      const plain = await ask({ "accept-encoding": "identity" });
      expect(plain.headers.get("content-encoding")).toBeNull();
      for (const coding of ["br", "gzip"]) {
        const small = await ask({ "accept-encoding": coding });
        expect(small.headers.get("content-encoding")).toBe(coding);
        expect(await small.text()).toBe(await plain.clone().text());
      }
      const etag = plain.headers.get("etag") ?? "";
      expect((await ask({ "if-none-match": etag })).status).toBe(304);
    }
  });

  it("is there as YAML too", async () => {
    const reply = await fetched("/docs/asyncapi.yaml");
    expect(reply.headers.get("content-type")).toBe("application/yaml; charset=utf-8");
    expect(parse(await reply.text())).toEqual(await (await fetched("/docs/asyncapi.json")).json());
  });

  it("has every channel of every protocol, also of one that only a test knows", async () => {
    const { channels, servers, operations } = (await (
      await fetched("/docs/asyncapi.json")
    ).json()) as Json;
    expect(Object.keys(servers)).toEqual(["finazon", "cryptomus", "echo"]);
    expect(Object.keys(channels)).toEqual([
      ...["bars", "connection", "first_generation_bars", "positions"].map(
        (name) => `finazon.${name}`,
      ),
      ...[
        "queries",
        "lastprice",
        "ticker",
        "trade",
        "depth",
        "candles",
        "order",
        "deal",
        "balance",
        "positions",
      ].map((name) => `cryptomus.${name}`),
      "echo.prices",
    ]);
    expect(operations["echo.prices.ticker"]).toMatchObject({ action: "receive" });
    expect(servers.finazon["x-closings"]).toContainEqual({
      why: "revoked",
      ...dialects[0]?.closings["revoked"],
    });
  });

  it("finds faults where there are some", async () => {
    const document = (await (await fetched("/docs/asyncapi.json")).json()) as Json;
    document["channels"]["finazon.bars"].servers = [{ $ref: "#/servers/nobody" }];
    document["operations"]["echo.prices.ticker"].action = "shout";
    document["components"].messages["finazon.bar"].examples[0].payload.o = "220.06";
    expect(findAsyncApiFaults(document).map((fault) => fault.slice(0, 45))).toEqual([
      'channel finazon.bars: {"$ref":"#/servers/nobo',
      "operation echo.prices.ticker: action",
      'message finazon.bar: example {"d":"local","p"',
    ]);
  });
});

/** A message of a transcript. */
interface Said {
  readonly verb: "send" | "receive";
  readonly value: unknown;
  readonly place: string;
}

/** A number that no double holds becomes infinite when it is parsed, and that is in no schema. */
function finite(_key: string, value: unknown): unknown {
  return value === Number.POSITIVE_INFINITY ? Number.MAX_VALUE : value;
}

/** White space around a word is read past (D-F1); what is described is the word. */
function trimmed(value: unknown): unknown {
  const trim = (_key: string, part: unknown) => (typeof part === "string" ? part.trim() : part);
  return JSON.parse(JSON.stringify(value), trim);
}

function transcriptsOf(name: string): readonly (readonly Said[])[] {
  const golden = new URL(`../../server/src/dialects/${name}/golden/`, import.meta.url);
  const files = readdirSync(golden).filter((file) => file.endsWith(".jsonl"));
  return files.map((file) =>
    readFileSync(new URL(file, golden), "utf8")
      .trimEnd()
      .split("\n")
      .flatMap((line, index): readonly Said[] => {
        const { send, receive } = JSON.parse(line, finite) as Json;
        const place = `${name}/${file}:${index + 1}`;
        if (send !== undefined) return [{ verb: "send", value: send, place }];
        return receive === undefined ? [] : [{ verb: "receive", value: receive, place }];
      }),
  );
}

/** Whether a request was refused as a whole, as what was received before the next one says. */
function isRefused(said: readonly Said[], index: number): boolean {
  const next = said.findIndex(({ verb }, at) => at > index && verb === "send");
  const received = said
    .slice(index + 1, next < 0 ? undefined : next)
    .map(({ value }) => value as Json);
  const isSuccess = ({ status, data }: Json) => status === "success" || data?.status === "success";
  const isRefusal = ({ status, error }: Json) => status === "error" || (error ?? null) !== null;
  return received.some(isRefusal) && !received.some(isSuccess);
}

describe.each(dialects.map((protocol) => [protocol.name, protocol] as const))(
  "the description of the %s stream",
  (name, protocol) => {
    const stream = protocol.describeStream(referenceNames);
    const transcripts = transcriptsOf(name);

    it("fits every message that the transcripts have from the server, each to one kind", () => {
      const kinds = sentOf(stream);
      const seen = new Set<string>();
      for (const { verb, value, place } of transcripts.flat()) {
        if (verb !== "receive") continue;
        const names = fitting(kinds, value);
        expect(names, `${place} ${JSON.stringify(value)}`).toHaveLength(1);
        seen.add(String(names[0]));
      }
      // And describes nothing that no transcript has.
      expect(kinds.map((kind) => kind.name).filter((kind) => !seen.has(kind))).toEqual([]);
    });

    it("fits every request that the transcripts have and that is not refused", () => {
      const kinds = requestsOf(stream);
      const seen = new Set<string>();
      for (const said of transcripts) {
        for (const [index, { verb, value, place }] of said.entries()) {
          if (verb !== "send" || isRefused(said, index)) continue;
          const names = fitting(kinds, trimmed(value));
          expect(names, `${place} ${JSON.stringify(value)}`).toHaveLength(1);
          seen.add(String(names[0]));
        }
      }
      expect(kinds.map((kind) => kind.name).filter((kind) => !seen.has(kind))).toEqual([]);
    });
  },
);

describe("the examples of the document", () => {
  /** Sends each example of a protocol and gives the names of the messages that may answer it. */
  async function sendAll(client: StreamClient, protocol: string): Promise<void> {
    const document = (await (await fetched("/docs/asyncapi.json")).json()) as Json;
    const { messages } = document["components"] as Json;
    const messageOf = ({ $ref }: { $ref: string }) =>
      messages[`${protocol}.${$ref.slice($ref.lastIndexOf("/") + 1)}`];
    for (const [id, operation] of Object.entries<Json>(document["operations"])) {
      if (!id.startsWith(`${protocol}.`) || operation["action"] !== "receive") continue;
      const replies: Json[] = operation["reply"].messages.map(messageOf);
      const [good] = replies;
      for (const { payload } of messageOf(operation["messages"][0]).examples ?? []) {
        const from = client.received.length;
        client.send(payload);
        const answer = await client.until(
          ({ json }) => replies.some((reply) => Value.Check(reply["payload"], json)),
          from,
        );
        expect(Value.Check(good?.["payload"], answer.json), `${id}: ${answer.text}`).toBe(true);
      }
    }
  }

  it("are carried out by the server: bars", async () => {
    const client = await openStream(`${server.ws}/v1?apikey=${server.server.demoKey}`);
    await sendAll(client, "finazon");
    await client.close();
  });

  it("are carried out by the server: the exchange", async () => {
    const [user] = server.server.demoUsers;
    const rest = new CryptomusClient(server, user!);
    const client = await openStream(`${server.ws}/ws?token=${await rest.token()}`);
    await sendAll(client, "cryptomus");
    await client.close();
  });
});

describe("connections with positions", () => {
  const market = tradedMarket;
  const names = { ...referenceNames, market, dataset: "local", ticker: "BTC/USDT" };
  let house: ServerHere;
  let users: Awaited<ReturnType<typeof addTraders>>;
  const clock = new SteppedClock();
  beforeAll(async () => {
    const data = join(folder, "positions");
    house = await startExchangeHere(data, clock);
    users = await addTraders(data);
  });
  afterAll(() => house.server.stop());

  /** Holds all that was sent against the description; gives the kinds that were seen. */
  function kindsIn(name: string, clients: readonly StreamClient[]): ReadonlySet<string> {
    const protocol = dialects.find((one) => one.name === name);
    const kinds = sentOf(protocol!.describeStream(names), "positioned");
    const seen = clients.flatMap(({ received }) =>
      received.map(({ json, text }) => {
        const [kind, ...others] = fitting(kinds, json);
        expect([kind, ...others], text).toHaveLength(1);
        return kind ?? "";
      }),
    );
    return new Set(seen);
  }

  it("of the exchange are sent what is described for them, each to one kind", async () => {
    const user = new CryptomusClient(house, users[0]);
    const open = async () =>
      await openStream(`${house.ws}/ws?token=${await user.token()}&positions=1`);
    const stream = dialects.find(({ name }) => name === "cryptomus")!.describeStream(names);
    const first = await open();
    const ask = async (client: StreamClient, payload: object) => {
      const from = client.received.length;
      client.send(payload);
      return await client.until(({ json }) => json["id"] === 1, from);
    };
    for (const { name } of requestsOf(stream, "positioned")) {
      const plainName = name.replace("_positioned", "");
      if (plainName.endsWith("_unsubscribe")) continue;
      const request = requestsOf(stream).find((one) => one.name === plainName);
      for (const { payload } of request?.examples ?? []) await ask(first, payload as object);
    }
    await tradeAfter(house, users, { clock, pauses: [0.1, 1] });
    clock.pass(2);
    for (const kind of ["trade", "depth", "candles", "position", "lastprice", "ticker"]) {
      await first.until(({ json }) => json["method"] === `${kind}_update`);
    }
    const { json: at } = await first.until(({ json }) => json["method"] === "position_update");
    const { epoch, seq, tick, ord } = at;
    const second = await open();
    const going = { id: 1, method: "trade_subscribe", params: [market] };
    await ask(second, { ...going, since: { epoch, seq, tick, ord } });
    await ask(second, { id: 1, method: "trade_unsubscribe", params: [market] });
    await ask(second, { ...going, since: { epoch: "another", seq: 1, ord: 0 } });
    await ask(second, { ...going, since: "soon" });
    await ask(second, going);

    const seen = kindsIn("cryptomus", [first, second]);
    const described = sentOf(stream, "positioned").map(({ name }) => name);
    expect(described.filter((name) => !seen.has(name))).toEqual([]);
    await Promise.all([first.close(), second.close()]);
  });

  it("of bars are sent what is described for them, each to one kind", async () => {
    const open = () => openStream(`${house.ws}/v1?apikey=${house.server.demoKey}&positions=1`);
    const stream = dialects.find(({ name }) => name === "finazon")!.describeStream(names);
    const clients = [await open(), await open()];
    for (const [index, code] of ["dataset", "publisher"].entries()) {
      const client = clients[index]!;
      const request = (event: string, more?: object) => ({
        ...{ event, [code]: "local", tickers: ["BTC/USDT"], channel: "bars" },
        ...{ frequency: "1s", aggregation: "1m", request_id: 1, ...more },
      });
      const ask = async (payload: object) => JSON.parse(await client.ask(payload)) as Json;
      const { epoch, seq, tick, ord } = await ask(request("subscribe"));
      await tradeAfter(house, users, { clock, pauses: [1, 1] });
      clock.pass(2);
      await client.until(({ json }) => json["ch"] === "bars");
      await client.until(({ json }) => json["ch"] === "position");
      await ask(request("unsubscribe"));
      await ask(request("subscribe", { since: { epoch, seq, tick, ord } }));
      await ask(request("unsubscribe"));
      await ask(request("subscribe", { since: { epoch: "another", seq: 1, ord: 0 } }));
      await ask(request("subscribe", { since: "soon" }));
      for (const event of ["heartbeat", "reset"]) await ask({ event, request_id: 1 });
    }

    const seen = kindsIn("finazon", clients);
    const described = sentOf(stream, "positioned").map(({ name }) => name);
    // On a connection with positions a reply without one is that of a subscribe that starts nothing.
    const nothing = ["subscribe_reply", "first_generation_subscribe_reply"];
    expect(described.filter((name) => !seen.has(name) && !nothing.includes(name))).toEqual([]);
    await Promise.all(clients.map((client) => client.close()));
  });
});
