/**
 * A protocol of a hundred lines: whoever says the name of a ticker is told its last price, now and whenever
 * it changes. It shows what a new protocol takes; `toy-dialect.test.ts` serves it.
 */
import Type, { type Static } from "typebox";
import { formatDecimal } from "../../server/src/core/num/decimal.ts";
import type { CatalogView } from "../../server/src/marketdata/catalog.ts";
import { section } from "../../server/src/ports/config-section.ts";
import type { Encoding, SessionEffect, SessionInput } from "../../server/src/ports/dialect.ts";
import type { OpenProtocol, Protocol, ProtocolContext } from "../../server/src/ports/protocol.ts";
import type { RestReply } from "../../server/src/ports/rest.ts";

const configSchema = Type.Object(
  {
    dataset: Type.String({ default: "huobi", description: "code of the dataset that is echoed" }),
    word: Type.String({ minLength: 4, default: "please", description: "what REST wants to hear" }),
  },
  section,
);

const errors = { "not-polite": "Say the word.", "no-price": "There is no price of {ticker}." };
const refusal = (status: number, why: string): RestReply => ({ status, body: `{"echo":"${why}"}` });
const politeness = { type: "apiKey", in: "header", name: "word", description: "Word." } as const;

const priceSchema = {
  type: "object",
  properties: { echo: { type: "string" }, price: { type: "string" } },
};

function said(name: string, schema: object, contentType: string, payload: unknown) {
  const examples = [{ summary: name, payload }];
  return { name, summary: `A ${name}.`, schema, contentType, examples, replies: [] };
}

/** The protocol as a value, to be put into a server's list. */
export const echo: Protocol<typeof configSchema> = {
  name: "echo",
  title: "Echo",
  configSchema,
  needs: { exchange: false },
  closings: { "not-text": { code: 1003, reason: "Say it in words." } },
  errors: {
    about: "what REST refuses",
    groups: [{ anchor: "echo-rest", heading: "REST", content: Object.values(errors) }],
  },
  describeStream: ({ ticker }) => ({
    path: "/echo",
    about: "Last prices.",
    security: [],
    channels: [
      {
        ...{ name: "prices", title: "Prices", about: "Say a ticker.", isPrivate: false },
        requests: [said("ticker", { type: "string" }, "text/plain", ticker)],
        updates: [said("price", priceSchema, "application/json", { price: "BTC/USDT 1" })],
      },
    ],
  }),
  isEnabled: () => true,
  owns: (path) => path.startsWith("/echo"),
  notFound: () => refusal(404, "nothing here"),
  failed: (status, message) => refusal(status, message),
  open,
};

function open({ catalog }: ProtocolContext, { dataset, word }: Static<typeof configSchema>) {
  const last = new Map<string, string>();
  const encoding: Encoding<"bars"> = {
    name: "echo",
    encode({ ticker }, { close, priceScale }) {
      const price = `${ticker} ${formatDecimal(Number(close), priceScale)}`;
      last.set(ticker, price);
      return JSON.stringify({ price });
    },
  };
  const opened: OpenProtocol = {
    dialect: {
      name: "echo",
      accepts: (path) => path === "/echo",
      open: () => ({ kind: "accepted", session: session(dataset, catalog, encoding) }),
    },
    routes: [
      {
        method: "GET",
        path: "/echo/prices/:ticker",
        summary: "The last price that was told of a ticker.",
        tag: "Echo",
        security: [{ politeness }],
        handle({ params: { ticker = "" }, header }) {
          if (header("word") !== word) return refusal(401, errors["not-polite"]);
          const price = last.get(ticker);
          return price === undefined
            ? refusal(404, errors["no-price"])
            : { status: 200, body: JSON.stringify({ price }) };
        },
      },
    ],
  };
  return opened;
}

function session(dataset: string, catalog: CatalogView, encoding: Encoding<"bars">) {
  function receive(input: SessionInput): readonly SessionEffect[] {
    if (input.kind === "binary") return [{ kind: "close", ...echo.closings["not-text"]! }];
    if (input.kind !== "text") return [];
    const ticker = input.text;
    if (catalog.instrument(dataset, ticker) === undefined)
      return [{ kind: "send", text: '{"echo":"?"}' }];
    return [{ kind: "subscribe", topic: { kind: "bars", dataset, ticker, periodS: 1 }, encoding }];
  }
  const nothing = { owner: "somebody", messageBytesMax: 256, deadlineMs: Infinity, ended() {} };
  return {
    ...nothing,
    started: () => [{ kind: "send", text: '{"echo":"hello"}' }] as const,
    receive,
  };
}
