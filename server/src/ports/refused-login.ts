/** Somebody who was not let in, as it is told to whoever watches. Nothing of what was shown is in it. */

/** An attempt that was refused. */
export interface RefusedLogin {
  /** Where it was made, for example `finazon-rest`; one of a closed set for each protocol. */
  readonly door: string;
  /** One of a closed set for each door. */
  readonly reason: string;
  readonly address: string | undefined;
}

/** Told of each refusal, before the one who tried is. */
export type WatchLogins = (refused: RefusedLogin) => void;
