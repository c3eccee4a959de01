import { describe, expect, it } from "vitest";
import type { BarUpdate } from "../marketdata/bar-update.ts";
import type { BarTopic } from "../marketdata/topic.ts";
import type { Encoding } from "../ports/dialect.ts";
import type { Frame, Transport, Written } from "../ports/transport.ts";
import { Numbering } from "../streams/numbering.ts";
import type { Delivery } from "./due.ts";
import { flushBytesMax, Hub } from "./hub.ts";
import { slowConsumerCode } from "./outbox.ts";

const topic = (ticker: string): BarTopic => ({
  kind: "bars",
  dataset: "huobi",
  ticker,
  periodS: 1,
});
const btc = topic("BTC/USDT");
const eth = topic("ETH/USDT");
/** The hub never looks inside an update; a number tells them apart here. */
const update = (n: number) => ({ tradeCount: n }) as BarUpdate;

const numbering = new Numbering({ epoch: "test", sequence: 0 });
let published = 0;

/** Publishes an update as the next message of its stream. */
function publish(hub: Hub, to: BarTopic, bar: BarUpdate, delivery: Delivery): void {
  published += 1;
  hub.publish(to, numbering.number(to, { sequence: published, tick: 0 }, bar), delivery);
}

const encodings = new Map<string, number>();
const encoding = (name: string): Encoding<"bars"> => ({
  name,
  encode(about, { tradeCount }) {
    encodings.set(name, (encodings.get(name) ?? 0) + 1);
    return `${name} ${about.ticker} ${tradeCount}`;
  },
});
const plain = encoding("plain");

/** Frames that are told apart by a character that no message contains. */
function frameText(text: string): Frame {
  return {
    plain: Buffer.from(`${text}\n`),
    get compressed(): Uint8Array {
      throw new Error("nobody here takes compressed frames, so none is to be made");
    },
  };
}

const state = (key: string): Delivery => ({ kind: "state", key });

/** A transport that takes everything until told to be behind. */
class RecordingTransport implements Transport {
  writes: string[][] = [];
  closed: [number, string] | undefined;
  takesMore = true;

  write(frames: Uint8Array): Written {
    this.writes.push(Buffer.from(frames).toString().split("\n").slice(0, -1));
    return this.takesMore ? "sent" : "full";
  }

  close(code: number, reason: string): void {
    this.closed = [code, reason];
  }
}

function setUp(bytesMax = 1_000, backlogBytesMax = 1_000_000) {
  const tasks: (() => void)[] = [];
  const states = new Map<string, BarUpdate>();
  /** States that are still to be published. */
  const news = new Set<BarUpdate>();
  const hub = new Hub({
    frameText,
    allocate: (bytes) => new Uint8Array(bytes),
    backlogBytesMax,
    schedule: (task) => tasks.push(task),
    current: (topic) => {
      const state = topic.kind === "bars" ? states.get(topic.ticker) : undefined;
      return state && { state, isNews: news.has(state) };
    },
  });
  const join = () => {
    const transport = new RecordingTransport();
    return { transport, outbox: hub.join({ transport, bytesMax, compresses: false }) };
  };
  /** Ends the turn of the event loop. */
  const turn = () => {
    for (const task of tasks.splice(0)) task();
  };
  return { hub, join, turn, tasks, states, news };
}

describe("publishing", () => {
  it("encodes once however many subscribe, and not at all when nobody does", () => {
    const { hub, join, turn } = setUp();
    encodings.clear();
    publish(hub, btc, update(1), state("btc"));
    const clients = Array.from({ length: 1_000 }, join);
    for (const { outbox } of clients) hub.subscribe(outbox, btc, plain);
    publish(hub, btc, update(2), state("btc"));
    turn();
    expect(encodings.get("plain")).toBe(1);
    expect(
      clients.every(({ transport }) => transport.writes.flat().join() === "plain BTC/USDT 2"),
    ).toBe(true);
  });

  it("encodes once for each dialect that is listening", () => {
    const { hub, join, turn } = setUp();
    const other = encoding("other");
    const [a, b] = [join(), join()];
    hub.subscribe(a.outbox, btc, plain);
    hub.subscribe(b.outbox, btc, other);
    publish(hub, btc, update(1), state("btc"));
    turn();
    expect(a.transport.writes).toEqual([["plain BTC/USDT 1"]]);
    expect(b.transport.writes).toEqual([["other BTC/USDT 1"]]);
  });

  it("writes once per client and turn, replies and updates in the order in which they were made", () => {
    const { hub, join, turn, tasks } = setUp();
    const { transport, outbox } = join();
    hub.send(outbox, "welcome");
    hub.subscribe(outbox, btc, plain);
    hub.subscribe(outbox, eth, plain);
    publish(hub, eth, update(1), state("eth"));
    publish(hub, btc, update(2), state("btc"));
    expect(transport.writes).toEqual([]);
    expect(tasks.length).toBe(1);
    turn();
    expect(transport.writes).toEqual([["welcome", "plain ETH/USDT 1", "plain BTC/USDT 2"]]);
  });

  it("does not wait for the end of a turn that produces a lot", () => {
    const { hub, join } = setUp(10 * flushBytesMax);
    const { transport, outbox } = join();
    const text = "x".repeat(flushBytesMax / 4);
    for (let sent = 0; sent < 6; sent += 1) hub.send(outbox, text);
    expect(transport.writes.flat().length).toBe(4);
  });
});

describe("subscriptions", () => {
  it("are counted once, removed once, and a repeat delivers no second copy", () => {
    const { hub, join, turn } = setUp();
    const { transport, outbox } = join();
    hub.subscribe(outbox, btc, plain);
    hub.subscribe(outbox, btc, plain);
    expect(hub.subscriptions).toBe(1);
    publish(hub, btc, update(1), state("btc"));
    turn();
    expect(transport.writes).toEqual([["plain BTC/USDT 1"]]);
    hub.unsubscribe(outbox, btc, plain);
    hub.unsubscribe(outbox, btc, plain);
    hub.unsubscribe(outbox, eth, plain);
    expect(hub.subscriptions).toBe(0);
    publish(hub, btc, update(2), state("btc"));
    turn();
    expect(transport.writes.length).toBe(1);
  });
});

describe("a client that changes its subscriptions within a turn", () => {
  it("is sent what was published before it left a topic, and what comes after it joined another", () => {
    const { hub, join, turn } = setUp();
    const [mover, other] = [join(), join()];
    for (const { outbox } of [mover, other]) hub.subscribe(outbox, btc, plain);
    hub.subscribe(other.outbox, eth, plain);
    turn();
    publish(hub, btc, update(1), state("btc"));
    publish(hub, eth, update(2), state("eth"));
    hub.unsubscribe(mover.outbox, btc, plain);
    turn();
    expect(mover.transport.writes).toEqual([["plain BTC/USDT 1"]]);

    publish(hub, eth, update(3), state("eth"));
    hub.subscribe(mover.outbox, eth, plain);
    publish(hub, eth, update(4), state("eth"));
    turn();
    expect(mover.transport.writes.at(-1)).toEqual(["plain ETH/USDT 4"]);
    expect(other.transport.writes.at(-1)).toEqual(["plain ETH/USDT 3", "plain ETH/USDT 4"]);
  });
});

describe("clients with the same subscriptions", () => {
  it("are written the very same bytes", () => {
    const { hub, turn } = setUp();
    const written: Uint8Array[] = [];
    const transport = {
      write(bytes: Uint8Array): Written {
        written.push(bytes);
        return "sent";
      },
      close() {},
    };
    for (let count = 0; count < 3; count += 1) {
      const outbox = hub.join({ transport, bytesMax: 1_000, compresses: false });
      // In any order.
      for (const topic of count === 1 ? [eth, btc] : [btc, eth])
        hub.subscribe(outbox, topic, plain);
    }
    publish(hub, btc, update(1), state("btc"));
    publish(hub, eth, update(2), state("eth"));
    turn();
    expect(written.length).toBe(3);
    expect(new Set(written).size).toBe(1);
  });
});

describe("a client that is due very much", () => {
  it("delays nobody: everybody is written in the same flush, it no later than the others", () => {
    const { hub, join, turn } = setUp(100_000_000);
    const topics = Array.from({ length: 5_000 }, (_, at) => topic(`T${at}`));
    const everything = join();
    for (const each of topics) hub.subscribe(everything.outbox, each, plain);
    const others = topics.slice(0, 50).map((each) => {
      const client = join();
      hub.subscribe(client.outbox, each, plain);
      return client;
    });
    for (const each of topics) publish(hub, each, update(1), { kind: "history" });
    turn();
    expect(everything.transport.writes.flat().length).toBe(5_000);
    for (const { transport } of others) expect(transport.writes.length).toBe(1);
  });
});

describe("a client that is behind", () => {
  function behind(bytesMax = 1_000) {
    const parts = setUp(bytesMax);
    const { transport, outbox } = parts.join();
    parts.hub.subscribe(outbox, btc, plain);
    parts.hub.subscribe(outbox, eth, plain);
    transport.takesMore = false;
    parts.hub.send(outbox, "first");
    parts.turn();
    transport.writes = [];
    return { ...parts, transport, outbox };
  }

  it("is counted with what waits for it until it has caught up or is gone", () => {
    const { hub, join, transport, outbox } = behind();
    const { outbox: other, transport: otherTransport } = join();
    expect(hub.backlog).toEqual({ connections: 1, bytes: 0, bytesMax: 0 });
    hub.send(outbox, "12345");
    hub.flush();
    const { bytes } = outbox;
    expect(bytes).toBeGreaterThanOrEqual(5);
    expect(hub.backlog).toEqual({ connections: 1, bytes, bytesMax: bytes });

    otherTransport.takesMore = false;
    for (const text of ["1", "12"]) {
      hub.send(other, text);
      hub.flush();
    }
    expect(other.bytes).toBeGreaterThan(0);
    const both = { connections: 2, bytes: bytes + other.bytes, bytesMax: bytes };
    expect(hub.backlog).toEqual(both);

    transport.takesMore = true;
    hub.drained(outbox);
    hub.leave(other);
    expect(hub.backlog).toEqual({ connections: 0, bytes: 0, bytesMax: 0 });
  });

  it("is sent the newest state of each key when it has caught up, and every reply", () => {
    const { hub, transport, outbox, turn } = behind();
    publish(hub, btc, update(1), state("btc"));
    hub.send(outbox, "reply");
    publish(hub, eth, update(2), state("eth"));
    publish(hub, btc, update(3), state("btc"));
    turn();
    expect(transport.writes).toEqual([]);
    transport.takesMore = true;
    hub.drained(outbox);
    expect(transport.writes).toEqual([["plain BTC/USDT 3", "reply", "plain ETH/USDT 2"]]);
    expect(hub.figures.conflated).toBe(1);
  });

  it("misses no message of a history", () => {
    const { hub, transport, outbox } = behind();
    publish(hub, btc, update(1), { kind: "history" });
    publish(hub, btc, update(2), { kind: "history" });
    hub.flush();
    transport.takesMore = true;
    hub.drained(outbox);
    expect(transport.writes.flat()).toEqual(["plain BTC/USDT 1", "plain BTC/USDT 2"]);
  });

  it("is spared changes, and goes on with the whole state when it reads again", () => {
    const { hub, transport, outbox, states } = behind();
    publish(hub, btc, update(1), { kind: "changes" });
    publish(hub, btc, update(2), { kind: "changes" });
    publish(hub, eth, update(3), { kind: "changes" });
    hub.flush();
    expect(outbox.bytes).toBe(0);
    states.set("BTC/USDT", update(20));
    states.set("ETH/USDT", update(30));
    transport.takesMore = true;
    hub.drained(outbox);
    publish(hub, btc, update(21), { kind: "changes" });
    hub.flush();
    expect(transport.writes.flat()).toEqual([
      "plain BTC/USDT 20",
      "plain ETH/USDT 30",
      "plain BTC/USDT 21",
    ]);
    expect(hub.figures.conflated).toBe(3);
  });

  it("is sent one state after the other when all together are more than it takes", () => {
    const { hub, transport, outbox, states } = behind(1_000_000);
    for (const topic of [btc, eth]) publish(hub, topic, update(1), { kind: "changes" });
    hub.flush();
    // Each is written on its own as soon as the next one would not fit in one flush.
    const large = { tradeCount: "9".repeat(flushBytesMax - 100) } as unknown as BarUpdate;
    states.set("BTC/USDT", large);
    states.set("ETH/USDT", large);
    hub.drained(outbox);
    hub.flush();
    expect(transport.writes.flat().map((text) => text.slice(0, 14))).toEqual(["plain BTC/USDT"]);
    hub.drained(outbox);
    hub.flush();
    expect(transport.writes.flat().map((text) => text.slice(0, 14))).toEqual([
      "plain BTC/USDT",
      "plain ETH/USDT",
    ]);
  });

  it("is closed when more waits for all together than may, the one that is furthest behind first", () => {
    const { hub, join, turn } = setUp(1_000, 100);
    const clients = [join(), join(), join()];
    for (const { outbox, transport } of clients) {
      transport.takesMore = false;
      hub.send(outbox, "first");
    }
    turn();
    for (const [at, { outbox }] of clients.entries()) hub.send(outbox, "x".repeat(20 + 20 * at));
    turn();
    turn();
    expect(clients.map(({ transport }) => transport.closed?.[0])).toEqual([
      undefined,
      undefined,
      slowConsumerCode,
    ]);
    for (const { outbox, transport } of clients) {
      transport.takesMore = true;
      hub.drained(outbox);
    }
    for (const { outbox, transport } of clients) {
      transport.takesMore = false;
      hub.send(outbox, "again");
    }
    turn();
    hub.send(clients[0]!.outbox, "x".repeat(90));
    turn();
    turn();
    expect(hub.counters.slowConsumers).toBe(1);
  });

  it("is not closed for what many are sent together, which waits once for all of them", () => {
    const { hub, join, turn } = setUp(1_000, 100);
    const clients = Array.from({ length: 50 }, join);
    for (const { outbox, transport } of clients) {
      hub.subscribe(outbox, btc, plain);
      transport.takesMore = false;
      hub.send(outbox, "first");
    }
    turn();
    for (let count = 0; count < 4; count += 1) {
      publish(hub, btc, update(count), { kind: "history" });
      turn();
    }
    expect(hub.backlog.bytes).toBeGreaterThan(1_000);
    expect(hub.counters.slowConsumers).toBe(0);
    publish(hub, btc, update(5), { kind: "history" });
    publish(hub, btc, update(6), { kind: "history" });
    turn();
    turn();
    expect(hub.counters.slowConsumers).toBeGreaterThan(0);
    expect(hub.counters.slowConsumers).toBeLessThan(25);
  });

  it("is closed with a reason when more waits for it than its outbox holds, and is counted", () => {
    const { hub, transport, outbox } = behind(20);
    hub.send(outbox, "012345678");
    hub.send(outbox, "012345678");
    hub.flush();
    expect(transport.closed).toBeUndefined();
    hub.send(outbox, "!");
    hub.flush();
    expect(transport.closed?.[0]).toBe(slowConsumerCode);
    expect(outbox.bytes).toBe(0);
    expect(hub.counters.slowConsumers).toBe(1);
    hub.send(outbox, "nobody is there");
    hub.drained(outbox);
    expect(transport.writes).toEqual([]);
  });

  it("makes sources that can wait do so until it has caught up or is gone", async () => {
    const first = behind();
    expect(first.hub.caughtUp()).toBeInstanceOf(Promise);
    const waiting = first.hub.caughtUp();
    first.transport.takesMore = true;
    first.hub.drained(first.outbox);
    await waiting;
    expect(first.hub.caughtUp()).toBeUndefined();

    const second = behind();
    const waitingForTheEnd = second.hub.caughtUp();
    second.hub.leave(second.outbox);
    await waitingForTheEnd;
    expect(second.hub.caughtUp()).toBeUndefined();
  });

  it("does not hold up the others", () => {
    const { hub, join, turn } = behind();
    const other = join();
    hub.subscribe(other.outbox, btc, plain);
    publish(hub, btc, update(1), state("btc"));
    turn();
    expect(other.transport.writes).toEqual([["plain BTC/USDT 1"]]);
  });
});

describe("a newcomer", () => {
  it("is sent the state of its topic after the reply, encoded once for all who come meanwhile", () => {
    const { hub, join, turn, states } = setUp();
    encodings.clear();
    states.set("BTC/USDT", update(7));
    const clients = [join(), join(), join()];
    for (const { outbox } of clients) {
      hub.send(outbox, "reply");
      hub.subscribe(outbox, btc, plain);
      hub.subscribe(outbox, eth, plain);
    }
    turn();
    for (const { transport } of clients) {
      expect(transport.writes).toEqual([["reply", "plain BTC/USDT 7"]]);
    }
    expect(encodings.get("plain")).toBe(1);
  });

  it("that subscribes again is sent the state again, and every update once", () => {
    const { hub, join, turn, states } = setUp();
    const { transport, outbox } = join();
    states.set("BTC/USDT", update(7));
    hub.subscribe(outbox, btc, plain);
    states.set("BTC/USDT", update(8));
    hub.subscribe(outbox, btc, plain);
    publish(hub, btc, update(9), { kind: "changes" });
    turn();
    expect(transport.writes.flat()).toEqual([
      "plain BTC/USDT 7",
      "plain BTC/USDT 8",
      "plain BTC/USDT 9",
    ]);
    expect(hub.subscriptions).toBe(1);
  });

  it("makes it worth while to prepare updates of its topic, until it leaves", () => {
    const { hub, join } = setUp();
    const { outbox } = join();
    expect(hub.hasAudience(btc)).toBe(false);
    hub.subscribe(outbox, btc, plain);
    expect([hub.hasAudience(btc), hub.hasAudience(eth)]).toEqual([true, false]);
    hub.unsubscribe(outbox, btc, plain);
    expect(hub.hasAudience(btc)).toBe(false);
  });

  it("is not sent the news again that the others are still to be sent", () => {
    const { hub, join, turn, states, news } = setUp();
    const members = [join(), join()];
    for (const { outbox } of members) hub.subscribe(outbox, btc, plain);
    publish(hub, btc, update(1), state("btc"));
    turn();
    const fresh = update(2);
    states.set("BTC/USDT", fresh);
    news.add(fresh);
    const newcomer = join();
    hub.subscribe(newcomer.outbox, btc, plain);
    turn();

    publish(hub, btc, fresh, state("btc"));
    publish(hub, btc, update(3), state("btc"));
    turn();

    const all = ["plain BTC/USDT 2", "plain BTC/USDT 3"];
    expect(newcomer.transport.writes.flat()).toEqual(all);
    for (const { transport } of members) {
      expect(transport.writes.flat()).toEqual(["plain BTC/USDT 1", ...all]);
    }
  });

  it("is sent what is published next when its news was overtaken", () => {
    const { hub, join, turn, states, news } = setUp();
    const fresh = update(2);
    states.set("BTC/USDT", fresh);
    news.add(fresh);
    const newcomer = join();
    hub.subscribe(newcomer.outbox, btc, plain);

    publish(hub, btc, update(3), state("btc"));
    turn();

    expect(newcomer.transport.writes.flat()).toEqual(["plain BTC/USDT 2", "plain BTC/USDT 3"]);
  });
});

describe("closing", () => {
  it("sends what is queued first, then nothing more", () => {
    const { hub, join, turn } = setUp();
    const { transport, outbox } = join();
    hub.send(outbox, "last words");
    outbox.close(1001, "bye");
    hub.send(outbox, "too late");
    turn();
    expect(transport.writes).toEqual([["last words"]]);
    expect(transport.closed).toEqual([1001, "bye"]);
  });
});
