import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rounds } from "../../../test/support/rounds.ts";
import { rulesOf } from "../core/scenario.fixture.ts";
import { DepthBook } from "./depth-book.ts";
import { depthScalesMax } from "./depth-scales.ts";
import type { DepthChange } from "./depth-side.ts";
import { type DepthLevel, type DepthUpdate, unitsOf } from "./updates.ts";

const rules = rulesOf("BTC", "USDT");
const depthScales = [...Array(depthScalesMax).keys()];

/** Prices that share groups and levels often, at every scale. */
const price = fc.oneof(
  fc.integer({ min: 1, max: 30 }),
  fc.integer({ min: 1, max: 400 }).map((step) => step * 997),
  fc.integer({ min: Number.MAX_SAFE_INTEGER - 20, max: Number.MAX_SAFE_INTEGER }),
);

/** Often gone, often the same again, at times so much that sums outgrow safe integers. */
const quantity = fc.oneof(
  fc.constantFrom(0, 0, 1, 2),
  fc.nat({ max: 1_000 }),
  fc.integer({ min: Number.MAX_SAFE_INTEGER - 3, max: Number.MAX_SAFE_INTEGER }),
);

const level = fc.record({ side: fc.constantFrom("buy", "sell"), price, quantity });
const step = fc.oneof(
  { weight: 12, arbitrary: level.map((change) => ({ kind: "change" as const, change })) },
  {
    weight: 2,
    arbitrary: fc.nat({ max: 5 }).map((scale) => ({ kind: "join" as const, scale })),
  },
  {
    weight: 1,
    arbitrary: fc.nat({ max: 5 }).map((scale) => ({ kind: "leave" as const, scale })),
  },
  { weight: 3, arbitrary: fc.constant({ kind: "take" as const }) },
);

type DrawnStep = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Groups of both sides, as `side|price`, with their quantities. */
type Grouped = ReadonlyMap<string, bigint>;

/** What rests, as it was told, and what it comes to at a scale: in unbounded integers, from scratch. */
class RawLevels {
  readonly #levels = new Map<string, DepthChange>();

  set(change: DepthChange): void {
    this.#levels.set(`${change.side}|${change.price}`, change);
  }

  grouped(depthScale: number): Grouped {
    const unit = 10n ** BigInt(depthScale);
    const sums = new Map<string, bigint>();
    for (const { side, price, quantity } of this.#levels.values()) {
      const added = side === "sell" ? unit - 1n : 0n;
      const group = `${side}|${((BigInt(price) + added) / unit) * unit}`;
      if (quantity > 0) sums.set(group, (sums.get(group) ?? 0n) + BigInt(quantity));
    }
    return sums;
  }
}

/** An update's groups; 0 for those that are gone. */
function groupsOf({ asks, bids }: Pick<DepthUpdate, "asks" | "bids">): Grouped {
  const write = (side: string, levels: readonly DepthLevel[]) =>
    levels.map((level) => [`${side}|${level.price}`, BigInt(level.quantity)] as const);
  return new Map([...write("sell", asks), ...write("buy", bids)]);
}

/** A client's copy of one scale: a snapshot, then every update. */
class Copy {
  readonly depthScale: number;
  readonly groups = new Map<string, bigint>();

  constructor(snapshot: DepthUpdate) {
    this.depthScale = snapshot.depthScale;
    this.update(snapshot);
  }

  update(update: DepthUpdate): void {
    expectInOrder(update);
    if (update.full) this.groups.clear();
    for (const [group, quantity] of groupsOf(update)) {
      if (quantity === 0n) this.groups.delete(group);
      else this.groups.set(group, quantity);
    }
  }
}

function expectInOrder({ asks, bids }: DepthUpdate): void {
  for (const levels of [asks, bids.toReversed()]) {
    const prices = levels.map(({ price }) => price);
    expect(prices).toEqual([...new Set(prices)].sort((a, b) => a - b));
  }
  const typeOf = (quantity: number | bigint) =>
    quantity <= Number.MAX_SAFE_INTEGER ? "number" : "bigint";
  const quantities = [...asks, ...bids].map(({ quantity }) => quantity);
  expect(quantities.filter((quantity) => typeof quantity !== typeOf(quantity))).toEqual([]);
}

/** A book, its oracle, and the clients that read it. */
class Run {
  readonly raw = new RawLevels();
  readonly book: DepthBook;
  #copies: Copy[] = [];

  constructor(levels: readonly DepthChange[] = []) {
    for (const level of levels) this.raw.set(level);
    this.book = new DepthBook({ units: unitsOf(rules), levels, timeUs: 0 });
  }

  change(change: DepthChange): void {
    this.raw.set(change);
    this.book.set(change, 0);
  }

  join(depthScale: number): void {
    const copy = new Copy(this.book.whole(depthScale));
    expect(copy.groups).toEqual(this.raw.grouped(depthScale));
    this.#copies.push(copy);
  }

  leave(depthScale: number): void {
    this.#copies = this.#copies.filter((copy) => copy.depthScale !== depthScale);
  }

  take(): void {
    const updates = this.book.take(0, {
      wanted: (index) => this.#copies.some(({ depthScale }) => depthScale === index),
    });
    for (const copy of this.#copies) {
      for (const update of updates) if (update.depthScale === copy.depthScale) copy.update(update);
      expect(copy.groups).toEqual(this.raw.grouped(copy.depthScale));
    }
  }

  play(drawn: DrawnStep): void {
    if (drawn.kind === "change") this.change(drawn.change);
    else if (drawn.kind === "join") this.join(drawn.scale);
    else if (drawn.kind === "leave") this.leave(drawn.scale);
    else this.take();
  }
}

describe("depth", () => {
  it("brings every copy to the exact book at each update, whenever it began, at all scales", () => {
    const steps = fc.array(step, { maxLength: 150, size: "max" });
    fc.assert(
      fc.property(fc.array(level), steps, (start, drawn) => {
        const run = new Run(start);
        for (const each of drawn) run.play(each);
        run.take();
        for (const index of depthScales) run.join(index);
      }),
      { numRuns: rounds(120, 300) },
    );
  });

  it("names in an update exactly the groups that differ, when nobody came in between", () => {
    const drawnRounds = fc.array(fc.array(level, { maxLength: 20 }), { maxLength: 12 });
    fc.assert(
      fc.property(drawnRounds, (drawn) => {
        const run = new Run();
        for (const changes of drawn) {
          const before = depthScales.map((index) => run.raw.grouped(index));
          for (const change of changes) run.change(change);
          const updates = run.book.take(0, { wanted: () => true });
          for (const index of depthScales) {
            const update = updates.find(({ depthScale }) => depthScale === index);
            const named = groupsOf(update ?? { asks: [], bids: [] });
            expect(named).toEqual(differences(before[index]!, run.raw.grouped(index)));
          }
        }
      }),
      { numRuns: rounds(40, 100) },
    );
  });
});

/** The groups that differ, with what they are after. */
function differences(before: Grouped, after: Grouped): Grouped {
  const groups = [...new Set([...before.keys(), ...after.keys()])];
  const differing = groups.filter((group) => before.get(group) !== after.get(group));
  return new Map(differing.map((group) => [group, after.get(group) ?? 0n]));
}
