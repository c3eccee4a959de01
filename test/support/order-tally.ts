/** How many orders fell due, were answered and were acknowledged in each moment, so that times can be left out afterwards. */

/** What is counted. */
export interface OrderCounts {
  /** Orders that fell due: the rate that was asked for. */
  readonly due: number;
  readonly sent: number;
  readonly answered: number;
  readonly acknowledged: number;
}

/** Counts are kept for moments of so many milliseconds. */
const momentMs = 100;

/** Times from one moment to another, in milliseconds since 1970. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

type Moment = { -readonly [Key in keyof OrderCounts]: number };

/** See the head of the file. */
export class OrderTally {
  readonly #moments = new Map<number, Moment>();

  count(what: keyof OrderCounts, atMs: number, more = 1): void {
    const key = Math.floor(atMs / momentMs);
    let moment = this.#moments.get(key);
    if (moment === undefined) {
      moment = { due: 0, sent: 0, answered: 0, acknowledged: 0 };
      this.#moments.set(key, moment);
    }
    moment[what] += more;
  }

  /** How many of each in a second of a span, but for what lies in the spans `without`; 0 where nothing is left. */
  perSecond({ fromMs, toMs }: Span, without: readonly Span[] = []): OrderCounts {
    const sum = { due: 0, sent: 0, answered: 0, acknowledged: 0 };
    let moments = 0;
    for (let key = Math.ceil(fromMs / momentMs); (key + 1) * momentMs <= toMs; key += 1) {
      const fromMs = key * momentMs;
      const isLeftOut = without.some(
        (span) => span.fromMs < fromMs + momentMs && span.toMs > fromMs,
      );
      if (isLeftOut) continue;
      moments += 1;
      const moment = this.#moments.get(key);
      if (moment === undefined) continue;
      for (const what of Object.keys(sum) as (keyof OrderCounts)[]) sum[what] += moment[what];
    }
    const seconds = Math.max((moments * momentMs) / 1_000, momentMs / 1_000);
    return {
      due: sum.due / seconds,
      sent: sum.sent / seconds,
      answered: sum.answered / seconds,
      acknowledged: sum.acknowledged / seconds,
    };
  }
}
