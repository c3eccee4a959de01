/**
 * The OpenAPI document of a server against the server: each parameter takes the values that its schema describes and refuses
 * all others, bodies that are not described change nothing, and every reply fits.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { Value } from "typebox/value";
import { afterAll, beforeAll, expect, it } from "vitest";
import { CryptomusClient } from "../support/cryptomus-client.ts";
import { addFundedUsers, addMarket } from "../support/operator.ts";
import { rounds } from "../support/rounds.ts";
import { type ServerHere, startServerHere } from "../support/server-here.ts";

// biome-ignore lint/suspicious/noExplicitAny: what a document holds is what these tests look at.
type Json = Record<string, any>;

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly Json[];
  readonly security: readonly Json[];
  readonly body: object | undefined;
  readonly reply: object;
}

const folder = mkdtempSync(join(tmpdir(), "openbourse-rest-requests-"));
let server: ServerHere;
/** Somebody who has traded. */
let user: CryptomusClient;
let operations: readonly Operation[];

beforeAll(async () => {
  server = await startServerHere({
    data: join(folder, "data"),
    settings: {
      ...{ "cryptomus.restCallsPerSecondMax": 0, "demo.pastHours": 1 },
      "exchange.participants.enabled": false,
    },
  });
  user = await trade();
  const document = (await (await fetch(`${server.http}/docs/openapi.json`)).json()) as Json;
  operations = Object.entries<Json>(document["paths"]).flatMap(([path, methods]) =>
    Object.entries<Json>(methods).map(([method, { parameters = [], security, ...rest }]) => ({
      ...{ method: method.toUpperCase(), path, parameters, security },
      body: rest["requestBody"]?.content["application/json"]?.schema,
      reply: rest["responses"]["200"].content["application/json"]?.schema ?? {},
    })),
  );
});
afterAll(async () => {
  await server.server.stop();
  rmSync(folder, { recursive: true });
});

/** A market in which two have traded, and have an order each. Resolves with the one who sold. */
async function trade(): Promise<CryptomusClient> {
  const data = join(folder, "data");
  const { symbol: market = "" } = known;
  await addMarket(data, { code: market, tick: "0.01", lot: "0.00001" });
  const users = await addFundedUsers(data, 2, { BTC: "10", USDT: "100000" });
  const [seller, buyer] = users.map((each) => new CryptomusClient(server, each));
  const asked = { market, direction: "sell", quantity: "0.02", price: "61000" };
  const bought = { market, direction: "buy", quantity: "0.01" };
  const answers = [
    await seller!.limitOrder(asked),
    await buyer!.marketOrder(bought),
    await buyer!.limitOrder({ ...bought, price: "60000" }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  return seller!;
}

/** What a reader fills in who looks at what is served. */
const known: Readonly<Record<string, string>> = {
  ...{ version: "latest", dataset: "huobi", publisher: "huobi", ticker: "BTC/USDT" },
  ...{ interval: "1m", symbol: "BTC_USDT", pair: "BTC_USDT" },
};

/** Names of what there is: which are good is no matter of form. */
const names = new Set([
  ...["dataset", "publisher", "ticker", "code", "market", "country", "symbol", "name", "product"],
  ...["session", "order_id", "client_order_id", "apikey"],
]);

const texts = [
  ...["0", "1", "-1", "1.5", "2", "5", "6", "9", "50", "100", "101", "1000", "1001", "10001"],
  ...[
    "999999999",
    "1000000000",
    "7258118400",
    "7258118401",
    "1e3",
    "0x10",
    " 1",
    "many",
    "x".repeat(65),
  ],
  ...["asc", "desc", "ASC", "1m", "7m", "1h", "buy", "sell", "hold", "true", "maybe"],
  ...["open", "close", "nothing", "2.5", "0.02"],
];

/** A text as the type of its schema reads it. */
function readAs(schema: Json, text: string): unknown {
  const types = [schema["type"]].flat();
  const isFigure = types.includes("integer") || types.includes("number");
  if (isFigure && /^\d+(\.\d+)?$/.test(text)) return Number(text);
  return types.includes("boolean") && text === "true" ? true : text;
}

/** Whether a protocol takes a text for more than what is described: yes and no in short, words in either case. */
function isLoose(schema: Json, text: string): boolean {
  if (schema["type"] === "boolean") return /^[01]$/.test(text);
  const words = (schema["enum"] ?? []) as readonly unknown[];
  return words.some((word) => String(word).toLowerCase() === text.toLowerCase());
}

async function ask(operation: Operation, values: Readonly<Record<string, string>>, body?: object) {
  const { method, parameters, security } = operation;
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_all, name: string) =>
    encodeURIComponent(values[name] ?? known[name] ?? "nothing"),
  );
  const query = new URLSearchParams();
  for (const { name, in: place, required } of parameters) {
    const value = values[name] ?? (required ? known[name] : undefined);
    if (place === "query" && value !== undefined) query.set(name, value);
  }
  const isSigned = security.some((way) => "userId" in way);
  if (!isSigned && security.length > 0) query.set("apikey", server.server.demoKey ?? "");
  const target = query.size === 0 ? path : `${path}?${query}`;
  if (isSigned) return await user.call(method, target, body);
  const reply = await fetch(server.http + target, { method });
  const text = await reply.text();
  return { status: reply.status, body: text.startsWith("{") ? JSON.parse(text) : text };
}

/** What is read and changes nothing. */
function asked(): readonly Operation[] {
  return operations.filter(({ method, path }) => method === "GET" && !path.includes("/replay/"));
}

it("describes calls that are answered as described", async () => {
  for (const operation of asked()) {
    const { status, body } = await ask(operation, {});
    const place = `${operation.path}: ${JSON.stringify(body)}`.slice(0, 300);
    expect([200, place]).toEqual([status, place]);
    expect(Value.Check(operation.reply, body), place).toBe(true);
  }
});

interface Kind {
  readonly operation: Operation;
  readonly name: string;
  readonly schema: Json;
}

/** Operations share most of their parameters: each kind of parameter is tried at one of them. */
function kindsOfParameters(): readonly Kind[] {
  const kinds = new Map<string, Kind>();
  for (const operation of asked()) {
    for (const { in: place, name, schema } of operation.parameters) {
      if (place === "query" && !names.has(name)) {
        kinds.set(JSON.stringify([name, schema]), { operation, name, schema });
      }
    }
  }
  return [...kinds.values()];
}

/** Asks with a text for a parameter; gives whether it is described. */
async function tryText({ operation, name, schema }: Kind, text: string): Promise<boolean> {
  const isDescribed = Value.Check(schema, readAs(schema, text));
  const { status, body } = await ask(operation, { page_size: "1", [name]: text });
  const place = `${operation.path} ${name}=${text}: ${status} ${JSON.stringify(body)}`;
  // How a value goes with others, and whether anything is known then, is more than its form.
  const ofForm = new RegExp(`: (422|500) |The ${name} parameter is missing`);
  if (isDescribed) expect(place.slice(0, 300)).not.toMatch(ofForm);
  else if (!isLoose(schema, text)) {
    expect(status, place.slice(0, 300)).toBeGreaterThanOrEqual(400);
  }
  return isDescribed;
}

it("describes parameters that take what fits their schema, and nothing else", async () => {
  const seen = new Map<string, Set<boolean>>();
  for (const kind of kindsOfParameters()) {
    const words: readonly unknown[] = kind.schema["enum"] ?? [];
    const verdicts = seen.get(kind.name) ?? new Set();
    seen.set(kind.name, verdicts);
    for (const text of new Set([...texts, ...words.slice(0, 2).map(String)])) {
      verdicts.add(await tryText(kind, text));
    }
  }
  expect([...seen].filter(([, verdicts]) => verdicts.size < 2)).toEqual([]);
  expect(seen.size).toBeGreaterThan(10);
});

it("describes bodies, of which others change nothing", async () => {
  const order = { market: "BTC_USDT", direction: "buy", quantity: "0.01", price: "20000" };
  const placing = operations.filter(({ path, body }) => path.endsWith("/orders") && body);
  const [limit] = placing;
  const wrong = fc.constantFrom<unknown>(null, true, 7, -1, "", "up", {}, [], "x".repeat(300));
  const open = async () =>
    (await user.call("GET", "/v2/user-api/exchange/orders")).body.result.length;
  expect((await ask(limit!, {}, order)).status).toBe(200);
  const before = await open();
  let spoilt = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...Object.keys((limit!.body as Json)["properties"])),
      fc.option(wrong, { nil: undefined }),
      async (field, value) => {
        const { [field]: _, ...rest } = order as Json;
        const body = value === undefined ? rest : { ...rest, [field]: value };
        if (Value.Check(limit!.body as object, body)) return;
        // A field that is null is one that is left out.
        if (value === null && !(field in order)) return;
        spoilt += 1;
        const { status, body: said } = await ask(limit!, {}, body);
        expect(status, `${JSON.stringify(body)}: ${JSON.stringify(said)}`).toBeGreaterThanOrEqual(
          400,
        );
      },
    ),
    { numRuns: rounds(80, 150) },
  );
  expect(spoilt).toBeGreaterThan(30);
  expect(await open()).toBe(before);
});
