import { describe, expect, it } from "vitest";
import { Catalog } from "../marketdata/catalog.ts";
import type { Feed, FeedEvent, FeedOutcome } from "../ports/feed.ts";
import type { LogFields } from "../ports/log.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { FeedRunner } from "./bar-streams.ts";
import { attemptsMax, delayMaxMs, FeedRestarts, healthyAfterMs } from "./feed-restarts.ts";

const dataset = { code: "live", name: "Live", publisher: "venue" };

function policy(isRecording: boolean, seed = 7): FeedRestarts {
  return new FeedRestarts({ seed, dataset: dataset.code, isRecording });
}

describe("a feed that failed", () => {
  const atOnce = { lastedMs: 0, hasYielded: true };

  it("waits twice as long after each failure, up to a bound, and never twice the same", () => {
    const restarts = policy(false);
    const waits = Array.from({ length: 100 }, () => restarts.failed(atOnce) ?? 0);
    const wholes = waits.map((_, n) => Math.min(1_000 * 2 ** n, delayMaxMs));
    waits.forEach((wait, n) => {
      expect(wait).toBeGreaterThanOrEqual((wholes[n] ?? 0) / 2);
      expect(wait).toBeLessThanOrEqual((wholes[n] ?? 0) + 1);
    });
    expect(new Set(waits).size).toBeGreaterThan(90);
  });

  it("waits as it did before with the same seed, and otherwise with another", () => {
    const waits = (seed: number) => {
      const restarts = policy(false, seed);
      return Array.from({ length: 5 }, () => restarts.failed(atOnce));
    };
    expect(waits(1)).toEqual(waits(1));
    expect(waits(1)).not.toEqual(waits(2));
  });

  it("begins again with the shortest wait once it was well", () => {
    const restarts = policy(false);
    for (let n = 0; n < 8; n += 1) restarts.failed(atOnce);
    expect(restarts.failed({ lastedMs: healthyAfterMs, hasYielded: true })).toBeLessThan(1_001);
    expect(restarts.failures).toBe(1);
  });
});

describe("a recording that failed", () => {
  it("is not told from its beginning again", () => {
    expect(policy(true).failed({ lastedMs: 0, hasYielded: true })).toBeUndefined();
  });

  it("that could not be begun is tried a bounded number of times", () => {
    const restarts = policy(true);
    const waits = Array.from({ length: attemptsMax }, () =>
      restarts.failed({ lastedMs: 0, hasYielded: false }),
    );
    expect(waits.indexOf(undefined)).toBe(attemptsMax - 1);
  });
});

/** A feed whose runs a test ends one after another, and its runner. */
function setUp(isRecording: boolean) {
  const clock = new VirtualClock();
  const catalog = new Catalog();
  catalog.addDataset(dataset);
  const said: { phrase: string; fields: LogFields | undefined }[] = [];
  const write = (phrase: string, fields?: LogFields) => {
    said.push({ phrase, fields });
  };
  let runs = 0;
  let closed = 0;
  let end: (outcome: FeedOutcome | Error) => void = () => {};
  const feed: Feed = {
    time: "feed",
    tickers: [],
    async *run(): AsyncGenerator<readonly FeedEvent[], FeedOutcome> {
      runs += 1;
      const ended = new Promise<FeedOutcome | Error>((resolve) => {
        end = resolve;
      });
      try {
        if (!isRecording) yield [];
        const outcome = await ended;
        if (outcome instanceof Error) throw outcome;
        return outcome;
      } finally {
        closed += 1;
      }
    },
  };
  const runner = new FeedRunner({
    dataset,
    opened: {
      feed,
      waitsForConsumers: false,
      waitsForAudience: false,
      isRecording,
      simulated: false,
    },
    restarts: policy(isRecording),
    latenessUs: 0,
    unchangedBars: true,
    catalog,
    clock,
    log: { debug() {}, info: write, warn: write, error: write },
    publish() {},
    caughtUp: () => undefined,
  });
  runner.start();
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    ...{ clock, runner, said },
    runs: () => runs,
    closed: () => closed,
    settle,
    async end(outcome: FeedOutcome | Error): Promise<void> {
      await settle();
      end(outcome);
      await settle();
    },
  };
}

describe("a runner", () => {
  it.each<[string, FeedOutcome | Error]>([
    ["says that it failed", { kind: "failed", reason: "the venue hung up" }],
    ["throws, which is a bug", new Error("the venue hung up")],
  ])("starts a feed again that %s, counts it and says so", async (_, outcome) => {
    const { clock, runner, said, runs, closed, settle, end } = setUp(false);
    await end(outcome);
    expect([runner.state, runs(), closed()]).toEqual(["restarting", 1, 1]);
    expect(said).toMatchObject([
      {
        phrase: "feed failed and is started again",
        fields: { dataset: "live", failures: 1, reason: expect.stringContaining("hung up") },
      },
    ]);
    clock.advanceBy(1_001_000);
    await settle();
    expect([runner.state, runs(), runner.figures.restarts]).toEqual(["running", 2, 1]);
    await end({ kind: "finished" });
    expect(runner.state).toBe("finished");
  });

  it("that is stopped meanwhile does not start it again", async () => {
    const { clock, runner, runs, end } = setUp(false);
    await end({ kind: "failed", reason: "the venue hung up" });
    await runner.stop();
    expect([runner.state, runs(), clock.pendingTimers]).toEqual(["stopped", 1, 0]);
  });

  it("says at last that a recording which cannot be begun stays stopped", async () => {
    const { clock, runner, said, runs, settle, end } = setUp(true);
    for (let n = 0; n < attemptsMax; n += 1) {
      await end({ kind: "failed", reason: "the first 100 lines are malformed" });
      clock.advanceBy(delayMaxMs * 1_000);
      await settle();
    }
    await runner.finished();
    expect([runner.state, runs()]).toEqual(["failed", attemptsMax]);
    expect(said.at(-1)).toMatchObject({
      phrase: "feed failed and stays stopped",
      fields: { reason: "the first 100 lines are malformed", failures: attemptsMax },
    });
  });
});
