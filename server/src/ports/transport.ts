/** The writing end of one connection, as the hub sees it. */

/**
 * What became of bytes that were written: `sent`, they are out and their memory may be used again;
 * `kept`, they wait in the socket and must not be changed; `full`, they wait, and nothing more is to be
 * written before the hub is told that the connection has drained.
 */
export type Written = "sent" | "kept" | "full";

/** Makes memory of the kind that transports write without converting it; what is in it is arbitrary. */
export type Allocate = (bytes: number) => Uint8Array;

/** Takes bytes towards one client. */
export interface Transport {
  /** Writes whole frames, one after the other, with as few system calls as possible. */
  write(bytes: Uint8Array): Written;
  /** Closes the connection with a code and a reason; harmless when it is closing already. */
  close(code: number, reason: string): void;
}

/** One complete server-side WebSocket text frame, in the two forms that clients may take. */
export interface Frame {
  readonly plain: Uint8Array;
  /** For clients that take compressed messages; made once, when it is first asked for. */
  readonly compressed: Uint8Array;
}

/** Makes a frame of a text. */
export type FrameText = (text: string) => Frame;
