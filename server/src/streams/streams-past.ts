/**
 * What was published of the exchange's trades, and what users were told of their orders, fills and balances,
 * made again from the history as far back as that reaches, with the positions that it had. Trades are
 * told a command a message, whatever messages they were told in.
 */
import { assert } from "../core/assert.ts";
import { type MarketBoardView, rulesOf } from "../marketdata/market-board.ts";
import type { Position, Sequenced } from "../marketdata/position.ts";
import { topicKey, type Update } from "../marketdata/topic.ts";
import {
  type FillUpdate,
  type MarketUnits,
  type OrderUpdate,
  unitsOf,
} from "../marketdata/updates.ts";
import {
  type BalanceRecord,
  type FillRecord,
  type History,
  historyLimitMax,
  isUnanswered,
  type OrderEventRecord,
  type Place,
} from "../ports/history.ts";
import type {
  PrivateTopic,
  StoredTopic,
  StreamHistory,
  StreamPage,
  StreamQuery,
} from "../ports/stream-history.ts";

/** Where streams are read from. */
export interface StreamsPastParts {
  readonly history: Pick<
    History,
    "lastSequence" | "orderEvents" | "toldFills" | "toldBalances" | "trades"
  >;
  readonly board: MarketBoardView;
  /** Resolves when the history holds all that was released by now, or with why it never will. */
  caughtUp(): Promise<string | undefined>;
}

/** The streams of the past. */
export class StreamsPast implements StreamHistory {
  readonly #parts: StreamsPastParts;
  /** The last read of each user or market: those are made one after another, and none of them is turned away. */
  readonly #reading = new Map<string, Promise<unknown>>();
  /** Reads of trades that are under way, by what is asked: what lies between two positions is the same for everybody. */
  readonly #shared = new Map<string, Promise<StreamPage | undefined>>();

  constructor(parts: StreamsPastParts) {
    this.#parts = parts;
  }

  async read(topic: StoredTopic, query: StreamQuery): Promise<StreamPage | undefined> {
    if (topic.kind !== "trades") return await this.#inTurn(topic, query);
    const { after, until, limit } = query;
    const place = ({ sequence, tick, ordinal }: Position) => `${sequence} ${tick} ${ordinal}`;
    const asked = `${topicKey(topic)} ${place(after)} ${place(until)} ${limit}`;
    const shared = this.#shared.get(asked) ?? this.#inTurn(topic, query);
    this.#shared.set(asked, shared);
    try {
      return await shared;
    } finally {
      if (this.#shared.get(asked) === shared) this.#shared.delete(asked);
    }
  }

  async #inTurn(topic: StoredTopic, query: StreamQuery): Promise<StreamPage | undefined> {
    const asker = topic.kind === "trades" ? topicKey(topic) : topic.user;
    const mine = (this.#reading.get(asker) ?? Promise.resolve()).then(() =>
      this.#read(topic, query),
    );
    const settled = mine.catch(() => undefined);
    this.#reading.set(asker, settled);
    try {
      return await mine;
    } finally {
      if (this.#reading.get(asker) === settled) this.#reading.delete(asker);
    }
  }

  async #read(topic: StoredTopic, query: StreamQuery): Promise<StreamPage | undefined> {
    if ((await this.#parts.caughtUp()) !== undefined) return undefined;
    // Read before the rows are, so that none up to here is missing among them.
    const { lastSequence } = this.#parts.history;
    if (topic.kind === "trades") return await this.#trades(topic.market, query);
    const { after, limit } = query;
    const found = await this.#found(topic, { after: placeAfter(after), limit });
    if (found === undefined) return undefined;
    const messages: Sequenced<Update>[] = [];
    for (const { sequence, ordinal, update } of found.told) {
      const previous = messages.at(-1)?.position ?? after;
      messages.push({ position: { sequence, tick: 0, ordinal }, previous, update });
    }
    const last = messages.at(-1)?.position;
    if (messages.length === limit && last !== undefined) return { messages, upTo: last };
    return { messages, upTo: endOf(found.lookedTo ?? lastSequence) };
  }

  async #trades(
    market: string,
    { after, until, limit }: StreamQuery,
  ): Promise<StreamPage | undefined> {
    const trades = await this.#parts.history.trades({
      ...{ market, order: "oldest-first", limit: historyLimitMax },
      after: placeAfter(after),
      before: { sequence: until.sequence, ordinal: placeAfter(until).ordinal + 1 },
    });
    if (isUnanswered(trades)) return undefined;
    const commands = [...Map.groupBy(trades, ({ sequence }) => sequence).values()].slice(0, limit);
    const units = unitsOf(rulesOf(this.#parts.board, market));
    const messages: Sequenced<Update>[] = [];
    for (const command of commands) {
      const { sequence, ordinal, timeUs } = command.at(-1)!;
      const previous = messages.at(-1)?.position ?? after;
      const update = { ...units, timeUs, trades: command.map(({ market: _, ...trade }) => trade) };
      messages.push({ position: { sequence, tick: 0, ordinal }, previous, update });
    }
    const isWhole = trades.length < historyLimitMax && commands.length < limit;
    return { messages, upTo: isWhole ? until : (messages.at(-1)?.position ?? until) };
  }

  async #found(
    topic: PrivateTopic,
    page: { readonly after: Place; readonly limit: number },
  ): Promise<Found | undefined> {
    const { history, board } = this.#parts;
    const { user } = topic;
    if (topic.kind === "balances") {
      const answer = await history.toldBalances({ user, currency: topic.currency, ...page });
      return isUnanswered(answer) ? undefined : foundOf(answer, balanceUpdate);
    }
    const { market } = topic;
    const rules = rulesOf(board, market);
    if (topic.kind === "fills") {
      const answer = await history.toldFills({ user, market, ...page });
      const update = (fill: FillRecord): FillUpdate => {
        const { user: _, market: __, ...told } = fill;
        const feeCurrency = fill.side === "buy" ? rules.base : rules.quote;
        return { ...unitsOf(rules), ...told, feeCurrency };
      };
      return isUnanswered(answer) ? undefined : foundOf(answer, update);
    }
    const answer = await history.orderEvents({ user, market, ...page });
    if (isUnanswered(answer)) return undefined;
    const told = answer.map((event) => ({
      ...{ sequence: event.sequence, ordinal: event.ordinal },
      update: orderUpdate(event, unitsOf(rules)),
    }));
    return { told, lookedTo: undefined };
  }
}

/** Rows as what was told, and how far they were looked for. */
interface Found {
  readonly told: readonly (Place & { readonly update: Update })[];
  readonly lookedTo: number | undefined;
}

function foundOf<Told>(
  answer: readonly { records: readonly (Place & { told: Told })[]; lookedTo: number | undefined }[],
  updateOf: (told: Told) => Update,
): Found {
  const [page] = answer;
  const records = page?.records ?? [];
  return {
    told: records.map(({ sequence, ordinal, told }) => ({
      ...{ sequence, ordinal, update: updateOf(told) },
    })),
    lookedTo: page?.lookedTo,
  };
}

function orderUpdate(
  { phase, order, reason, timeUs }: OrderEventRecord,
  units: MarketUnits,
): OrderUpdate {
  if (phase !== "finished") return { ...units, phase, order, timeUs };
  assert(reason !== undefined, "an order that has ended has a reason");
  return { ...units, phase, order, reason, timeUs };
}

function balanceUpdate({ sequence: _, ordinal: __, timeUs, ...change }: BalanceRecord): Update {
  return { timeUs, change: { kind: "balance-changed", ...change } };
}

/** A client that had a tick had everything that its command caused. */
function placeAfter({ sequence, tick, ordinal }: Position): Place {
  return { sequence, ordinal: tick > 0 ? Number.MAX_SAFE_INTEGER : ordinal };
}

/** After everything of a command: nothing in these streams is caused by ticks. */
function endOf(sequence: number): Position {
  return { sequence, tick: Number.MAX_SAFE_INTEGER, ordinal: Number.MAX_SAFE_INTEGER };
}
