/**
 * The part of ccxt that is used, and where it is found. It is an optional peer: nothing of it is loaded
 * before a dataset is configured with it, and then the one exchange and not the hundred others.
 */
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { nearest } from "../../ports/nearest.ts";

/** A trade as ccxt makes it with `number: String`. */
export interface CcxtTrade {
  readonly id?: string | undefined;
  /** Milliseconds since 1970. */
  readonly timestamp?: number | undefined;
  readonly side?: string | undefined;
  readonly price?: string | number | undefined;
  readonly amount?: string | number | undefined;
  /** The venue's own trade. */
  readonly info?: unknown;
}

/** A level of a book: price and amount. */
export type CcxtLevel = readonly [string | number, string | number];

/** The newest trades of a market, as ccxt keeps them. */
export interface CcxtTrades extends Iterable<CcxtTrade> {
  append(trade: CcxtTrade): void;
}

/** A connection of ccxt. */
export interface CcxtClient {
  readonly url: string;
  readonly gunzip?: boolean;
  readonly inflate?: boolean;
  readonly subscriptions: Record<string, unknown>;
  log(...words: readonly unknown[]): void;
  onMessage(event: { readonly data: unknown }): void;
  onError(error: Error): void;
  onPing(): void;
  onPong(): void;
  onClose(event: unknown): void;
  send(message: unknown): Promise<unknown>;
  close(): unknown;
}

/** An exchange of ccxt. */
export interface CcxtExchange {
  readonly id: string;
  readonly has: Record<string, boolean | string | undefined>;
  readonly clients: Record<string, CcxtClient>;
  /** What was told of each market, newest last; it outlives connections. */
  readonly trades: Record<string, CcxtTrades>;
  newUpdates: boolean;
  readonly streaming: { keepAlive?: number };
  parseJson(text: string): unknown;
  client(url: string): CcxtClient;
  watch(
    url: string,
    messageHash: string,
    message?: unknown,
    subscribeHash?: string,
    ...more: unknown[]
  ): unknown;
  watchMultiple(
    url: string,
    messageHashes: string[],
    message?: unknown,
    subscribeHashes?: string[],
    ...more: unknown[]
  ): unknown;
  calculateWsBackoffDelay(url: string): number;
  loadHttpProxyAgent(): Promise<unknown>;
  loadMarkets(): Promise<unknown>;
  /** Throws where there is no such market. */
  market(symbol: string): { readonly symbol: string };
  watchTrades(symbol: string): Promise<readonly CcxtTrade[]>;
  watchOrderBook(
    symbol: string,
  ): Promise<{ readonly bids: readonly CcxtLevel[]; readonly asks: readonly CcxtLevel[] }>;
  fetchTrades(
    symbol: string,
    since: number | undefined,
    limit: number | undefined,
  ): Promise<readonly CcxtTrade[]>;
  close(): Promise<unknown>;
}

/** Makes an exchange. */
export type CcxtConstructor = new (settings: Readonly<Record<string, unknown>>) => CcxtExchange;

/** Where the library is. */
export interface CcxtLibrary {
  /** The module of an exchange. */
  readonly module: URL;
}

const remedy = "npm install ccxt@4.5.84";

/** Finds an exchange without loading anything; a text says what is missing and what to do. */
export function findExchange(exchange: string): CcxtLibrary | string {
  let main: string;
  try {
    main = import.meta.resolve("ccxt");
  } catch {
    return missing;
  }
  if (!existsSync(fileURLToPath(main))) return missing;
  const folder = new URL("./src/pro/", main);
  const module = new URL(`./${exchange}.js`, folder);
  if (existsSync(fileURLToPath(module))) return { module };
  const names = readdirSync(fileURLToPath(folder)).map((file) => file.replace(/\.(d\.ts|js)$/, ""));
  const near = nearest(exchange, names);
  const meant = near === undefined ? "" : `: did you mean ${near}?`;
  return `ccxt streams no exchange "${exchange}"${meant}`;
}

const missing = `kind: ccxt needs the package ccxt, which is not installed: ${remedy}`;

/** Loads it. */
export async function loadExchange({ module }: CcxtLibrary): Promise<CcxtConstructor> {
  const loaded = (await import(module.href)) as { readonly default: CcxtConstructor };
  return loaded.default;
}
