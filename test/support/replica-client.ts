/**
 * A client that follows streams with positions as `docs/protocols/positions.md` says, and goes on at any node. What it
 * was told is kept in a form in which two clients can be compared.
 */
import { expect } from "vitest";
import type { Outbox } from "../../server/src/hub/outbox.ts";
import { isAfter, type Position } from "../../server/src/marketdata/position.ts";
import { type Topic, topicKey } from "../../server/src/marketdata/topic.ts";
import type { Encoding } from "../../server/src/ports/dialect.ts";
import type { Transport } from "../../server/src/ports/transport.ts";
import { epoch, followed, type ReplicaNode } from "./replica-nodes.ts";

interface Place {
  readonly position: Position;
  readonly previous?: Position;
}

interface Line {
  readonly key: string;
  readonly place: Place;
  readonly update: Readonly<Record<string, unknown>>;
}

/** Where streams go on, or that some of them begin anew. */
interface Reply {
  readonly asked: readonly string[];
  readonly lost: readonly string[];
  readonly since?: Position;
  readonly position: Position;
}

/** Writes everything there is to an update, and its place. */
const encoding: Encoding = {
  name: "all",
  tellsPositions: true,
  encode: (topic, update, place) =>
    JSON.stringify(
      {
        key: topicKey(topic),
        place: isWhole(topic) ? { ...place, previous: undefined } : place,
        update,
      },
      (_, value: unknown) => (typeof value === "bigint" ? `${value}` : value),
    ),
};

/** Whether each message of a stream stands for everything before it. */
function isWhole({ kind }: Topic): boolean {
  return kind === "last-price" || kind === "ticker";
}

const source: Topic = { kind: "position", dataset: undefined };
const subscriptions = followed.map((topic) => ({ topic, encoding }));

/** One stream of a client. */
class Followed {
  /** Everything after this is in `items`: where it began, or began anew. */
  from: Position | undefined;
  held: Position | undefined;
  /** From where it has gone on last. */
  since: Position | undefined;
  /** Whether it was asked for again, and what comes meanwhile comes again. */
  isMending = false;
  /** How often it had to begin anew. */
  lost = 0;
  /** Of histories: what was told, by place. */
  readonly items = new Map<string, unknown>();
  /** Of books: quantities by side and price. Of candles: the newest of each. Of prices: the newest. */
  readonly state = new Map<string, string>();
}

/** The client. */
export class ReplicaClient {
  readonly streams = new Map(followed.map((topic) => [topicKey(topic), new Followed()]));
  /** All that was written to it since it was last connected. */
  frames: string[] = [];
  /** Gaps that it saw and mended. */
  mended = 0;
  #whole: Position | undefined;
  /** Requests that are not answered yet. */
  #asked = 0;
  #node: ReplicaNode | undefined;
  #outbox: Outbox | undefined;
  /** Another one for each connection: what was under way to an earlier one is lost. */
  #connection = 0;

  /** Subscribes to everything, or goes on where it was. */
  connect(node: ReplicaNode): void {
    this.#node = node;
    this.frames = [];
    this.#asked = 0;
    this.#connection += 1;
    const connection = this.#connection;
    const transport: Transport = {
      write: (bytes) => {
        const text = Buffer.from(bytes).toString();
        if (connection === this.#connection) this.#read(text);
        return "sent";
      },
      close() {},
    };
    this.#outbox = node.hub.join({ transport, bytesMax: 1e9, compresses: false });
    node.hub.resume(this.#outbox, [{ topic: source, encoding }], {
      from: undefined,
      answered: () => {},
    });
    this.#resume(followed, this.#whole);
  }

  /** What has not been written is lost. */
  cut(): void {
    for (const stream of this.streams.values()) stream.isMending = false;
    this.#connection += 1;
    if (this.#outbox !== undefined) this.#node?.hub.leave(this.#outbox);
    this.#outbox = undefined;
  }

  /** Where it is connected. */
  get node(): ReplicaNode | undefined {
    return this.isConnected ? this.#node : undefined;
  }

  get isConnected(): boolean {
    return this.#outbox !== undefined;
  }

  #resume(topics: readonly Topic[], since: Position | undefined): void {
    this.#asked += 1;
    const of = subscriptions.filter(({ topic }) => topics.includes(topic));
    const outbox = this.#outbox!;
    const node = this.#node!;
    node.hub.resume(outbox, of, {
      from: since && { epoch, position: since },
      // In its place among the messages.
      answered: ({ place, lost }) => {
        const { position } = place;
        const keys = { asked: topics.map(topicKey), lost: lost.map(topicKey) };
        node.hub.send(outbox, JSON.stringify({ ...keys, since, position }));
      },
    });
  }

  #answered({ asked, lost, since, position }: Reply): void {
    this.#asked -= 1;
    for (const key of asked) {
      const stream = this.streams.get(key)!;
      stream.isMending = false;
      if (since !== undefined && !lost.includes(key)) {
        stream.since = since;
        continue;
      }
      if (stream.from !== undefined) stream.lost += 1;
      stream.from = position;
      stream.held = undefined;
      stream.since = undefined;
      stream.items.clear();
      stream.state.clear();
    }
    // At a node that has not got so far yet everything begins anew.
    if (since === undefined || lost.length === followed.length) this.#whole = position;
  }

  #read(text: string): void {
    for (const frame of text.split("\n").slice(0, -1)) {
      this.frames.push(frame);
      const line = JSON.parse(frame) as Line | Reply;
      if ("asked" in line) this.#answered(line);
      else this.#take(line);
    }
  }

  #take({ key, place, update }: Line): void {
    if (key === topicKey(source)) {
      const isMending = [...this.streams.values()].some((stream) => stream.isMending);
      if (this.#asked === 0 && !isMending) this.#whole = place.position;
      return;
    }
    const stream = this.streams.get(key)!;
    if (stream.isMending) return;
    const verdict = judged(stream, place);
    if (verdict === "repeat") return;
    if (verdict === "gap") {
      stream.isMending = true;
      this.#mend(key, stream.held!);
      return;
    }
    if (place.previous === undefined && update["full"] === true) stream.state.clear();
    stream.held = place.position;
    note(stream, place.position, update);
  }

  #mend(key: string, held: Position): void {
    this.mended += 1;
    const topic = followed.find((each) => topicKey(each) === key)!;
    const connection = this.#connection;
    this.#node?.later(() => {
      if (connection !== this.#connection || this.#outbox === undefined) return;
      this.#node?.hub.unsubscribe(this.#outbox, topic, encoding);
      this.#resume([topic], held);
    });
  }
}

/** The comparisons by which a client finds repeats and gaps. */
function judged(
  { held, since }: Followed,
  { position, previous }: Place,
): "next" | "repeat" | "gap" {
  if (held === undefined) return "next";
  if (previous === undefined) return isAfter(held, position) ? "repeat" : "next";
  if (!isAfter(position, held)) return "repeat";
  const isUnknown = isAfter(previous, held) && (since === undefined || isAfter(previous, since));
  return isUnknown ? "gap" : "next";
}

function note(stream: Followed, { sequence, ordinal }: Position, update: Line["update"]): void {
  if (Array.isArray(update["trades"])) {
    for (const trade of update["trades"] as Place["position"][]) {
      add(stream, `${trade.sequence}.${trade.ordinal}`, trade);
    }
  } else if ("asks" in update) {
    noteBook(stream, update);
  } else if ("figures" in update) {
    const { lastEventUs: _, ...figures } = (update["figures"] ?? {}) as Readonly<
      Record<string, unknown>
    >;
    stream.state.set("ticker", JSON.stringify([update["price"], figures]));
  } else if ("price" in update && !("order" in update)) {
    stream.state.set("price", JSON.stringify([update["price"], update["timeUs"]]));
  } else if ("candle" in update) {
    // The times of single trades are told to nobody, and not stored.
    const {
      firstUs: _,
      lastUs: __,
      ...candle
    } = update["candle"] as Readonly<Record<string, number>>;
    stream.state.set(String(candle["startUs"]), JSON.stringify(candle));
  } else {
    add(stream, `${sequence}.${ordinal}`, update);
  }
}

function noteBook(stream: Followed, update: Line["update"]): void {
  for (const side of ["asks", "bids"] as const) {
    for (const level of update[side] as { price: number; quantity: number }[]) {
      const key = `${side} ${level.price}`;
      if (Number(level.quantity) === 0) stream.state.delete(key);
      else stream.state.set(key, String(level.quantity));
    }
  }
}

function add(stream: Followed, key: string, item: unknown): void {
  expect(stream.items.has(key), `told twice: ${key}`).toBe(false);
  stream.items.set(key, item);
}
