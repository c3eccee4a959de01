/**
 * Clients that come back and say what they had last. Each is told whether it can be given everything
 * since then; if so it is sent that, in order and no faster than it reads, and goes on live from the
 * very next message. If not, it goes on from the newest state. It is never sent a part.
 */
import { isAfter, type Place, type Position, type Sequenced } from "../marketdata/position.ts";
import type { Topic, Update } from "../marketdata/topic.ts";
import type { Encoding, Resumed } from "../ports/dialect.ts";
import type { StoredTopic, StreamHistory } from "../ports/stream-history.ts";
import type { Outbox } from "./outbox.ts";
import type { Stream } from "./stream.ts";

/** Most messages that one client is sent of what it missed before others have their turn. */
export const missedMessagesMax = 256;

/** A topic, and how a connection is sent it. */
export interface Subscription {
  readonly topic: Topic;
  readonly encoding: Encoding;
}

/** From where a client wants to go on. */
export interface Resume {
  /** What it had last; undefined for one that begins, and is told where. */
  readonly from: Place | undefined;
  /**
   * Told once: a stream that the client has left again meanwhile is lost. A reply that is sent in it goes
   * out ahead of the messages of all its streams.
   */
  answered(resumed: Resumed): void;
}

/** What rejoining needs of the hub. */
export interface RejoinHost {
  readonly history: StreamHistory | undefined;
  /** Runs `task` once others have had their turn. */
  schedule(task: () => void): void;
  /** Sends one client a message that it missed. */
  send(rejoin: Rejoin, message: Sequenced<Update>): void;
  /** Writes out what is due to a client. */
  flush(outbox: Outbox): void;
  /** Makes it a subscriber, who is sent the newest state first if it `wantsState`. */
  join(rejoin: Rejoin, wantsState: boolean): void;
  /** It has gone away before it was a subscriber. */
  left(stream: Stream): void;
  /** Up to where everything of the source of a stream has been published. */
  placeOf(stream: Stream): Place;
}

/** One client on its way back into one stream. */
export interface Rejoin {
  readonly outbox: Outbox;
  readonly stream: Stream;
  readonly encoding: Encoding;
}

/** Streams that are asked for together: none is sent anything until all of them have their verdict. */
interface Party extends Pick<Resume, "answered"> {
  readonly members: readonly Pending[];
  isAnswered: boolean;
}

interface Pending extends Rejoin {
  party: Party;
  /** Up to where it has everything. */
  position: Position;
  /** That of the last message which it was sent; before the first, from where it goes on. */
  told: Position;
  /** Whether everything can be given; undefined until that is known. */
  recovered: boolean | undefined;
  /** Whether it waits for its turn or for the history. */
  isWaiting: boolean;
  isOver: boolean;
}

/** All clients that are being brought up to date. */
export class Rejoins {
  readonly #host: RejoinHost;
  /** At most as many of a client as it may have subscriptions. */
  readonly #pending = new Map<Outbox, Pending[]>();

  constructor(host: RejoinHost) {
    this.#host = host;
  }

  /** Clients that are being brought up to date. */
  get clients(): ReadonlySet<Outbox> {
    return new Set(this.#pending.keys());
  }

  /** Brings a client into streams of one source that it is not subscribed to. */
  begin(rejoins: readonly Rejoin[], { from, answered }: Resume): void {
    const [first] = rejoins;
    if (first === undefined) return;
    if (from === undefined) {
      answered({ place: this.#host.placeOf(first.stream), lost: [] });
      for (const rejoin of rejoins) this.#host.join(rejoin, true);
      return;
    }
    const members: Pending[] = [];
    const party: Party = { members, answered, isAnswered: false };
    for (const rejoin of rejoins) {
      const state = { recovered: undefined, isWaiting: false, isOver: false };
      const pending: Pending = {
        ...rejoin,
        ...state,
        party,
        position: from.position,
        told: from.position,
      };
      rejoin.stream.rejoining += 1;
      const others = this.#pending.get(rejoin.outbox) ?? [];
      this.#pending.set(rejoin.outbox, [...others, pending]);
      members.push(pending);
    }
    for (const pending of members) {
      if (this.#knows(pending.stream, from)) this.#advance(pending);
      else this.#decide(pending, false);
    }
  }

  /** Whether a client can have been here: it is of this epoch, and not ahead of what it can have been told. */
  #knows(stream: Stream, { epoch, position }: Place): boolean {
    if (epoch !== stream.epoch) return false;
    const { position: reached } = this.#host.placeOf(stream);
    return !isAfter(position, stream.position) || !isAfter(position, reached);
  }

  /** The client has changed its mind about a stream. */
  cancel({ outbox, stream, encoding }: Rejoin): void {
    for (const pending of this.#pending.get(outbox) ?? []) {
      if (pending.stream === stream && pending.encoding === encoding) this.#abandon(pending);
    }
  }

  /** The client is gone. */
  leave(outbox: Outbox): void {
    for (const pending of this.#pending.get(outbox) ?? []) this.#abandon(pending);
  }

  /** The client reads again. */
  drained(outbox: Outbox): void {
    for (const pending of this.#pending.get(outbox) ?? []) this.#advance(pending);
  }

  /** Sends what can be sent now; the client is a subscriber once it has everything. */
  #advance(pending: Pending): void {
    const { outbox, stream, party } = pending;
    if (pending.isOver || pending.isWaiting || outbox.closed) return;
    if (pending.recovered === false) {
      if (party.isAnswered) this.#startOver(pending);
      return;
    }
    if (pending.recovered === true && (!party.isAnswered || outbox.behind)) return;
    const missed = stream.keepMessages().after(pending.position, missedMessagesMax);
    if (missed === undefined) {
      void this.#readOn(pending);
      return;
    }
    if (pending.recovered === undefined) {
      // It comes back here with everybody else of its party.
      this.#decide(pending, true);
      return;
    }
    this.#send(pending, missed);
    if (missed.length < missedMessagesMax) {
      this.#end(pending);
      this.#host.join(pending, false);
      return;
    }
    this.#host.flush(outbox);
    this.#later(pending);
  }

  /** Notes whether a stream can be given whole; with the last of a party all of them go on. */
  #decide(pending: Pending, recovered: boolean): void {
    pending.recovered ??= recovered;
    const { party } = pending;
    if (party.isAnswered || party.members.some((each) => each.recovered === undefined)) return;
    party.isAnswered = true;
    const lost = party.members.filter((each) => each.recovered !== true);
    if (!pending.outbox.closed) {
      const place = this.#host.placeOf(pending.stream);
      party.answered({ place, lost: lost.map(({ stream }) => stream.topic) });
    }
    for (const each of party.members) this.#advance(each);
  }

  #later(pending: Pending): void {
    pending.isWaiting = true;
    this.#host.schedule(() => {
      pending.isWaiting = false;
      this.#advance(pending);
    });
  }

  /** Goes on with the history where the ring does not reach back far enough. */
  async #readOn(pending: Pending): Promise<void> {
    const { topic } = pending.stream;
    const { history } = this.#host;
    if (history === undefined || !isStored(topic)) {
      this.#lost(pending);
      return;
    }
    pending.isWaiting = true;
    // The history may know more than has been published; the rest is taken from the ring, once it is.
    const published = pending.stream.position;
    const page = await history
      .read(topic, { after: pending.position, until: published, limit: missedMessagesMax })
      .catch(() => undefined);
    pending.isWaiting = false;
    if (pending.isOver || pending.outbox.closed) return;
    // A history that has nothing more, but does not reach to what is here, has a hole.
    if (page === undefined || isSame(page.upTo, pending.position)) {
      this.#lost(pending);
      return;
    }
    if (!pending.party.isAnswered) {
      // Read once more when its turn comes, so that nothing has to be kept meanwhile.
      this.#decide(pending, true);
      return;
    }
    this.#send(
      pending,
      page.messages.filter(({ position }) => !isAfter(position, published)),
    );
    pending.position = isAfter(page.upTo, published) ? published : page.upTo;
    this.#host.flush(pending.outbox);
    this.#advance(pending);
  }

  #send(pending: Pending, messages: readonly Sequenced<Update>[]): void {
    for (const message of messages) {
      const { position, previous } = message;
      // Nothing is between these, though a server that was started meanwhile may not know the one before.
      const isKnown = !isAfter(previous, pending.told);
      this.#host.send(pending, isKnown ? message : { ...message, previous: pending.told });
      pending.position = position;
      pending.told = position;
    }
  }

  /** Not everything can be given: said at once, or, once the client was promised it, by closing. */
  #lost(pending: Pending): void {
    if (pending.recovered === undefined) this.#decide(pending, false);
    else pending.outbox.overflow();
  }

  #startOver(pending: Pending): void {
    this.#end(pending);
    this.#host.join(pending, true);
  }

  #abandon(pending: Pending): void {
    this.#end(pending);
    this.#host.left(pending.stream);
    this.#decide(pending, false);
  }

  #end(pending: Pending): void {
    const { outbox, stream } = pending;
    pending.isOver = true;
    stream.rejoining -= 1;
    const left = (this.#pending.get(outbox) ?? []).filter((other) => other !== pending);
    if (left.length > 0) this.#pending.set(outbox, left);
    else this.#pending.delete(outbox);
  }
}

const storedKinds: ReadonlySet<string> = new Set<StoredTopic["kind"]>([
  ...(["orders", "fills", "balances", "trades"] as const),
]);

function isStored(topic: Topic): topic is StoredTopic {
  return storedKinds.has(topic.kind);
}

function isSame(one: Position, other: Position): boolean {
  return (
    one.sequence === other.sequence && one.tick === other.tick && one.ordinal === other.ordinal
  );
}
