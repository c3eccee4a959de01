/** The open connections of a server, as operators see them. */

/** A connection as listings show it. Nothing in it is a secret. */
export interface ConnectionFigures {
  readonly number: number;
  /** Name of the protocol. */
  readonly dialect: string;
  /** As its session names it. */
  readonly owner: string;
  /** Address and port of the peer, which may be a proxy; empty when it is gone already. */
  readonly remote: string;
  /** In milliseconds since 1970. */
  readonly openedAtMs: number;
  readonly subscriptions: number;
  readonly messagesIn: number;
  /** Frames and bytes written to the socket. */
  readonly framesOut: number;
  readonly bytesOut: number;
  /** Frames that were spared because a newer state took their place. */
  readonly conflated: number;
  /** Bytes that wait until the client reads: in its outbox, and in the socket's buffer. */
  readonly waitingBytes: number;
  /** Whether the socket takes no more at present. */
  readonly behind: boolean;
}

/** What a server tells of its connections. */
export interface ConnectionSource {
  /** All that are open. */
  readonly connections: number;
  /** At most `max` of them: those that are behind, then the oldest. */
  list(max: number): readonly ConnectionFigures[];
}
