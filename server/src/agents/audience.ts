/**
 * Whether anybody is there: a client with a connection, or one that has asked over REST lately. What
 * is simulated for an audience goes on slowly without one.
 */
import type { Clock } from "../ports/clock.ts";
import type { RestRoute } from "../ports/rest.ts";

/** How long somebody counts as there after the last sign of them, in milliseconds; also after a start. */
export const audienceGraceMs = 300_000;

/** Watches for clients; call {@link look} about every second. */
export class Audience {
  readonly #clock: Clock;
  readonly #listeners = new Set<(isThere: boolean) => void>();
  #seenMs: number;
  #isThere = true;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#seenMs = clock.monotonicMs();
  }

  /** Somebody has given a sign. */
  seen(): void {
    this.#seenMs = this.#clock.monotonicMs();
    this.#change(true);
  }

  /** Looks how many connections there are. */
  look(connections: number): void {
    if (connections > 0) this.seen();
    else if (this.#clock.monotonicMs() - this.#seenMs >= audienceGraceMs) this.#change(false);
  }

  /** Tells `listener` whenever the first client comes and when the last one is gone; the returned function ends that. */
  onChange(listener: (isThere: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The same routes; whoever asks there is noticed. */
  noticing(routes: readonly RestRoute[]): readonly RestRoute[] {
    return routes.map((route) => ({
      ...route,
      handle: (request, nowMs) => {
        this.seen();
        return route.handle(request, nowMs);
      },
    }));
  }

  #change(isThere: boolean): void {
    if (isThere === this.#isThere) return;
    this.#isThere = isThere;
    for (const listener of this.#listeners) listener(isThere);
  }
}
