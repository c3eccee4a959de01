/**
 * Random interleavings of orders, transfers, a log that holds back and a history that lags, at an
 * exchange that remembers two client ids and two keys: each is taken exactly once, whichever of the
 * three knows it.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Command } from "../core/commands.ts";
import { lots, ticks } from "../core/num/units.ts";
import { exchangeWith, money, rulesOf } from "../core/scenario.fixture.ts";
import type { Released, Submission } from "../ports/released.ts";
import type { StorageFailure } from "../ports/storage-fault.ts";
import type { Admission } from "../ports/trading-desk.ts";
import { Sequencer } from "../sequencer/sequencer.ts";
import { MemoryCommandLog, MemoryLogStorage } from "../testing/memory-command-log.ts";
import { MemoryHistory } from "../testing/memory-history.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { createDoor, type Door } from "./door.ts";
import { Recorder } from "./recorder.ts";

const limits = { openOrdersMax: 64, closedClientIdsPerUserMax: 2, transferKeysPerUserMax: 2 };
const report = { debug() {}, info() {}, warn() {}, error() {} };

/** A history that takes everything and stores it when it is let. */
class LaggingHistory extends MemoryHistory {
  isHeldBack = false;
  #taken: Released[] = [];
  #flushed = Promise.withResolvers<number>();

  override record(released: readonly Released[]): void {
    this.#taken.push(...released);
    this.letThrough();
  }

  override flushed(): Promise<number | StorageFailure> {
    if (this.failure !== undefined) return Promise.resolve(this.failure);
    return this.#taken.length === 0 ? Promise.resolve(this.lastSequence) : this.#flushed.promise;
  }

  letThrough(): void {
    if (this.isHeldBack) return;
    super.record(this.#taken.splice(0));
    this.#flushed.resolve(this.lastSequence);
    this.#flushed = Promise.withResolvers();
  }
}

type Answer = Submission | Admission;

/** An exchange behind its door, with everything in memory. */
class House {
  readonly log = new MemoryCommandLog(new MemoryLogStorage());
  readonly history = new LaggingHistory();
  readonly released: Released[] = [];
  readonly answers: Promise<Answer>[] = [];
  readonly door: Door;

  constructor() {
    const exchange = exchangeWith({ limits });
    const recorder = new Recorder(this.history, report);
    const sequencer = new Sequencer({
      ...{ exchange, log: this.log, clock: new VirtualClock() },
      schedule: (task) => queueMicrotask(task),
      release: (released) => {
        this.released.push(...released);
        recorder.take(released);
      },
    });
    this.door = createDoor({
      ...{ exchange, sequencer, history: this.history },
      historyCaughtUp: () => recorder.caughtUp(sequencer.durableSequence),
    });
  }

  give(command: Command): void {
    this.answers.push(this.door.submit(command));
  }

  /** An order that is over as soon as it is taken. */
  order(user: string, clientId: string): void {
    const terms = { price: ticks(1), quantity: lots(1), timeInForce: "ioc" } as const;
    this.give({ kind: "place-limit", market: "BTC_USDT", side: "buy", user, clientId, ...terms });
  }

  transfer(key: string): void {
    const kind = key.endsWith("7") ? "withdraw" : "deposit";
    this.give({ kind, user: "ann", currency: "USDT", amount: money("1"), key });
  }

  holdBack(what: "log" | "history"): void {
    if (what === "log") this.log.holdBack();
    else this.history.isHeldBack = true;
  }

  /** Everybody's answer, with nothing held back any more. */
  async answered(): Promise<readonly Answer[]> {
    let answers: readonly Answer[] | undefined;
    void Promise.all(this.answers).then((all) => {
      answers = all;
    });
    while (answers === undefined) {
      this.letThrough("log");
      this.letThrough("history");
      await settled();
    }
    return answers;
  }

  letThrough(what: "log" | "history"): void {
    if (what === "log") this.log.letThrough();
    this.history.isHeldBack &&= what === "log";
    this.history.letThrough();
  }
}

/** Lets everything go on that does not wait for the test. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

const part = fc.constantFrom("log" as const, "history" as const);
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.tuple(
      fc.constantFrom("order" as const, "transfer" as const),
      fc.integer({ max: 7, min: 0 }),
    ),
  },
  fc.tuple(fc.constantFrom("hold" as const, "let" as const), part),
  fc.tuple(fc.constant("wait" as const), fc.constant(0)),
);

async function run(house: House, [kind, what]: readonly [string, number | string]) {
  if (kind === "order") house.order("ann", `id ${what}`);
  else if (kind === "transfer") house.transfer(`key ${what}`);
  else if (kind === "wait") await settled();
  else if (kind === "hold") house.holdBack(what as "log");
  else house.letThrough(what as "log");
}

describe("a client id or a transfer key", () => {
  it("is taken once, between applied, durable and stored", async () => {
    const property = fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
      const house = new House();
      house.give({ kind: "add-market", rules: rulesOf("BTC", "USDT") });
      house.give({
        ...{ kind: "deposit", user: "ann", currency: "USDT" },
        ...{ amount: money("1000"), key: "k" },
      });
      for (const each of steps) await run(house, each);
      const answers = (await house.answered()).slice(2).map(verdictOf);

      const asked = steps.filter(([kind]) => kind === "order" || kind === "transfer");
      const names = asked.map(([kind, what]) => `${kind === "order" ? "id" : "key"} ${what}`);
      const taken = answers.flatMap((verdict, at) => (verdict === "taken" ? [names[at]] : []));
      expect(taken.toSorted()).toEqual([...new Set(names)].toSorted());
      const rest = answers.flatMap((verdict, at) =>
        verdict === "taken" ? [] : [`${asked[at]?.[0]} ${verdict}`],
      );
      expect(new Set([...rest, "order duplicate-client-id", "transfer repeated"]).size).toBe(2);
      expect(taken.toSorted()).toEqual(house.released.slice(2).flatMap(takenBy).toSorted());
    });
    await fc.assert(property, { numRuns: 300 });
  });
});

/** The ids and keys that a command took. */
function takenBy({ events }: Released): readonly string[] {
  return events.flatMap((event) => {
    if (event.kind === "order-opened") return [event.order.clientId ?? "none"];
    return event.kind === "transferred" && !event.repeated ? [event.key] : [];
  });
}

describe("a history that is not written any more", () => {
  it("still answers for what it has, and nobody is let in whom it would have to know", async () => {
    const house = new House();
    house.give({ kind: "add-market", rules: rulesOf("BTC", "USDT") });
    const funds = { user: "ann", currency: "USDT", amount: money("1000"), key: "k" };
    house.give({ kind: "deposit", ...funds });
    for (const id of ["a", "b", "c"]) house.order("ann", id);
    for (const key of ["1", "2"]) house.transfer(key);
    await house.answered();
    house.history.fail({ kind: "failure", fault: "disk-full", message: "no room" });

    const verdicts = async (ids: readonly string[]): Promise<readonly string[]> => {
      const before = house.answers.length;
      for (const id of ids) house.order("ann", id);
      return (await house.answered()).slice(before).map(verdictOf);
    };
    expect(await verdicts(["a", "d"])).toEqual(["duplicate-client-id", "taken"]);
    // With this one more is forgotten than the history holds.
    expect(await verdicts(["e", "f"])).toEqual(["taken", "taken"]);
    expect(await verdicts(["a", "d", "new"])).toEqual([
      "unavailable",
      "unavailable",
      "unavailable",
    ]);
    house.transfer("k");
    expect(verdictOf((await house.answered()).at(-1)!)).toBe("transfer-key-reused");
  });
});

function verdictOf(answer: Answer): string {
  if (answer.kind === "refused") return answer.reason;
  if (answer.kind !== "released") return answer.kind;
  const [first] = answer.released.events;
  if (first?.kind === "refused") return first.reason;
  return first?.kind === "transferred" && first.repeated ? "repeated" : "taken";
}
