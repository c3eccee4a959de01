/** What a test of faults has seen so far, and how it says so: in few lines, also when it ends before its time. */
import type { Fault } from "./cluster-faults.ts";
import type { FirstWrites } from "./first-writes.ts";
import type { OrderCounts, OrderTally, Span } from "./order-tally.ts";

/** What is measured after a blow, in milliseconds since then. */
interface Noted {
  readonly "first durable write": number | undefined;
  readonly takeover: number | undefined;
  readonly "first order answered": number;
}

const measures = ["takeover", "first durable write", "first order answered"] as const;

/** One round after another. */
export class FaultNotes {
  readonly #rounds = new Map<string, Noted[]>();
  /** From each blow to the first order that was answered which was sent after it. */
  readonly #outages: Span[] = [];

  /** Notes a round that was passed, and says so in a line. */
  note(
    { victim, blow }: Fault,
    { commandMs, takeoverMs }: FirstWrites,
    { fromMs, toMs }: Span,
  ): string {
    const name = `${victim}: ${blow}`;
    const all = this.#rounds.get(name) ?? [];
    this.#rounds.set(name, all);
    this.#outages.push({ fromMs, toMs });
    const noted = {
      "first durable write": commandMs,
      takeover: takeoverMs,
      "first order answered": toMs - fromMs,
    };
    all.push(noted);
    return measures
      .flatMap((what) => (noted[what] === undefined ? [] : [`${what} ${noted[what]} ms`]))
      .join("; ");
  }

  /** A line for each kind of fault. */
  faults(): readonly string[] {
    return [...this.#rounds].toSorted().map(([name, all]) => {
      const parts = measures.flatMap((what) => {
        const ms = all.flatMap((one) => one[what] ?? []).toSorted((left, right) => left - right);
        if (ms.length === 0) return [];
        const median = ms[Math.floor((ms.length - 1) / 2)]!;
        return [`${what} ${Math.round(median)} ms, at most ${Math.round(ms.at(-1)!)}`];
      });
      return `${name} (${all.length}): ${parts.join("; ")}`;
    });
  }

  /** Two lines: orders a second over all, and but for the outages. */
  rates(tallies: readonly OrderTally[], span: Span): readonly string[] {
    const seconds = (spans: readonly Span[]) =>
      Math.round(spans.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0) / 1_000);
    const line = (without: readonly Span[]) => {
      const all = tallies.map((tally) => tally.perSecond(span, without));
      const sum = (what: keyof OrderCounts) =>
        Math.round(all.reduce((before, counts) => before + counts[what], 0));
      return `${sum("due")} offered, ${sum("sent")} sent, ${sum("answered")} answered, ${sum("acknowledged")} acknowledged a second`;
    };
    return [
      `over all ${seconds([span])} s: ${line([])}`,
      `but for ${seconds(this.#outages)} s of outages: ${line(this.#outages)}`,
    ];
  }
}
