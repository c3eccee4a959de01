/** The nearest that ccxt has for a message of the exchange's stream: it asks over REST, once. */
import type { Scene, SnippetAccess } from "./scene.ts";

/** What ccxt is told for a channel; `symbol` is a market as ccxt writes it. */
const calls: Readonly<Record<string, (symbol: string) => string>> = {
  lastprice: (symbol) => `fetchTicker(${symbol})`,
  ticker: (symbol) => `fetchTicker(${symbol})`,
  market: (symbol) => `fetchTicker(${symbol})`,
  depth: (symbol) => `fetchOrderBook(${symbol})`,
  trade: (symbol) => `fetchTrades(${symbol})`,
  trades: (symbol) => `fetchTrades(${symbol})`,
  order: (symbol) => `fetchOpenOrders(${symbol})`,
  deal: (symbol) => `fetchCanceledAndClosedOrders(${symbol})`,
  balance: () => "fetchBalance()",
};

const needsUser: ReadonlySet<string> = new Set(["order", "deal", "balance"]);

interface Wanted {
  readonly channel: string;
  readonly market: string | undefined;
}

/** The program; undefined where ccxt has nothing like the messages. */
export function ccxtProgram({ protocol, server, access, messages }: Scene): string | undefined {
  if (protocol !== "cryptomus") return undefined;
  const wanted = messages.flatMap((message) => wantedOf(message) ?? []);
  if (wanted.length === 0) return undefined;
  const isPrivate = wanted.some(({ channel }) => needsUser.has(channel));
  const lines = [
    "// npm install ccxt",
    'import ccxt from "ccxt";',
    "",
    `const server = ${JSON.stringify(server)};`,
    `const exchange = new ccxt.cryptomus(${isPrivate ? credentials(access) : ""});`,
    "exchange.urls.api = { public: server, private: server };",
    "await exchange.loadMarkets();",
    ...wanted.map(({ channel, market }) => {
      const symbol = JSON.stringify((market ?? "BTC_USDT").replace("_", "/"));
      return `console.log(await exchange.${calls[channel]?.(symbol)});`;
    }),
  ];
  return `${lines.join("\n")}\n`;
}

function credentials(access: SnippetAccess): string {
  const secrets = access.is === "user" ? access.secrets : undefined;
  if (secrets === undefined)
    return "{ uid: process.env.OPENBOURSE_USER, secret: process.env.OPENBOURSE_KEY }";
  return `{ uid: ${JSON.stringify(secrets.userId)}, secret: ${JSON.stringify(secrets.apiKey)} }`;
}

function wantedOf(message: string): Wanted | undefined {
  try {
    const { method, params } = JSON.parse(message) as { method?: unknown; params?: unknown };
    const [, channel = ""] = /^([a-z]+)_(?:subscribe|request)$/.exec(String(method)) ?? [];
    if (!Object.hasOwn(calls, channel)) return undefined;
    const [first] = Array.isArray(params) ? (params as readonly unknown[]) : [];
    const [market] = String(first ?? "").split(":");
    const isMarket = /^[A-Z0-9]+_[A-Z0-9]+$/.test(market ?? "");
    return { channel, market: isMarket ? market : undefined };
  } catch {
    return undefined;
  }
}
