import { beforeEach, describe, expect, it } from "vitest";
import { lots } from "../core/num/units.ts";
import { historyContract } from "../ports/history.contract.ts";
import type { History, HistoryQueries } from "../ports/history.ts";
import { balanceContract } from "../ports/history-balances.contract.ts";
import { orderContract } from "../ports/history-orders.contract.ts";
import { busyStory, rowsOf, Story, tell } from "../ports/history-story.fixture.ts";
import { fillContract } from "../ports/history-trades.contract.ts";
import { nextTurn } from "../ports/timers.ts";
import { MemoryHistory } from "../testing/memory-history.ts";
import { MemoryRequestLine, MemoryRequests } from "../testing/memory-request-line.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { HistoryAnswers, type HistoryAnswersParts } from "./history-answers.ts";
import { historySubject } from "./history-messages.ts";
import { queriesPerAskerMax, remoteHistory } from "./remote-history.ts";

const cluster = "test";
const epoch = "0".repeat(32);

/** An engine that answers, and a node that asks it. */
async function pair(
  history: History = new MemoryHistory(),
  options: Partial<HistoryAnswersParts & { lastSequence: number }> = {},
) {
  const line = new MemoryRequestLine(new MemoryRequests());
  const clock = new VirtualClock();
  const answers = new HistoryAnswers({
    ...{ epoch, history, clock, hasSteps: () => true, bytesMax: line.questionBytesMax },
    caughtUp: () => Promise.resolve(history.failure?.message),
    ...options,
  });
  const answering = await line.answer(historySubject(cluster), (bytes) => answers.answer(bytes));
  const log = { epoch, lastSequence: options.lastSequence ?? 0 };
  const remote = remoteHistory({ line, cluster, log });
  return { line, clock, history, answers, answering, remote };
}

/** Lets time pass until there is an answer. */
async function answered<Value>(clock: VirtualClock, asked: Promise<Value>): Promise<Value> {
  let isThere = false;
  const settle = () => {
    isThere = true;
  };
  asked.then(settle, settle);
  while (!isThere) {
    clock.advanceBy(10);
    await nextTurn();
  }
  return await asked;
}

/** What is fed to the node that asks is stored by the one that answers. */
function fed(remote: History, history: History): History {
  const queries: HistoryQueries = remote;
  return new Proxy(history, {
    get(target, name) {
      if (name === "lastSequence" || !(name in remote)) return Reflect.get(target, name);
      const value: unknown = Reflect.get(isQuery(name) ? queries : target, name);
      if (name !== "record") return typeof value === "function" ? value.bind(target) : value;
      return (...told: Parameters<History["record"]>) => {
        target.record(...told);
        remote.record(...told);
      };
    },
  });
}

const others: ReadonlySet<string | symbol> = new Set<keyof History>([
  ...(["epoch", "failure", "stall", "record", "advanced", "flushed", "clientIdUse"] as const),
  ...(["transfer", "examine", "digest", "close"] as const),
]);

function isQuery(name: string | symbol): boolean {
  return !others.has(name);
}

historyContract("over the line", async () => {
  const { remote, history } = await pair();
  return fed(remote, history);
});

describe("in small messages over the line", () => {
  let history: History;
  beforeEach(async () => {
    const { remote, history: stored } = await pair(undefined, { bytesMax: 1_600 });
    history = fed(remote, stored);
  });
  orderContract(() => history);
  fillContract(() => history);
  balanceContract(() => history);
});

describe("a history that is asked over the line", () => {
  it("answers in several messages what it answers in one", async () => {
    const history = new MemoryHistory();
    await tell(history, busyStory(400));
    const [whole, cut] = [await pair(history), await pair(history, { bytesMax: 1_600 })];
    const market = "BTC_USDT";
    const all = async ({ closedOrders, trades, ...other }: History) => [
      await closedOrders({ user: "ann", limit: 100, offset: 3 }),
      await other.userFills({ user: "ann", limit: 100 }),
      await other.orderEvents({ user: "bob", market, limit: 100 }),
      await other.toldFills({ user: "bob", market, limit: 100 }),
      await other.toldBalances({ user: "bob", currency: "BTC", limit: 100 }),
      await other.balanceChanges({ user: "bob", currency: "BTC", limit: 100 }),
      await trades({ market, limit: 50, offset: 2 }),
      await trades({ market, limit: 50, order: "oldest-first", offset: 2 }),
    ];

    const asked = await all(cut.remote);
    expect(asked).toEqual(await all(whole.remote));
    expect(asked.every((rows) => "length" in rows && rows.length > 0)).toBe(true);
  });

  it("tells both halves of a trade with oneself, wherever a message ends", async () => {
    const story = new Story().open();
    for (let at = 0; at < 20; at += 1) {
      story.place("ann", "buy", { quantity: lots(1) });
      story.place("ann", "sell", { quantity: lots(1) });
    }
    const history = new MemoryHistory();
    await tell(history, story);
    const query = { user: "ann", limit: 100 };
    const told = await rowsOf(history.userFills(query));

    for (const bytesMax of [800, 1_000, 1_200, 1_400]) {
      const { remote } = await pair(history, { bytesMax });
      expect(await remote.userFills(query)).toEqual(told);
    }
  });

  it("waits until the history holds what the asker has shown", async () => {
    const story = new Story().open();
    story.place("ann", "buy");
    story.place("bob", "sell");
    const history = new MemoryHistory();
    history.record(story.released.slice(0, -1));
    const { remote, clock } = await pair(history, { lastSequence: story.released.length });
    const asked = remote.trades({ market: "BTC_USDT", limit: 9 });
    clock.after(300, () => history.record(story.after(history.lastSequence)));

    expect(await rowsOf(answered(clock, asked))).toHaveLength(1);
    expect(clock.monotonicMs()).toBeGreaterThanOrEqual(300);
  });

  it("is busy where the history does not get that far in time", async () => {
    const { remote, clock } = await pair(undefined, { lastSequence: 7 });
    const asked = remote.trades({ market: "BTC_USDT", limit: 9 });

    expect(await answered(clock, asked)).toEqual({ kind: "busy", asker: "all" });
  });

  it("says why a history will never get that far", async () => {
    const history = new MemoryHistory();
    history.fail({ kind: "failure", fault: "disk-full", message: "the disk is full" });
    const { remote } = await pair(history, { lastSequence: 7 });

    expect(await remote.totals("BTC_USDT")).toMatchObject({ message: "the disk is full" });
  });

  it("says so where nobody answers, and where nobody can be reached", async () => {
    const { remote, answering, line } = await pair();
    line.isCut = true;
    expect(await remote.totals("BTC_USDT")).toMatchObject({
      message: "the cluster cannot be reached",
    });
    line.isCut = false;
    await answering.stop();
    expect(await remote.totals("BTC_USDT")).toMatchObject({
      message: "no engine of the cluster answers questions about the past",
    });
  });

  it("bounds what one asker has under way, and leaves the others their turn", async () => {
    const { remote } = await pair();
    const ask = (user: string) => remote.closedOrders({ user, limit: 1 });
    const own = Array.from({ length: queriesPerAskerMax + 1 }, () => ask("ann"));

    expect(await ask("bob")).toEqual([]);
    expect(await own.at(-1)).toEqual({ kind: "busy", asker: "this" });
    expect(await own[0]).toEqual([]);
    expect(await ask("ann")).toEqual([]);
  });

  it("does not mix logs", async () => {
    const { line, history } = await pair();
    const log = { epoch: "f".repeat(32), lastSequence: 0 };
    const other = remoteHistory({ line, cluster, log });

    expect(await other.totals("BTC_USDT")).toMatchObject({
      message: `an engine has refused a question about the past: this is the history of the log ${history.epoch}, not of ${"f".repeat(32)}`,
    });
  });
});

describe("questions of a stranger", () => {
  const right = { epoch, asOf: 0, kind: "trades", query: { market: "BTC_USDT", limit: 1 } };
  const steps = { tickSize: { coefficient: 1, scale: 2 }, lotSize: { coefficient: 1, scale: 2 } };
  const bars = { market: "BTC_USDT", steps, resolutionS: 60, limit: 1 };

  it.each([
    ["nothing", ""],
    ["no JSON", "\u0000"],
    ["a number", 7],
    ["another kind", { ...right, kind: "digest" }],
    ["a name of every object", { ...right, kind: "constructor" }],
    ["a further field", { ...right, query: { ...right.query, more: 1 } }],
    ["no limit", { ...right, query: { market: "BTC_USDT" } }],
    ["a limit of none", { ...right, query: { ...right.query, limit: 0 } }],
    ["a limit of too many", { ...right, query: { ...right.query, limit: 1_001 } }],
    ["a part of a row", { ...right, query: { ...right.query, limit: 1.5 } }],
    ["a place without an ordinal", { ...right, query: { ...right.query, after: { sequence: 1 } } }],
    ["a long name", { ...right, query: { ...right.query, market: "x".repeat(9_999) } }],
    ["other bars", { ...right, kind: "bars", query: { ...bars, resolutionS: 61 } }],
    [
      "steps that no market has",
      {
        ...right,
        kind: "bars",
        query: { ...bars, steps: { ...steps, tickSize: { coefficient: 1, scale: 17 } } },
      },
    ],
    ["a wrong whole number", { ...right, asOf: "~nx" }],
  ])("refuses %s", async (_, question) => {
    const { answers } = await pair();
    const text = typeof question === "string" ? question : JSON.stringify(question);

    expect(JSON.parse(Buffer.from(await answers.answer(Buffer.from(text))).toString())).toEqual({
      kind: "refused",
      message: "this is no question about the past: do all nodes run the same release?",
    });
  });

  it("answers what is a question", async () => {
    const { answers } = await pair();
    const answer = await answers.answer(Buffer.from(JSON.stringify(right)));

    expect(JSON.parse(Buffer.from(answer).toString())).toEqual({
      ...{ kind: "rows", isCut: false, rows: [] },
    });
  });

  it("refuses steps that are not those of the market", async () => {
    const { remote } = await pair(undefined, { hasSteps: () => false });

    expect(await remote.bars(bars as never)).toMatchObject({
      message: "an engine has refused a question about the past: BTC_USDT has other steps",
    });
  });
});
