/** The writing end of one connection, as the hub sees it. */

/** Takes bytes towards one client. */
export interface Transport {
  /**
   * Writes the frames in this order with as few system calls as possible. False means that the
   * client is behind: nothing more is to be written before the hub is told that it has drained.
   */
  write(frames: readonly Uint8Array[]): boolean;
  /** Closes the connection with a code and a reason; harmless when it is closing already. */
  close(code: number, reason: string): void;
}

/** Makes one complete server-side WebSocket text frame. */
export type FrameText = (text: string) => Uint8Array;
