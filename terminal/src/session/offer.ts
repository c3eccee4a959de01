/**
 * What this server offers, told by one small document that it makes: protocols, whether strangers are served, users of a
 * demo, and datasets with the clocks of those that are replays. It never holds anything secret of a server that is no demo.
 */
import { askServer, isGood } from "./ask-server.ts";

/** Where the document is. */
export const offerPath = "/terminal/config.json";

/** A user of a demo, whom everybody may be. */
export interface DemoUser {
  readonly userId: string;
  readonly apiKey: string;
}

/** A dataset that is served. */
export interface OfferedDataset {
  readonly code: string;
  readonly name: string;
  /** Where its trades come from, such as `replay`, `simulator` or `local`; undefined for imported ones. */
  readonly feed: string | undefined;
  /** Of a replay: its market time, in milliseconds since 1970, when the document was made. */
  readonly clockMs?: number | undefined;
  /** How fast that goes; 0 for as fast as possible. */
  readonly speed?: number | undefined;
  /** How far a bounded one has come. */
  readonly state: "running" | "finished" | "failed";
  /** Of a feed whose tickers are watched one by one: how many there are, and how many of them get nothing at present. */
  readonly tickers?: { readonly all: number; readonly lost: number } | undefined;
}

/** See the head of the file. */
export interface Offer {
  readonly version: string;
  readonly isDemo: boolean;
  /** Names of the protocols that are spoken: `cryptomus`, `finazon`. */
  readonly protocols: readonly string[];
  /** Protocols that a visitor without credentials may use for public market data. */
  readonly anonymous: readonly string[];
  /** Empty unless this is a demo. */
  readonly demoUsers: readonly DemoUser[];
  readonly datasets: readonly OfferedDataset[];
  /** Markets that take no orders at present. */
  readonly halted: readonly string[];
  /** The server's time in milliseconds since 1970. */
  readonly timeMs: number;
}

/** Asks for it. Rejects with a sentence for people. */
export async function askForOffer(): Promise<Offer> {
  // As the entry of the page has asked for it already; the server allows nobody to keep it.
  const answer = await askServer(offerPath);
  if (answer === undefined) throw new Error("The server does not answer.");
  if (!isGood(answer)) throw new Error(`The server refuses with ${answer.status}.`);
  return JSON.parse(answer.text) as Offer;
}
