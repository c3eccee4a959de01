/**
 * A protocol as one value: everything a server has to know of it to serve it, to document it and to
 * check its configuration. `main/dialects.ts` lists the values; nothing else names a protocol.
 */
import type { Static, TSchema } from "typebox";
import type { MarketRules } from "../core/market/rules.ts";
import type { CatalogView } from "../marketdata/catalog.ts";
import type { MarketBoardView } from "../marketdata/market-board.ts";
import type { AdmissionCounts } from "./admission-counts.ts";
import type { ClockSessions } from "./clock-sessions.ts";
import type { DatasetReader, StoredBars, TickerBarQuery } from "./dataset-reader.ts";
import type { Dialect } from "./dialect.ts";
import type { Unanswered } from "./history.ts";
import type { KeyStore, WorkspaceLimits } from "./key-store.ts";
import type { Log } from "./log.ts";
import type { WatchLogins } from "./refused-login.ts";
import type { RestReply, RestRoute } from "./rest.ts";
import type { RpcServices } from "./rpc.ts";
import type { Secrets } from "./secrets.ts";
import type { SignedStamps } from "./signed-stamps.ts";
import type { Closings, SampleNames, StreamDescription } from "./stream-description.ts";
import type { StreamTokens } from "./stream-tokens.ts";
import type { TakenRequests } from "./taken-requests.ts";
import type { TradingDesk } from "./trading-desk.ts";
import type { UserStore } from "./user-store.ts";
import type { Vault } from "./vault.ts";

/** A protocol that clients can speak, over WebSocket, REST or both. */
export interface Protocol<Schema extends TSchema = TSchema> {
  /** Lower-case letters; also the key of its part of the configuration. */
  readonly name: string;
  /** Its name for people. */
  readonly title: string;
  /** Checks its part of the configuration, fills in the defaults and documents it. */
  readonly configSchema: Schema;
  /**
   * Settings of its part that have moved to another one, with the path they have now. The schema
   * keeps them as optional ones, so that configuration files from before still work.
   */
  readonly movedSettings?: Readonly<Record<string, readonly string[]>>;
  readonly needs: ProtocolNeeds;
  /** Why its connections are closed, by a name in words joined by hyphens. */
  readonly closings: Closings;
  /** Its part of the page `/docs/errors`. */
  readonly errors: ErrorPart;
  /** What clients have to know of its stream, with examples that name these things. */
  describeStream(names: SampleNames): StreamDescription;
  /** Whether it is switched on. */
  isEnabled(config: Static<Schema>): boolean;
  /** Whether a request on this path expects an answer in the words of this protocol. */
  owns(path: string): boolean;
  /** The reply for a path that nothing serves. */
  notFound(path: string): RestReply;
  /**
   * The reply for a request that could not be read (status 400 to 499), or whose handling failed (500
   * and above). Undefined: the server's own.
   */
  failed(status: number, message: string): RestReply | undefined;
  /** How it is tried with what a demo has made. */
  readonly trial?: ProtocolTrial<Static<Schema>>;
  /** Called once, when everything it works with is there. */
  open(context: ProtocolContext, config: Static<Schema>): OpenProtocol;
}

/** Lines for people, to be pasted into a terminal; a server prints them when it is ready. */
export interface ProtocolTrial<Config> {
  /** With an API key; the dataset is the first one that is served. */
  ofKey?(at: ServerAddresses, key: string, dataset: string | undefined): readonly string[];
  /** As a user of the exchange. */
  ofUser?(
    at: ServerAddresses,
    user: { readonly userId: string; readonly apiKey: string },
    means: { readonly secrets: Secrets; readonly config: Config },
  ): readonly string[];
}

/** Where a server is reached. */
export interface ServerAddresses {
  /** For example `http://127.0.0.1:8080`. */
  readonly http: string;
  /** For example `ws://127.0.0.1:8080`. */
  readonly ws: string;
}

/** What a protocol cannot do without. Without what it needs it is not served. */
export interface ProtocolNeeds {
  /** Whether it trades: a server none of whose protocols does so opens no exchange. */
  readonly exchange: boolean;
}

/** What a server lends to a protocol. Times in milliseconds. */
export interface ProtocolContext {
  readonly log: Log;
  readonly secrets: Secrets;
  /** API keys of workspaces. */
  readonly keys: KeyStore;
  /** What connections and calls are counted with. */
  readonly counts: AdmissionCounts;
  /** Limits of a workspace that has none of its own. */
  readonly limits: WorkspaceLimits;
  readonly catalog: CatalogView;
  /** The past of all datasets of the catalog: what was published when it is asked is in the answer. */
  readonly history: DatasetReader;
  /** Clocks of their own for those who move about in recordings. */
  readonly sessions?: ClockSessions | undefined;
  /** Undefined where there is none, and then no protocol is opened that needs it. */
  readonly exchange: ExchangeAccess | undefined;
  /** For how long after its end late trades may still change a bar. */
  readonly latenessMs: number;
  /** To be told of everybody who is not let in. */
  readonly watch: WatchLogins;
  /** Bounds of visitors without credentials, where these may see public market data. */
  readonly visitors?: VisitorLimits | undefined;
  /** Market time, which answers tell. */
  marketMs(): number;
  /** Wall time, which time stamps of clients are compared with. */
  wallMs(): number;
  /** Runs a task once after a delay; the returned function cancels it. */
  after(delayMs: number, task: () => void): () => void;
}

/** Bounds of visitors without credentials, of one address and of all. */
export interface VisitorLimits {
  readonly connectionsPerAddressMax: number;
  readonly connectionsMax: number;
  /** REST calls of one address a minute, where these take a pass. */
  readonly callsPerMinuteMax: number;
}

/** An exchange as protocols see it. */
export interface ExchangeAccess {
  readonly board: MarketBoardView;
  /** Stored bars of a market that the board has, as a {@link DatasetReader} gives them. */
  readonly bars: StoredMarketBars;
  readonly desk: TradingDesk;
  readonly users: UserStore;
  readonly vault: Vault;
  /** One-time tokens that open streams of users. */
  readonly tokens: StreamTokens;
  readonly stamps: SignedStamps;
  /** What other processes have taken of signed requests; undefined where there are none. */
  readonly taken?: TakenRequests | undefined;
}

/** Asks for stored bars of a market by its code. */
export type StoredMarketBars = (
  market: string,
  query: TickerBarQuery,
) => Promise<StoredBars | Unanswered>;

/** A protocol that is served. */
export interface OpenProtocol {
  readonly dialect: Dialect;
  readonly routes: readonly RestRoute[];
  /** What it serves over gRPC, where that is configured. */
  readonly rpc?: RpcServices;
  /**
   * A pass for public market data: short-lived, and counted by the address that asks for it; undefined for this
   * machine's own, of which only all together are bounded. Left out where visitors without credentials are not let in.
   */
  visitorPass?(address: string | undefined, nowMs: number): string;
  /** Called about every second with a time of `steadyMs`: looks for changes made by other processes. */
  refresh?(nowMs: number): void;
  /** Told of each market that is added to the exchange, when the board has it. */
  marketListed?(rules: MarketRules): void;
  /** Told of each dataset that gets no more data, when the catalog says why. */
  datasetEnded?(code: string): void;
}

/** What a protocol says of its errors to people. Between backquotes stands code. */
export interface ErrorPart {
  /** What the part holds, in a few words. */
  readonly about: string;
  readonly note?: string;
  readonly groups: readonly ErrorGroup[];
}

/** Errors under one heading: a table or a list. */
export interface ErrorGroup {
  /** Where links lead to; unique on the page. */
  readonly anchor: string;
  readonly heading: string;
  readonly note?: string;
  readonly content: ErrorTable | readonly string[];
}

/** Errors, a row each. */
export interface ErrorTable {
  readonly heads: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A name of a table of errors in words. */
export function words(name: string): string {
  return name.replaceAll("-", " ");
}
