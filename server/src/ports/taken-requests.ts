/** Which signed requests were taken, where several processes take those of the same users. */

/** A request whose signature is good. */
export interface TakenRequest {
  /** Lower-case hex; no two requests have the same. */
  readonly signature: string;
  /** Its time stamp, in milliseconds since 1970. */
  readonly stampMs: number;
  /** How far a time stamp may be from the clock of a process that takes it. */
  readonly windowMs: number;
}

/** Whether a request is taken by this process, and by no other. */
export type TakeOutcome =
  | { readonly kind: "new" }
  | { readonly kind: "taken" }
  | { readonly kind: "unavailable" }
  /** Nobody knows what was taken of all that is stamped up to this time. */
  | { readonly kind: "unknown"; readonly floorMs: number };

/** The requests that were taken by all processes together, as long as they could be taken again. */
export interface TakenRequests {
  take(request: TakenRequest): Promise<TakeOutcome>;
}
