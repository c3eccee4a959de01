/** A server that records a feed dies at any moment, again and again: what it stores and publishes stays whole. */
import { expect, it } from "vitest";
import { rounds } from "../../../test/support/rounds.ts";
import type { Bar } from "../marketdata/bars/bar.ts";
import { minuteInterval } from "../marketdata/bars/interval.ts";
import { atFinest, naiveBars } from "../marketdata/bars/naive-bar.fixture.ts";
import type { DatasetBatch } from "../ports/dataset-store.ts";
import { isStorageFailure } from "../ports/dataset-store.ts";
import { isUnanswered } from "../ports/history.ts";
import type { StorageFailure } from "../ports/storage-fault.ts";
import { Random } from "../simulation/random.ts";
import { MemoryDatasetStore } from "../testing/memory-dataset-store.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { Life, settled, storedTrades } from "./recorded-feed.fixture.ts";

const startUs = Date.UTC(2024, 7, 8, 12) * 1_000;
const secondUs = 1_000_000;
const minuteUs = 60 * secondUs;
const stepUs = 4_370_000;
const tickers = ["A/B", "C/D"] as const;

/** What the source tells under a number, counted from 1. */
const tradeOf = (number: number) => ({
  id: number,
  atUs: startUs + number * stepUs,
  price: 1 + ((number * 7) % 11),
  ticker: tickers[number % 2]!,
});

const lastBy = (timeUs: number) => Math.floor((timeUs - startUs) / stepUs);

/** Numbers of a ticker's trades in a minute, as far as the source has come. */
function tradesOf(minute: number, ticker: string, last: number): number {
  let count = 0;
  for (let number = 1; number <= last; number += 1) {
    const { atUs, ticker: own } = tradeOf(number);
    if (own === ticker && atUs >= minute && atUs < minute + minuteUs) count += 1;
  }
  return count;
}

/** A store whose disk takes its time; what is under way when the server dies is not stored. */
class SlowStore extends MemoryDatasetStore {
  #waiting: (() => void)[] = [];
  isStalled = false;

  override async put(batch: DatasetBatch): Promise<StorageFailure | undefined> {
    if (this.isStalled) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return super.put(batch);
  }

  goOn(): void {
    this.isStalled = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  die(): void {
    this.#waiting = [];
    this.isStalled = false;
  }
}

/** A market that goes on while the server which records it dies and is started again. */
class MortalServer {
  readonly #random: Random;
  readonly #store = new SlowStore();
  /** How many trades each minute and ticker had when it was published last. */
  readonly #published = new Map<string, number>();
  #nowUs = startUs;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Lives for a while and dies. */
  async live(): Promise<void> {
    const random = this.#random;
    const clock = new VirtualClock(this.#nowUs);
    const seconds = random.below(random.below(2) === 0 ? 4 : 150);
    await this.#live(clock, seconds);
    this.#store.die();
    await settled();
    await this.#checkStored();
    // The clock may have been set back meanwhile.
    const behindUs = random.below(4) === 0 ? random.below(1_000) * secondUs : 0;
    const aheadUs = random.below(300) * secondUs + random.below(secondUs);
    const laterUs = Math.max(startUs, clock.nowUs() + aheadUs - behindUs);
    this.#nowUs = laterUs + random.below(secondUs);
  }

  /** Lives for two minutes by a clock that is right, and stops; then nothing is left to be published. */
  async end(): Promise<void> {
    const clock = new VirtualClock(Math.max(this.#nowUs, await this.#storedUs()));
    const life = await this.#live(clock, 130);
    this.#store.goOn();
    await life.stop();
    const count = await this.#checkStored();
    const endUs = (await this.#storedUs()) - 2 * minuteUs;
    for (let minute = startUs; minute < endUs - (endUs % minuteUs); minute += minuteUs) {
      for (const ticker of tickers) {
        const name = `${minute} ${ticker}`;
        expect(this.#published.get(name) ?? 0, name).toBe(tradesOf(minute, ticker, count));
      }
    }
  }

  async #live(clock: VirtualClock, seconds: number): Promise<Life> {
    const random = this.#random;
    const storedUs = await this.#storedUs();
    const life = await Life.begin({ store: this.#store, clock });
    // All of its past, or at least what several lives in a row can have missed.
    const toldAgain = random.below(2) === 0 ? 1_000_000 : 1_000;
    let told = Math.max(0, lastBy(clock.nowUs()) - toldAgain);
    for (let second = 0; second < seconds; second += 1) {
      if (random.below(20) === 0) this.#store.isStalled = true;
      else if (random.below(8) === 0) this.#store.goOn();
      const due = [];
      for (const last = lastBy(clock.nowUs()); told < last; told += 1) due.push(tradeOf(told + 1));
      if (due.length > 0) await life.trades(...due);
      await life.pass(1);
    }
    this.#checkPublished(life, storedUs);
    return life;
  }

  /** None is closed twice, and none that an earlier life has stored as closed. */
  #checkPublished({ published }: Life, storedUs: number): void {
    const closed = published.filter(({ state }) => state === "closed");
    const names = closed.map((bar) => `${bar.startUs} ${bar.ticker}`);
    expect(new Set(names).size).toBe(names.length);
    for (const bar of closed) expect(bar.startUs + minuteUs).toBeGreaterThan(storedUs);
    for (const bar of published) {
      this.#published.set(`${bar.startUs} ${bar.ticker}`, bar.tradeCount);
    }
  }

  /** The stored trades are all up to the last one, each once, and the bars are theirs. How many they are. */
  async #checkStored(): Promise<number> {
    const ids: number[] = [];
    for (const ticker of tickers) {
      const trades = await storedTrades(this.#store, ticker);
      ids.push(...trades.map(({ id }) => Number(id)));
      const all = { dataset: "d", ticker, fromUs: 0, toUs: Number.MAX_SAFE_INTEGER };
      const rows = { order: "oldest-first", interval: minuteInterval, limit: 10_000 } as const;
      const answer = await this.#store.bars({ ...all, ...rows });
      if (isUnanswered(answer)) throw new Error(answer.message);
      const bars = answer.bars.map((bar) => ({ ...atFinest(bar as Bar), revision: 0 }));
      expect(bars).toEqual(naiveBars(trades, minuteInterval));
    }
    expect(ids.toSorted((one, other) => one - other)).toEqual(ids.map((_, index) => index + 1));
    return ids.length;
  }

  /** Market time as it is stored. */
  async #storedUs(): Promise<number> {
    const position = await this.#store.position("d");
    if (isStorageFailure(position)) throw new Error(position.message);
    return position?.timeUs ?? 0;
  }
}

const seed = Number(process.env["OPENBOURSE_TEST_SEED"] ?? Date.now() % 1_000_000);
const servers = rounds(16, 400);

it(`stores each trade once and publishes each minute to its end, however it dies (seed ${seed})`, async () => {
  for (let number = 0; number < servers; number += 1) {
    const random = new Random(seed, `server ${number}`);
    const server = new MortalServer(random);
    for (let lives = 1 + random.below(12); lives > 0; lives -= 1) await server.live();
    await server.end();
  }
});
