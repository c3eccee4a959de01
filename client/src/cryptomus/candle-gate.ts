/**
 * Keeps candles of another interval away. An update does not say which interval it is of, so while one interval takes the place
 * of another, what comes may be of either: until the server has answered every request about a market, nothing is let through.
 * What was missed meanwhile follows, since a subscription begins with the newest candle.
 */
import type { Channel } from "./wire.ts";

interface Waiting {
  /** Requests without an answer. */
  requests: number;
  /** Intervals that the server did not stop when it was asked to. */
  readonly running: Set<string>;
}

/** See the head of the file. */
export class CandleGate {
  readonly #markets = new Map<string, Waiting>();

  /**
   * A request is under way. What is returned is called at once when it is answered, and told whether the server took it: an interval
   * that was not stopped goes on. Other channels pass freely.
   */
  shut(
    channel: Channel,
    direction: "on" | "off",
    names: readonly string[],
  ): (wasTaken: boolean) => void {
    const [name = ""] = channel === "candles" ? names : [];
    const [market = ""] = name.split("|");
    if (market === "") return () => {};
    const waiting = this.#markets.get(market) ?? { requests: 0, running: new Set() };
    this.#markets.set(market, waiting);
    waiting.requests += 1;
    let isAnswered = false;
    return (wasTaken) => {
      if (isAnswered) return;
      isAnswered = true;
      waiting.requests -= 1;
      if (direction === "off" && !wasTaken) waiting.running.add(name);
      else waiting.running.delete(name);
      const isOver = waiting.requests === 0 && waiting.running.size === 0;
      if (isOver && this.#markets.get(market) === waiting) this.#markets.delete(market);
    };
  }

  isShut(market: string): boolean {
    return this.#markets.has(market);
  }

  /** The connection is gone, and with it all that ran. */
  clear(): void {
    this.#markets.clear();
  }
}
