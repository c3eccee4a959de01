/** Random trading: the history on disk answers every query as the one in memory does. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Command } from "../../core/commands.ts";
import { lots, ticks } from "../../core/num/units.ts";
import type { History, OrderQuery, Place } from "../../ports/history.ts";
import { Story } from "../../ports/history-story.contract.ts";
import { MemoryHistory } from "../memory/history.ts";
import { openHistory } from "./history.ts";

const users = ["ann", "bob", "cid"];
const markets = ["BTC_USDT", "ETH_USDT"];
const runs = 12;

const user = fc.constantFrom(...users);
const market = fc.constantFrom(...markets);
const side = fc.constantFrom("buy" as const, "sell" as const);
const price = fc.integer({ min: 8, max: 12 }).map(ticks);
const quantity = fc.integer({ min: 1, max: 6 }).map(lots);
const clientId = fc.constantFrom(undefined, "a", "b");
/** Mostly an order that is open at the time, seldom none at all. */
const order = fc.record({ id: fc.integer({ min: 1, max: 120 }) });

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
function pagesOf<Row extends Place>(page: (place: Place | undefined) => readonly Row[]): Row[] {
  const rows: Row[] = [];
  for (let found = page(undefined); found.length > 0; found = page(rows.at(-1)))
    rows.push(...found);
  return rows;
}

/** Everything that a history can be asked after a story of this many commands. */
function answersOf(history: History, commands: number): unknown[] {
  const limit = 7;
  const orderQueries: OrderQuery[] = users.flatMap((name) =>
    [undefined, ...markets].flatMap((code) =>
      [undefined, "buy" as const, "sell" as const].flatMap((way) =>
        [undefined, "a"].flatMap((mine) =>
          [false, true].flatMap((closedOnly) =>
            [0, 7].map((offset) => ({
              ...{ user: name, market: code, side: way, clientId: mine, closedOnly, limit, offset },
            })),
          ),
        ),
      ),
    ),
  );
  const ids = Array.from({ length: commands }, (_, index) => index + 1);
  return [
    orderQueries.map((query) => history.orders(query)),
    ids.map((id) => history.orders({ user: "ann", id, limit })),
    ids.map((id) => pagesOf((after) => history.orderFills({ order: id, after, limit: 2 }))),
    users.map((name) => pagesOf((before) => history.userFills({ user: name, before, limit }))),
    markets.map((code) => pagesOf((before) => history.trades({ market: code, before, limit }))),
    users.flatMap((name) =>
      ["USDT", "BTC"].flatMap((currency) =>
        [0, 40].map((fromSequence) =>
          pagesOf((before) =>
            history.balanceChanges({ user: name, currency, fromSequence, before, limit }),
          ),
        ),
      ),
    ),
  ];
}

describe("a history on disk", () => {
  it("answers as the one in memory, however the commands were batched", async () => {
    const story = fc.array(command, { minLength: 60, maxLength: 120 });
    const cuts = fc.array(fc.integer({ min: 1, max: 120 }), { maxLength: 6 });
    const property = fc.asyncProperty(story, cuts, async (commands, places) => {
      const told = new Story().open(users);
      for (const given of commands) told.give(given);
      const memory = new MemoryHistory();
      memory.record(told.released);
      const [whole, parts] = [await openDisk(), await openDisk()];
      whole.record(told.released);
      for (const place of [...places.toSorted((left, right) => left - right), Infinity]) {
        parts.record(told.released.slice(parts.lastSequence, place));
        await parts.flushed();
      }
      await whole.flushed();
      const count = told.released.length;

      expect(answersOf(whole, count)).toEqual(answersOf(memory, count));
      expect(await parts.digest()).toEqual(await whole.digest());
      await Promise.all([whole.close(), parts.close()]);
    });

    await fc.assert(property, { numRuns: runs });
  });
});
