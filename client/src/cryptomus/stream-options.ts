/** What a Cryptomus stream is opened with, and what it counts. */
import type { ConnectionCounts, Patience } from "../connection.ts";
import type { Platform } from "../platform.ts";

/** Names of markets or currencies; `all` takes those that come later too. */
export type Names = "all" | string | readonly string[];

/** Where and as whom to connect. */
export interface CryptomusStreamOptions {
  /** Address of the server, `http` or `ws`; `/ws` is added where it has no path. */
  readonly url: string;
  /**
   * The one-time token, or who makes a new one for each connection, which is what lets a lost one come back:
   * `() => rest.token()`. Left out where the server gives public channels to everybody.
   */
  readonly token?: string | (() => Promise<string>);
  /**
   * Asks for positions, which an openbourse tells: after a loss streams go on where they stopped, without a gap
   * wherever that can be, and books are compared with their checksums. Off by default: other servers need not know it.
   */
  readonly positions?: boolean;
  readonly patience?: Partial<Patience>;
  readonly platform?: Partial<Platform>;
}

/** What has happened on a stream. */
export interface StreamCounts extends ConnectionCounts {
  /** Times that messages of a history may have been missed. */
  readonly gaps: number;
  /** Streams that went on without a gap where they had stopped; only with positions. */
  readonly resumes: number;
  /** Order books that were asked for again. */
  readonly resyncs: number;
  /** Items that were thrown away by feeds whose buffer was full. */
  readonly dropped: number;
}

/** How a feed of a history begins. */
export interface StartOptions {
  /** Whether what happened between the call and the server's first word is told as a {@link Gap} too. */
  readonly gapAtStart?: boolean;
}
