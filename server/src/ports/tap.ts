/** Where somebody who records may look at what passes. Who looks slows nothing down: what they cannot take is dropped. */

/** What is told of something that passed, besides its bytes. `us`: when, in microseconds since 1970. */
export interface TapHead {
  readonly t: string;
  readonly us: number;
  readonly [field: string]: unknown;
}

/** Whoever looks. */
export interface TapSink {
  /** Takes what passed and copies the bytes; does not throw. */
  passed(head: TapHead, bytes?: Uint8Array): void;
}

/** A place where something passes. */
export interface Tap {
  /** Shows everything from now on, until what is returned is called. */
  open(sink: TapSink): () => void;
}

/** Where things pass in a server. */
export interface Taps {
  /** What is sent on all connections. */
  readonly sent: Tap;
  /** Frames of the venues of datasets, by their codes. */
  readonly venues: ReadonlyMap<string, Tap>;
}
