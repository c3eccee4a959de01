/** Random trading: the history on disk answers every query as the one in memory does. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rounds } from "../../../../../test/support/rounds.ts";
import type { Command } from "../../../core/commands.ts";
import { lots, ticks } from "../../../core/num/units.ts";
import {
  type Answer,
  barResolutions,
  type History,
  type OrderQuery,
  type Place,
  type ToldRecords,
} from "../../../ports/history.ts";
import { barSteps } from "../../../ports/history-bars.contract.ts";
import { rowsOf, Story } from "../../../ports/history-story.fixture.ts";
import type { Released } from "../../../ports/released.ts";
import { MemoryHistory } from "../../../testing/memory-history.ts";
import { openHistory } from "./history.ts";

const users = ["ann", "bob", "cid"];
const markets = ["BTC_USDT", "ETH_USDT"];
const runs = rounds(4, 12);

/** Past this, a failure is reported as it is instead of being made smaller still, in milliseconds. */
const shrinkingTimeMax = 20_000;

const user = fc.constantFrom(...users);
const market = fc.constantFrom(...markets);
const side = fc.constantFrom("buy" as const, "sell" as const);
const price = fc.integer({ min: 8, max: 12 }).map(ticks);
const quantity = fc.integer({ min: 1, max: 6 }).map(lots);
const clientId = fc.constantFrom(undefined, "a", "b");
/** Stands for one of the user's open orders, see {@link aimed}. */
const order = fc.record({ id: fc.integer({ min: 1, max: 60 }) });

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .record({
        kind: fc.constant("place-limit" as const),
        ...{ user, market, side, price, quantity, clientId },
        timeInForce: fc.constantFrom("gtc" as const, "gtc" as const, "ioc" as const),
      })
      .map(({ clientId: id, ...rest }) => (id === undefined ? rest : { ...rest, clientId: id })),
  },
  fc.record({
    kind: fc.constant("place-market" as const),
    ...{ user, market, side },
    size: fc.record({ quantity }),
  }),
  fc.record({ kind: fc.constant("cancel-order" as const), user, order }),
  fc.record({ kind: fc.constant("reduce-order" as const), user, order, by: quantity }),
  fc.record({
    kind: fc.constant("replace-order" as const),
    ...{ user, order, price, quantity },
    timeInForce: fc.constant("gtc" as const),
  }),
  fc.record({ kind: fc.constant("cancel-all" as const), user }),
  fc.record({
    kind: fc.constant("set-self-trade-prevention" as const),
    user,
    mode: fc.constantFrom("cancel-oldest" as const, "decrement" as const),
  }),
);

/** A command and how long nothing happens before it, in seconds. */
const step = fc.record({ command, waitS: fc.constantFrom(0, 0, 0, 0, 50, 3_000, 50_000) });

/** Aims a command at an order that its user has open, if there is one. */
function aimed(given: Command, story: Story): Command {
  if (!("order" in given) || !("id" in given.order)) return given;
  const open = story.openOrders(given.user);
  const id = open[given.order.id % Math.max(1, open.length)] ?? given.order.id;
  return { ...given, order: { id } };
}

let root: string;
let files = 0;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "openbourse-history-prop-"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function openDisk(): Promise<History> {
  files += 1;
  const opened = await openHistory({ file: join(root, `${files}.db`), epoch: "a" });
  if (opened.kind === "refused") throw new Error(opened.message);
  return opened.history;
}

/** Every page of a query whose pages begin where the last one ended. */
async function pagesOf<Row extends Place>(
  page: (place: Place | undefined) => Answer<Row>,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (let found = await rowsOf(page(undefined)); found.length > 0; ) {
    rows.push(...found);
    found = await rowsOf(page(rows.at(-1)));
  }
  return rows;
}

/** Every record of which a user was told, page by page. */
async function toldOf<Told>(
  page: (place: Place | undefined) => Answer<ToldRecords<Told>>,
): Promise<unknown[]> {
  return await pagesOf(async (place) => {
    const [found] = await rowsOf(page(place));
    return found?.records ?? [];
  });
}

/** What each of these answers, asked one after another. */
async function each<Item>(
  items: readonly Item[],
  ask: (item: Item) => Promise<unknown>,
): Promise<unknown[]> {
  const answers: unknown[] = [];
  for (const item of items) answers.push(await ask(item));
  return answers;
}

/** Everything that a history can be asked after a story of this many commands. */
async function answersOf(history: History, commands: number): Promise<unknown[]> {
  const limit = 7;
  const orderQueries: OrderQuery[] = users.flatMap((name) =>
    [undefined, ...markets].flatMap((code) =>
      [undefined, "buy" as const, "sell" as const].flatMap((way) =>
        [undefined, "a"].flatMap((mine) =>
          [0, 7].map((offset) => ({
            ...{ user: name, market: code, side: way, clientId: mine, limit, offset },
          })),
        ),
      ),
    ),
  );
  const ids = Array.from({ length: commands }, (_, index) => index + 1);
  const orderOwners = ids.flatMap((order) => users.map((name) => ({ user: name, order })));
  const keys = users.flatMap((name) => ["USDT", "BTC", "k"].map((key) => [name, key] as const));
  const wallets = users.flatMap((name) =>
    ["USDT", "BTC"].flatMap((currency) =>
      [0, 40].map((fromSequence) => ({ user: name, currency, fromSequence })),
    ),
  );
  const accounts = users.flatMap((name) => markets.map((market) => ({ user: name, market })));
  const series = markets.flatMap((code) =>
    barResolutions.map((resolutionS) => ({
      market: code,
      steps: barSteps,
      resolutionS,
      limit: 99,
    })),
  );
  return [
    await each(orderQueries, (query) => rowsOf(history.closedOrders(query))),
    await each(ids, (id) => rowsOf(history.closedOrders({ user: "ann", id, limit }))),
    users.flatMap((name) => ["a", "b", "c"].map((mine) => history.clientIdUse(name, mine))),
    keys.map(([name, key]) => history.transfer(name, key)),
    await each(orderOwners, (query) =>
      pagesOf((after) => history.orderFills({ ...query, after, limit: 2 })),
    ),
    await each(users, (name) =>
      pagesOf((before) => history.userFills({ user: name, before, limit })),
    ),
    await each(accounts, (query) =>
      pagesOf((after) => history.orderEvents({ ...query, after, limit: 2 })),
    ),
    await each(accounts, (query) =>
      toldOf((after) => history.toldFills({ ...query, after, limit: 2 })),
    ),
    await each(wallets, ({ user, currency }) =>
      toldOf((after) => history.toldBalances({ user, currency, after, limit: 2 })),
    ),
    await each(markets, (code) =>
      pagesOf((before) => history.trades({ market: code, before, limit })),
    ),
    await each(series, (query) => rowsOf(history.bars(query))),
    await each(wallets, (query) =>
      pagesOf((before) => history.balanceChanges({ ...query, before, limit })),
    ),
  ];
}

/** Records commands so that the last of them comes in three pieces, and is asked for in between. */
async function recordInPieces(history: History, released: readonly Released[]): Promise<void> {
  const last = released.at(-1);
  if (last === undefined) return;
  const before = history.lastSequence + released.length - 1;
  const cuts = [0, 1, 3, last.events.length].map((cut) => Math.min(cut, last.events.length));
  const piece = (of: number) => ({ ...last, events: last.events.slice(cuts[of], cuts[of + 1]) });
  history.record([...released.slice(0, -1), piece(0)], true);
  void history.flushed();
  history.record([piece(1)], true);
  expect(history.lastSequence).toBeLessThanOrEqual(before);
  history.record([piece(2)]);
  await history.flushed();
  expect(history.lastSequence).toBe(last.sequence);
}

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** Tells a story to three histories, to one of them in pieces that end at these places. */
async function compare(steps: readonly Step[], places: readonly number[]): Promise<void> {
  const told = new Story().open(users);
  for (const { command: given, waitS } of steps) {
    told.wait(waitS);
    told.give(aimed(given, told));
  }
  const count = told.released.length;
  const memory = new MemoryHistory();
  memory.record(told.released);
  const [whole, parts] = [await openDisk(), await openDisk()];
  try {
    whole.record(told.released);
    await whole.flushed();
    for (const place of [...places.toSorted((left, right) => left - right), count]) {
      await recordInPieces(parts, told.released.slice(parts.lastSequence, place));
    }

    expect(await answersOf(whole, count)).toEqual(await answersOf(memory, count));
    expect(await parts.digest()).toEqual(await whole.digest());
  } finally {
    await Promise.all([whole.close(), parts.close()]);
  }
}

describe("a history on disk", () => {
  it("answers as the one in memory, however the commands were batched", async () => {
    const story = fc.array(step, { minLength: 60, maxLength: 120 });
    const cuts = fc.array(fc.integer({ min: 1, max: 120 }), { maxLength: 6 });
    let last: Promise<void> = Promise.resolve();
    const property = fc.asyncProperty(story, cuts, (steps, places) => {
      last = compare(steps, places);
      return last;
    });

    try {
      await fc.assert(property, { numRuns: runs, interruptAfterTimeLimit: shrinkingTimeMax });
    } finally {
      // Past the limit nobody waits for the run that is under way, which still writes its files.
      await Promise.allSettled([last]);
    }
    await last;
  });
});
