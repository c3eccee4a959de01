import { beforeEach, describe, expect, it } from "vitest";
import { until, untilTrue } from "../../../test/support/until.ts";
import type { Instrument } from "../marketdata/instrument.ts";
import type { Trade } from "../marketdata/trade.ts";
import type { FeedContext, FeedEvent } from "../ports/feed.ts";
import { stopSource } from "../ports/feed.ts";
import { nextTurn } from "../ports/timers.ts";
import { MemoryDatasetBroker, MemoryDatasetStream } from "../testing/memory-dataset-stream.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { DatasetLead, type Told, takeOverAfterMs } from "./dataset-lead.ts";
import { decodeTelling } from "./dataset-messages.ts";
import { FollowedDataset } from "./followed-dataset.ts";

const dataset = "spot";
const minuteUs = 60_000_000;
/** A whole minute. */
const startUs = 1_577_836_800_000_000;

const instrument: Instrument = {
  dataset: { code: dataset, name: dataset, publisher: dataset },
  ticker: "A/B",
  index: 0,
};

function tradeAt(seconds: number, id: number): Trade {
  const eventTimeUs = startUs + seconds * 1_000_000;
  return {
    ...{ instrument, venue: "v", id, price: 100 + id, priceScale: 0 },
    ...{ quantity: 2n ** 70n, quantityScale: 0, aggressor: "buy" },
    ...{ eventTimeUs, receiveTimeUs: eventTimeUs },
  };
}

const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** A node that stands by for the dataset and follows it. */
class Node {
  readonly stream: MemoryDatasetStream;
  readonly followed: FollowedDataset;
  readonly lead: DatasetLead;
  readonly events: FeedEvent[] = [];
  readonly lost: string[] = [];
  readonly #stop = stopSource();
  told: Told | undefined;
  stops = 0;

  constructor(broker: MemoryDatasetBroker, clock: VirtualClock, name: string, recording?: string) {
    this.stream = new MemoryDatasetStream(broker);
    this.lead = new DatasetLead({
      ...{ dataset, stream: this.stream, node: name, writer: `process of ${name}`, clock, log },
      about: {
        ...{ latenessUs: 10_000_000, unchangedBars: true, tellsKnown: false },
        ...(recording === undefined ? {} : { recording }),
      },
      tickers: { count: () => 1, names: () => [instrument.ticker] },
      begin: async (told) => {
        this.told = told;
        if (recording === undefined) told.goOn();
        return {
          stop: async () => {
            this.stops += 1;
            this.told = undefined;
          },
        };
      },
    });
    this.followed = new FollowedDataset({
      ...{ dataset, stream: this.stream, clock },
      decided: () => {},
      heard: (telling, at) => this.lead.heard(telling, at),
      lost: (reason) => this.lost.push(reason),
    });
  }

  /** Begins to follow, and to stand by. */
  async start(): Promise<void> {
    await this.lead.announce();
    await this.begin();
    this.lead.start();
  }

  async begin(): Promise<void> {
    await this.followed.begin();
    const context = {
      instrument: () => instrument,
      sleep: () => nextTurn(),
    } as unknown as FeedContext;
    void (async () => {
      for await (const events of this.followed.run(context, this.#stop.signal)) {
        this.events.push(...events);
      }
    })();
  }

  get ids(): readonly unknown[] {
    return this.events.flatMap((event) =>
      event.kind === "trades" ? event.trades.map(({ id }) => id) : [],
    );
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await this.lead.stop();
  }
}

describe("a dataset that nodes share", () => {
  let broker: MemoryDatasetBroker;
  let clock: VirtualClock;
  let first: Node;
  let second: Node;
  beforeEach(async () => {
    broker = new MemoryDatasetBroker();
    clock = new VirtualClock(startUs);
    first = new Node(broker, clock, "first");
    second = new Node(broker, clock, "second");
    await first.start();
    await second.start();
    await passUntil(() => first.told !== undefined);
  });

  /** Lets time pass until something is so. */
  async function passUntil(isSo: () => boolean): Promise<void> {
    for (let round = 0; round < 20_000; round += 1) {
      clock.advanceBy(50_000);
      for (let turn = 0; turn < 6; turn += 1) await nextTurn();
      if (isSo()) return;
    }
    throw new Error(`a thousand seconds have passed, and it has not come about: ${isSo}`);
  }

  const tell = ({ told }: Node, seconds: number, ...ids: readonly number[]) => {
    told?.writer.time(startUs + seconds * 1_000_000);
    for (const id of ids) told?.writer.trade(tradeAt(seconds, id));
  };

  it("is fed by the first node that comes, and told to all as it was taken", async () => {
    expect(second.told).toBeUndefined();
    tell(first, 1, 1, 2);
    first.told?.writer.gap({ fromUs: startUs, toUs: startUs + 5, reason: "a hole" });
    first.told?.writer.known({ ticker: "A/B", fromUs: startUs, toUs: startUs + 7 });
    await passUntil(() => second.events.length >= 4);
    expect(second.events.slice(0, 4)).toEqual([
      { kind: "time", atUs: startUs + 1_000_000 },
      { kind: "trades", trades: [tradeAt(1, 1), tradeAt(1, 2)] },
      { kind: "gap", ticker: undefined, fromUs: startUs, toUs: startUs + 5, reason: "a hole" },
      { kind: "known", ticker: "A/B", fromUs: startUs, toUs: startUs + 7 },
    ]);
    expect(second.followed.state).toBe("running");
  });

  it("is taken over when its writer leaves, at once", async () => {
    tell(first, 1, 1);
    await passUntil(() => second.ids.length === 1);
    const before = clock.monotonicMs();
    await Promise.all([first.end(), passUntil(() => second.told !== undefined)]);
    expect(clock.monotonicMs() - before).toBeLessThan(takeOverAfterMs);
  });

  it("is taken over after a silence; what the old writer has still to tell is refused, and it stands by", async () => {
    tell(first, 1, 1);
    await passUntil(() => second.ids.length === 1);
    first.stream.isAway = true;
    tell(first, 2, 2);
    await passUntil(() => second.told !== undefined);
    tell(second, 3, 3);
    first.stream.isAway = false;
    await passUntil(() => first.stops === 1);
    await passUntil(() => second.ids.length === 2);
    expect(second.ids).toEqual([1, 3]);
    await passUntil(() => first.ids.length === 2);
    expect(first.ids).toEqual([1, 3]);
    expect(first.lost).toEqual([]);
  });

  it("is told once by a writer whose answers are lost", async () => {
    first.stream.loseAnswers(3);
    for (const id of [1, 2, 3, 4]) tell(first, id, id);
    await passUntil(() => second.ids.length === 4);
    expect(second.ids).toEqual([1, 2, 3, 4]);
    expect(first.told).toBeDefined();
  });

  it("is told by more messages where one has no room, in order", async () => {
    const ids = Array.from({ length: 3_000 }, (_, at) => at + 1);
    tell(first, 1, ...ids);
    await passUntil(() => second.ids.length === ids.length);
    expect(second.ids).toEqual(ids);
    for (const { bytes } of broker.messages) {
      expect(bytes.length).toBeLessThanOrEqual(first.stream.messageBytesMax);
    }
  });

  it("is read by a node that comes later from the first trade of the minute that may still change", async () => {
    for (let minute = 0; minute < 5; minute += 1) {
      tell(first, minute * 60 + 1, minute * 10 + 1);
      const count = second.ids.length;
      await passUntil(() => second.ids.length > count);
    }
    const late = new Node(broker, clock, "late");
    await late.begin();
    await passUntil(
      () => late.ids.length > 0 && late.followed.place?.at === second.followed.place?.at,
    );
    expect(late.ids[0]).toBeGreaterThan(1);
    expect(late.ids.at(-1)).toBe(41);
    const newest = startUs + 4 * minuteUs;
    expect(late.followed.isWhole(newest)).toBe(true);
    await late.end();
  });

  it("does not show a minute of which the beginning was forgotten, and says what is missing", async () => {
    tell(first, 1, 1);
    await passUntil(() => second.ids.length === 1);
    // What decides about bars is said again each minute, and that is kept here.
    const saysAbout = () => broker.messages.findLast(({ bytes }) => decodeTelling(bytes)?.about);
    const before = saysAbout()?.at ?? 0;
    await passUntil(() => (saysAbout()?.at ?? 0) > before);
    tell(first, 62, 2);
    await passUntil(() => second.ids.length === 2);
    broker.forget((saysAbout()?.at ?? 0) - 1);
    const late = new Node(broker, clock, "late");
    await late.begin();
    await passUntil(() => late.events.some(({ kind }) => kind === "gap"));
    expect(late.followed.isWhole(startUs)).toBe(false);
    expect(late.followed.isWhole(startUs + minuteUs)).toBe(true);
    await passUntil(() => late.ids.includes(2));
    await late.end();
  });

  it("cannot be gone on with by a node that has missed messages, and it says so", async () => {
    tell(first, 1, 1);
    await passUntil(() => second.ids.length === 1);
    second.stream.isAway = true;
    for (const id of [2, 3, 4]) {
      tell(first, id, id);
      await passUntil(() => first.ids.includes(id));
    }
    broker.forget(broker.lastAt - 1);
    second.stream.isAway = false;
    await passUntil(() => second.lost.length > 0);
    expect(second.lost[0]).toMatch(/forgotten/);
  });

  it("is not taken over by a node that would play another recording", async () => {
    broker = new MemoryDatasetBroker();
    const [own, other] = [
      new Node(broker, clock, "own", "one file"),
      new Node(broker, clock, "other", "another file"),
    ];
    await own.start();
    await other.start();
    await passUntil(() => own.told !== undefined);
    await Promise.all([own.end(), passUntil(() => other.lead.refused !== undefined)]);
    expect(other.lead.leads).toBe(false);
    expect(other.lead.refused).toMatch(/same files/);
  });

  it("is played on by a node that takes a recording over, from behind what was told", async () => {
    broker = new MemoryDatasetBroker();
    const [own, other] = [
      new Node(broker, clock, "own", "one file"),
      new Node(broker, clock, "other", "one file"),
    ];
    await own.start();
    await other.start();
    await passUntil(() => own.told !== undefined);
    tell(own, 1, 1, 2);
    tell(own, 2, 3);
    await passUntil(() => other.ids.length === 3);
    await Promise.all([own.end(), passUntil(() => other.told !== undefined)]);
    expect(other.told?.isBehind).toBe(true);
    tell(other, 1, 1, 2);
    tell(other, 2, 3);
    expect(other.told?.isBehind).toBe(false);
    tell(other, 3, 4);
    await passUntil(() => other.ids.length === 4);
    expect(other.ids).toEqual([1, 2, 3, 4]);
  });

  it("is waited for while nobody tells of it, and says when nothing is heard", async () => {
    const nobody = new Node(new MemoryDatasetBroker(), clock, "alone");
    expect(await nobody.followed.begin()).toBeUndefined();
    expect(nobody.followed.state).toBe("waiting");
    await untilTrue(() => second.followed.place !== undefined);
    first.stream.isAway = true;
    second.stream.isAway = true;
    clock.advanceBy(6_000_000);
    await until(() => expect(second.followed.state).toBe("stale"));
  });
});

describe("a message of another layout", () => {
  it.each(["", "{", '{"v":2,"head":{"previous":0},"told":[]}', '{"v":1,"told":[]}'])(
    "is none: %j",
    (text) => {
      expect(decodeTelling(new TextEncoder().encode(text))).toBeUndefined();
    },
  );
});
