/**
 * Up to which time stamp signed requests were taken, for the next process: it cannot know each of them,
 * and takes none that an earlier one may have taken.
 */
export interface SignedStamps {
  /**
   * Up to which time stamp earlier processes may have taken requests, in milliseconds since 1970;
   * undefined when none has. Where that is not known, everything is assumed that may be `windowMs`
   * ahead of the clock.
   */
  floorMs(windowMs: number): number | undefined;
  /** To be called before a request is taken, with a time stamp up to which requests may be taken. */
  note(stampMs: number): void;
}
