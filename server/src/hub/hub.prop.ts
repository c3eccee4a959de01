import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rounds } from "../../../test/support/rounds.ts";
import type { BarUpdate } from "../marketdata/bar-update.ts";
import type { BarTopic } from "../marketdata/topic.ts";
import type { Encoding } from "../ports/dialect.ts";
import type { Frame, Transport, Written } from "../ports/transport.ts";
import { Numbering } from "../streams/numbering.ts";
import type { Delivery } from "./due.ts";
import { Hub } from "./hub.ts";
import type { Outbox } from "./outbox.ts";

const clientCount = 6;
const topicCount = 5;

const topics: readonly BarTopic[] = Array.from({ length: topicCount }, (_, index) => ({
  kind: "bars",
  dataset: "d",
  ticker: String(index),
  periodS: 1,
}));
const encoding: Encoding<"bars"> = {
  name: "plain",
  encode: ({ ticker }, { tradeCount }) => `${ticker}=${tradeCount}`,
};

function frameText(text: string): Frame {
  const plain = Buffer.from(`${text}\n`);
  return { plain, compressed: plain };
}

/** A client that reads when it likes, and whose socket may keep the memory that it was given. */
class Client implements Transport {
  readonly received: string[] = [];
  readonly #kept: Uint8Array[] = [];
  verdict: Written = "sent";

  write(frames: Uint8Array): Written {
    if (this.verdict === "sent") this.#read(frames);
    else this.#kept.push(frames);
    return this.verdict;
  }

  close(): void {
    throw new Error("nobody is closed here");
  }

  /** Reads what its socket has kept; memory that was used again in between would be seen here. */
  readKept(): void {
    for (const frames of this.#kept.splice(0)) this.#read(frames);
  }

  #read(frames: Uint8Array): void {
    this.received.push(...Buffer.from(frames).toString().split("\n").slice(0, -1));
  }
}

const client = fc.nat(clientCount - 1);
const topic = fc.nat(topicCount - 1);
const step = fc.oneof(
  fc.record({ kind: fc.constant("subscribe" as const), client, topic }),
  fc.record({ kind: fc.constant("unsubscribe" as const), client, topic }),
  fc.record({ kind: fc.constant("publish" as const), topic }),
  fc.record({ kind: fc.constant("publish" as const), topic }),
  fc.record({ kind: fc.constant("send" as const), client }),
  fc.record({ kind: fc.constant("turn" as const) }),
  fc.record({
    kind: fc.constant("block" as const),
    client,
    verdict: fc.constantFrom<Written>("kept", "full"),
  }),
  fc.record({ kind: fc.constant("drain" as const), client }),
  fc.record({ kind: fc.constant("leave" as const), client }),
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** The hub with its clients, and what each of them should have been sent by now. */
class Stage {
  readonly states = topics.map(() => 0);
  readonly clients: { transport: Client; outbox: Outbox; expected: string[] }[] = [];
  readonly hub: Hub;
  readonly #delivery: Delivery;
  readonly #numbering = new Numbering({ epoch: "test", sequence: 0 });
  #count = 0;

  constructor(delivery: Delivery) {
    this.#delivery = delivery;
    this.hub = new Hub({
      frameText,
      allocate: (bytes) => new Uint8Array(bytes),
      schedule: () => {},
      current: (of) => {
        const value = of.kind === "bars" ? this.states[Number(of.ticker)] : undefined;
        return value === 0
          ? undefined
          : { state: { tradeCount: value } as BarUpdate, isNews: false };
      },
    });
    for (let index = 0; index < clientCount; index += 1) this.clients.push(this.#newcomer());
  }

  carryOut(next: Step): void {
    switch (next.kind) {
      case "subscribe":
        this.#subscribe(next.client, next.topic);
        break;
      case "unsubscribe":
        this.hub.unsubscribe(this.#outbox(next.client), topics[next.topic]!, encoding);
        break;
      case "publish":
        this.#publish(next.topic);
        break;
      case "send":
        this.#count += 1;
        this.hub.send(this.#outbox(next.client), `own ${this.#count}`);
        this.clients[next.client]?.expected.push(`own ${this.#count}`);
        break;
      case "turn":
        this.hub.flush();
        break;
      case "block":
        this.clients[next.client]!.transport.verdict = next.verdict;
        break;
      case "drain":
        this.drain(next.client);
        break;
      case "leave":
        this.hub.leave(this.#outbox(next.client));
        this.clients[next.client] = this.#newcomer();
        break;
    }
  }

  drain(index: number): void {
    const { transport, outbox } = this.clients[index]!;
    transport.readKept();
    transport.verdict = "sent";
    this.hub.drained(outbox);
  }

  /** Everybody reads everything. */
  finish(): void {
    this.hub.flush();
    for (const index of this.clients.keys()) this.drain(index);
    this.hub.flush();
  }

  isSubscribed(index: number, to: number): boolean {
    return [...this.#outbox(index).audiences].some(({ topic: of }) => of === topics[to]);
  }

  /** The last that a client was sent of each topic that it subscribes to. */
  newest(index: number): readonly (string | undefined)[] {
    const { received } = this.clients[index]!.transport;
    return this.#topicsOf(index).map((to) =>
      received.findLast((text) => text.startsWith(`${to}=`)),
    );
  }

  /** What that should be. */
  wanted(index: number): readonly string[] {
    return this.#topicsOf(index).map((to) => `${to}=${this.states[to]}`);
  }

  #topicsOf(index: number): readonly number[] {
    return [...topics.keys()].filter((to) => this.isSubscribed(index, to));
  }

  #newcomer() {
    const transport = new Client();
    const outbox = this.hub.join({ transport, bytesMax: 1_000_000, compresses: false });
    return { transport, outbox, expected: [] as string[] };
  }

  #outbox(index: number): Outbox {
    return this.clients[index]!.outbox;
  }

  #subscribe(index: number, to: number): void {
    const { outbox, expected } = this.clients[index]!;
    const state = this.states[to]!;
    // A client that is behind is sent the state when it reads again, whatever it is then.
    if (state !== 0 && !outbox.behind) expected.push(`${to}=${state}`);
    this.hub.subscribe(outbox, topics[to]!, encoding);
  }

  #publish(to: number): void {
    this.#count += 1;
    this.states[to] = this.#count;
    for (const [index, { expected }] of this.clients.entries()) {
      if (this.isSubscribed(index, to)) expected.push(`${to}=${this.#count}`);
    }
    const update = { tradeCount: this.#count } as BarUpdate;
    const cause = { sequence: this.#count, tick: 0 };
    const message = this.#numbering.number(topics[to]!, cause, update);
    this.hub.publish(topics[to]!, message, this.#delivery);
  }
}

const steps = fc.array(step, { maxLength: 120 });

describe("with any timing of joining, leaving, publishing and reading", () => {
  it("each client is sent exactly its messages, once and in order, while it keeps up", () => {
    fc.assert(
      fc.property(steps, (story) => {
        const stage = new Stage({ kind: "history" });
        for (const next of story) {
          if (next.kind !== "block" || next.verdict === "kept") stage.carryOut(next);
        }
        stage.finish();
        for (const { transport, expected } of stage.clients) {
          expect(transport.received).toEqual(expected);
        }
      }),
      { numRuns: rounds(100, 400) },
    );
  });

  it("a client that falls behind misses nothing of a history, and nothing comes twice", () => {
    fc.assert(
      fc.property(steps, (story) => {
        const stage = new Stage({ kind: "history" });
        for (const next of story) stage.carryOut(next);
        stage.finish();
        for (const { transport, expected } of stage.clients) {
          const received = transport.received.filter((text) => expected.includes(text));
          expect(received).toEqual(expected);
        }
      }),
      { numRuns: rounds(100, 400) },
    );
  });

  it.each<Delivery>([{ kind: "changes" }, { kind: "state", key: "one for all" }])(
    "whoever reads in the end has the newest of each of its topics, sent as %o",
    (delivery) => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 80 }), (story) => {
          const stage = new Stage(delivery);
          for (const next of story) stage.carryOut(next);
          stage.finish();
          for (const to of topics.keys()) {
            stage.carryOut({ kind: "publish", topic: to });
            stage.hub.flush();
          }
          stage.finish();
          for (const index of stage.clients.keys()) {
            expect(stage.newest(index)).toEqual(stage.wanted(index));
          }
        }),
        { numRuns: rounds(60, 200) },
      );
    },
  );
});
