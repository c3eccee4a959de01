/**
 * Clients that come, read slowly, are cut off and come back with the last position they had: they are
 * given every message once and in order, or are told that it cannot be.
 */
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rounds } from "../../../test/support/rounds.ts";
import { assert } from "../core/assert.ts";
import {
  type Cause,
  isAfter,
  type Place,
  type Position,
  type Sequenced,
} from "../marketdata/position.ts";
import { type Topic, topicKey, type Update } from "../marketdata/topic.ts";
import type { Encoding } from "../ports/dialect.ts";
import type { StreamHistory, StreamPage } from "../ports/stream-history.ts";
import type { Transport, Written } from "../ports/transport.ts";
import { Numbering } from "../streams/numbering.ts";
import type { Delivery } from "./due.ts";
import { Hub } from "./hub.ts";
import type { Outbox } from "./outbox.ts";
import { type StreamBounds, streamBounds } from "./streams.ts";

const topics: readonly Topic[] = [
  { kind: "orders", user: "u", market: "A_B" },
  { kind: "trades", market: "A_B" },
  { kind: "candles", market: "A_B", intervalS: 60 },
  { kind: "depth", market: "A_B", depthScale: 0 },
];
const clientCount = 3;
const epoch = "e1";

/** What travels as an update here: a number, and under which key it is a state. */
interface Told {
  readonly value: number;
  readonly key: number;
}

interface Message {
  readonly topic: number;
  readonly place: Place & { readonly previous?: Position };
  readonly value: number;
  readonly key: number;
}

interface Answer {
  readonly topic: number;
  readonly recovered: boolean;
  readonly position: Position;
}

/** One for each topic, which writes all that it is given. */
const encodings = topics.map(
  (_, topic): Encoding => ({
    name: "told",
    tellsPositions: true,
    encode: (_topic, update, place) =>
      JSON.stringify({ topic, place, ...(update as unknown as Told) }),
  }),
);

/** A client that reads when it likes, and notes for each topic what it had last. */
class Client implements Transport {
  outbox: Outbox | undefined;
  isClosed = false;
  verdict: Written = "sent";
  readonly lines: (Message | Answer)[] = [];
  /** By topic: whether it is subscribed, and what it had last of what it knows to be whole. */
  readonly subscribed = new Set<number>();
  readonly held = new Map<number, Position>();
  /** Whether it has asked for several from the first of what it held, and so may be told some again. */
  mayRepeat = false;

  write(frames: Uint8Array): Written {
    for (const line of Buffer.from(frames).toString().split("\n").slice(0, -1)) {
      this.lines.push(JSON.parse(line));
    }
    return this.verdict;
  }

  close(): void {
    this.isClosed = true;
  }
}

const client = fc.nat(clientCount - 1);
const topic = fc.nat(topics.length - 1);
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("publish" as const),
      topic,
      key: fc.nat(1),
      cause: fc.nat(2),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("burst" as const),
      topic,
      count: fc.constantFrom(3, 300, 600),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("cut" as const), client }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("come" as const), client, together: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("block" as const), client }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("drain" as const), client }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("turn" as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.constantFrom(50, 500) }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

interface StageOptions {
  readonly bounds?: Partial<StreamBounds>;
  /** How many of the private messages the history still has. */
  readonly historyMax?: number;
}

/** A hub, its clients, and everything that was ever published. */
class Stage {
  readonly published: Sequenced<Told>[][] = topics.map(() => []);
  readonly clients = Array.from({ length: clientCount }, () => new Client());
  readonly answers: Answer[] = [];
  readonly #byValue = new Map<number, Sequenced<Told>>();
  readonly hub: Hub;
  readonly #numbering = new Numbering({ epoch, sequence: 0 });
  readonly #historyMax: number;
  #tasks: (() => void)[] = [];
  #cause: Cause = { sequence: 1, tick: 0 };
  #count = 0;
  #nowMs = 0;

  constructor({ bounds, historyMax = Number.POSITIVE_INFINITY }: StageOptions = {}) {
    this.#historyMax = historyMax;
    this.hub = new Hub({
      frameText: (text) => ({ plain: Buffer.from(`${text}\n`), compressed: Buffer.of() }),
      allocate: (bytes) => new Uint8Array(bytes),
      schedule: (task) => this.#tasks.push(task),
      streams: { ...streamBounds, ...bounds },
      nowMs: () => this.#nowMs,
      head: (of) => this.#numbering.head(of),
      history: {
        read: (of, { after, limit }) => this.#readHistory(of, after, limit),
      } satisfies StreamHistory,
      current: (of) => {
        const last = this.#of(of).at(-1);
        const hasState = of.kind === "candles" || of.kind === "depth";
        return hasState && last
          ? { state: last.update as unknown as Update, isNews: true }
          : undefined;
      },
    });
  }

  async carryOut(next: Step): Promise<void> {
    switch (next.kind) {
      case "publish":
        this.#nextCause(next.cause);
        this.#publish(next.topic, next.key);
        break;
      case "burst":
        for (let count = 0; count < next.count; count += 1) {
          this.#nextCause(1);
          this.#publish(next.topic, 0);
        }
        break;
      case "come":
        if (next.together) this.#subscribeTogether(this.clients[next.client]!);
        for (const to of topics.keys()) this.#subscribe(this.clients[next.client]!, to);
        break;
      case "cut":
        this.#cut(this.clients[next.client]!);
        break;
      case "block":
        this.clients[next.client]!.verdict = "full";
        break;
      case "drain":
        this.#drain(this.clients[next.client]!);
        break;
      case "turn":
        await this.turn();
        break;
      case "wait":
        this.#nowMs += next.ms;
        this.hub.expire();
        break;
    }
    for (const each of this.clients) this.#read(each);
  }

  /** Ends a turn of the event loop; reads of the history that were under way are answered. */
  async turn(): Promise<void> {
    for (const task of this.#tasks.splice(0)) task();
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Everybody reads everything. */
  async finish(): Promise<void> {
    for (let quiet = 0; quiet < 2; ) {
      for (const each of this.clients) this.#drain(each);
      const isBusy = this.#tasks.length > 0;
      await this.turn();
      for (const each of this.clients) this.#read(each);
      quiet = isBusy ? 0 : quiet + 1;
    }
    expect(this.#tasks).toEqual([]);
  }

  newest(of: number): Position {
    return this.#numbering.head(topics[of]!).position;
  }

  #of(of: Topic): readonly Sequenced<Told>[] {
    return this.published[topics.findIndex((each) => topicKey(each) === topicKey(of))]!;
  }

  /** 0 is one more message of the same cause, 1 another command, 2 a tick. */
  #nextCause(kind: number): void {
    const { sequence, tick } = this.#cause;
    if (kind === 1) this.#cause = { sequence: sequence + 1, tick: 0 };
    if (kind === 2) this.#cause = { sequence, tick: tick + 1 };
  }

  #publish(to: number, key: number): void {
    this.#count += 1;
    const update: Told = { value: this.#count, key };
    const message = this.#numbering.number(topics[to]!, this.#cause, update);
    this.published[to]!.push(message);
    this.#byValue.set(this.#count, message);
    const { kind } = topics[to]!;
    const delivery: Delivery =
      kind === "candles"
        ? { kind: "state", key: String(key) }
        : { kind: kind === "depth" ? "changes" : "history" };
    this.hub.publish(topics[to]!, message as unknown as Sequenced<never>, delivery);
  }

  async #readHistory(of: Topic, after: Position, limit: number): Promise<StreamPage | undefined> {
    const all = this.#of(of);
    const upToNow = this.#cause;
    const later = all.filter(({ position }) => isAfter(position, after));
    await Promise.resolve();
    if (later.length > this.#historyMax) return undefined;
    const messages = later.slice(0, limit) as unknown as readonly Sequenced<Update>[];
    const last = messages.at(-1)?.position ?? after;
    const end = { ...upToNow, ordinal: Number.MAX_SAFE_INTEGER };
    return { messages, upTo: later.length > limit ? last : end };
  }

  #subscribe(who: Client, to: number): void {
    if (who.isClosed || who.subscribed.has(to)) return;
    who.outbox ??= this.hub.join({ transport: who, bytesMax: 1e9, compresses: false });
    const { outbox } = who;
    who.subscribed.add(to);
    const position = who.held.get(to);
    if (position === undefined) {
      // A newcomer knows from the reply where it begins.
      const { position: head } = this.#numbering.head(topics[to]!);
      this.hub.send(outbox, JSON.stringify({ topic: to, recovered: false, position: head }));
      this.hub.subscribe(outbox, topics[to]!, encodings[to]!);
      return;
    }
    this.#resume(outbox, [to], position);
  }

  /** What it held goes on from the first of its positions, in one request. */
  #subscribeTogether(who: Client): void {
    const back = [...who.held.keys()].filter((of) => !who.subscribed.has(of));
    if (who.isClosed || back.length === 0) return;
    who.outbox ??= this.hub.join({ transport: who, bytesMax: 1e9, compresses: false });
    for (const of of back) who.subscribed.add(of);
    who.mayRepeat ||= back.length > 1;
    const positions = back.map((of) => who.held.get(of)!);
    const first = positions.reduce((one, other) => (isAfter(one, other) ? other : one));
    this.#resume(who.outbox, back, first);
  }

  /** Asks for several streams at once, from the same position. */
  #resume(outbox: Outbox, of: readonly number[], position: Position): void {
    const subscriptions = of.map((each) => ({ topic: topics[each]!, encoding: encodings[each]! }));
    this.hub.resume(outbox, subscriptions, {
      from: { epoch, position },
      answered: ({ lost }) => {
        for (const each of of) {
          const recovered = !lost.includes(topics[each]!);
          const at = recovered ? position : this.#numbering.head(topics[each]!).position;
          this.hub.send(outbox, JSON.stringify({ topic: each, recovered, position: at }));
        }
      },
    });
  }

  /** What has not been written is lost; the client comes back as another connection. */
  #cut(who: Client): void {
    this.#read(who);
    if (who.outbox !== undefined) this.hub.leave(who.outbox);
    const next = new Client();
    for (const [of, position] of who.held) next.held.set(of, position);
    this.clients[this.clients.indexOf(who)] = next;
  }

  #drain(who: Client): void {
    who.verdict = "sent";
    if (who.outbox !== undefined) this.hub.drained(who.outbox);
  }

  #read(who: Client): void {
    for (const line of who.lines.splice(0)) {
      if ("recovered" in line) this.#takeAnswer(who, line);
      else this.#takeMessage(who, line);
    }
  }

  #takeAnswer(who: Client, answer: Answer): void {
    this.answers.push(answer);
    if (!answer.recovered) who.held.set(answer.topic, answer.position);
    else expect(isAfter(answer.position, who.held.get(answer.topic)!)).toBe(false);
  }

  #takeMessage(who: Client, { topic: of, place, value }: Message): void {
    const held = who.held.get(of);
    const { position, previous } = place;
    assert(held !== undefined, "an answer comes first");
    const isState = previous === undefined;
    // A state may be told again; everything else is told once, and nothing goes back.
    if (!isState && who.mayRepeat && !isAfter(position, held)) return;
    assert(
      isState ? !isAfter(held, position) : isAfter(position, held),
      `${value} does not go back`,
    );
    // The one comparison by which a client finds a gap.
    const hasGap = !isState && isAfter(previous, held);
    assert(topics[of]!.kind === "candles" || !hasGap, `no gap before ${value}`);
    if (!isState) {
      const told = this.#byValue.get(value);
      assert(isDeepStrictEqual(told?.position, position), `${value} is told at its position`);
    }
    who.held.set(of, position);
  }
}

const steps = fc.array(step, { maxLength: 60, size: "max" });

async function play(story: readonly Step[], options?: StageOptions): Promise<Stage> {
  const stage = new Stage(options);
  for (const next of story) await stage.carryOut(next);
  await stage.finish();
  for (const { subscribed, held, isClosed } of stage.clients) {
    if (isClosed) continue;
    for (const of of subscribed) {
      const newest = stage.newest(of);
      assert(!isAfter(newest, held.get(of)!), `all of ${topics[of]!.kind} are told`);
    }
  }
  return stage;
}

describe("clients that are cut off at any time and come back", () => {
  it("are given every message once and in order, where enough is kept", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (story) => {
        const stage = await play(story, { bounds: { idleMs: 1e9, messageMs: 1e9 } });
        expect(stage.clients.some(({ isClosed }) => isClosed)).toBe(false);
      }),
      { numRuns: rounds(20, 60) },
    );
  });

  it("are given the private ones by the history, where nothing is kept here", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (story) => {
        const stage = await play(story, { bounds: { idleMs: 0 } });
        expect(stage.clients.some(({ isClosed }) => isClosed)).toBe(false);
      }),
      { numRuns: rounds(20, 60) },
    );
  });

  it("are never given a part: they are told that it cannot be, or closed once that turns out", async () => {
    let recovered = 0;
    let lost = 0;
    await fc.assert(
      fc.asyncProperty(steps, fc.constantFrom(0, 5, 400), async (story, historyMax) => {
        const bounds = { idleMs: 200, idleMax: 2, messageMs: 100, bytesMax: 50_000 };
        const { answers } = await play(story, { bounds, historyMax });
        for (const answer of answers)
          if (answer.recovered) recovered += 1;
          else lost += 1;
      }),
      { numRuns: 60 },
    );
    expect(recovered).toBeGreaterThan(15);
    expect(lost).toBeGreaterThan(15);
  });
});
