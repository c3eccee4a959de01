/** Prints bars for programs: each once, when it cannot change any more, with all its digits. */
import { formatDecimal } from "../../core/num/decimal.ts";
import { type BarUpdate, barIntervalUs } from "../../marketdata/bar-update.ts";

/** Holds each bar until it cannot change any more, then prints it. */
export class FinalBars {
  readonly #latenessUs: number;
  readonly #output: NodeJS.WriteStream;
  /** By minute and ticker, oldest minute first. */
  readonly #held = new Map<string, BarUpdate>();
  #printed = 0;
  #drained: Promise<void> | undefined;

  constructor(latenessUs: number, output: NodeJS.WriteStream) {
    this.#latenessUs = latenessUs;
    this.#output = output;
  }

  /** Bars that were printed. */
  get count(): number {
    return this.#printed;
  }

  /** Resolves when the reader has taken what was printed; undefined when they have. */
  get drained(): Promise<void> | undefined {
    return this.#drained;
  }

  take(bar: BarUpdate): void {
    this.#held.set(`${bar.startUs} ${bar.ticker}`, bar);
    for (const [key, held] of this.#held) {
      if (held.startUs + this.#latenessUs + barIntervalUs > bar.startUs) break;
      this.#held.delete(key);
      this.#print(held);
    }
  }

  end(): void {
    for (const bar of this.#held.values()) this.#print(bar);
    this.#held.clear();
  }

  #print(bar: BarUpdate): void {
    this.#printed += 1;
    if (this.#output.write(`${barLine(bar)}\n`)) return;
    this.#drained ??= new Promise((resolve) => {
      this.#output.once("drain", () => {
        this.#drained = undefined;
        resolve();
      });
    });
  }
}

/** Every figure of a bar, as exact decimal digits. */
function barLine(bar: BarUpdate): string {
  const price = (value: number | bigint) => formatDecimal(value, bar.priceScale);
  const quoteScale = bar.priceScale + bar.volumeScale;
  const numbers = [
    ["open", price(bar.open)],
    ["high", price(bar.high)],
    ["low", price(bar.low)],
    ["close", price(bar.close)],
    ["volume", formatDecimal(bar.volume, bar.volumeScale)],
    ["quoteVolume", formatDecimal(bar.quoteVolume, quoteScale)],
    ["takerBuyVolume", formatDecimal(bar.takerBuyVolume, bar.volumeScale)],
    ["takerBuyQuoteVolume", formatDecimal(bar.takerBuyQuoteVolume, quoteScale)],
    ["trades", String(bar.tradeCount)],
    ["revision", String(bar.revision)],
  ];
  const head = `"ticker":${JSON.stringify(bar.ticker)},"t":${bar.startUs / 1_000_000}`;
  return `{${head},${numbers.map(([key, digits]) => `"${key}":${digits}`).join(",")}}`;
}
