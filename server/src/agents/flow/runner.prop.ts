/**
 * Random days on a real exchange: wherever their clock is led, and however it comes there, the exchange is in the state of
 * playing to there, with a bot's orders in it.
 */
import { expect, it } from "vitest";
import type { Command } from "../../core/commands.ts";
import { Exchange } from "../../core/exchange.ts";
import type { Side } from "../../core/market/rules.ts";
import { lots, ticks } from "../../core/num/units.ts";
import { money, rulesOf } from "../../core/scenario.fixture.ts";
import type { FlowBatches, FlowEvent } from "../../ports/order-flow.ts";
import type { ReplayAction } from "../../ports/replay.ts";
import { Random } from "../../simulation/random.ts";
import { VirtualClock } from "../../testing/virtual-clock.ts";
import { type FlowEngine, FlowRunner } from "./runner.ts";

const seed = Number(process.env["OPENBOURSE_TEST_SEED"] ?? Date.now() % 1_000_000);
const market = "BTC_USDT";
const second = 1_000_000;
const lengthS = 120;
const quiet = () => undefined;

/** What the bot does when the clock stands at a second. */
interface Move {
  readonly atS: number;
  readonly side: Side;
  readonly price: number;
}

/** Orders that come, shrink and are executed around 100. */
function eventsOf(random: Random): readonly FlowEvent[] {
  const events: FlowEvent[] = [];
  const open: { id: string; side: Side; price: number; lots: number }[] = [];
  const decimal = (coefficient: number) => ({ coefficient, scale: 0 });
  for (let atUs = 0; atUs < lengthS * second; atUs += 1 + random.below(second)) {
    const order = open[random.below(Math.max(1, open.length))];
    if (order === undefined || random.below(2) === 0) {
      const side = random.below(2) === 0 ? "buy" : "sell";
      const price = side === "buy" ? 99 - random.below(5) : 101 + random.below(5);
      const made = { id: `${events.length}`, side, price, lots: 1 + random.below(9) } as const;
      open.push(made);
      const terms = { price: decimal(price), quantity: decimal(made.lots) };
      events.push({ kind: "new", atUs, id: made.id, side, ...terms });
      continue;
    }
    const kind = (["executed", "reduced", "cancelled"] as const)[random.below(3)]!;
    const some = kind === "cancelled" ? order.lots : 1 + random.below(order.lots);
    order.lots -= some;
    if (order.lots === 0) open.splice(open.indexOf(order), 1);
    const { id, side, price } = order;
    events.push({ kind, atUs, id, side, price: decimal(price), quantity: decimal(some) });
  }
  return events;
}

/** A day, a bot, and an exchange whose commands are answered a turn later. */
class House {
  readonly exchange = new Exchange();
  readonly wall = new VirtualClock();
  readonly runner: FlowRunner;
  #stop: (() => Promise<void>) | undefined;

  constructor(events: readonly FlowEvent[], speed: number | "max") {
    async function* read(): FlowBatches {
      for (const event of events) yield [event];
      return { kind: "finished" };
    }
    const counts = { lines: 0, malformed: 0, skipped: 0, late: 0, gaps: 0, place: undefined };
    const how = { model: { fills: "at-price", cancels: "behind" }, isPaused: true } as const;
    this.runner = new FlowRunner(
      {
        ...{ rules: rulesOf("BTC", "USDT"), isMissing: true, speed, ...how },
        ...{ fromUs: undefined, toUs: undefined, read, counts },
      },
      this.exchange,
      { clock: this.wall, log: { debug: quiet, info: quiet, warn: quiet, error: quiet } },
    );
  }

  async start(): Promise<void> {
    const engine: FlowEngine = {
      exchange: this.exchange,
      door: { submit: (command) => Promise.resolve(this.submit(command)) },
      sequencer: {
        ...{ stallReason: undefined, stopReason: undefined },
        submit: (command, done) => {
          const released = this.submit(command);
          setImmediate(() => done({ kind: "released", released }));
        },
      },
    };
    this.#stop = await this.runner.start(engine);
    for (const currency of ["BTC", "USDT"]) {
      const amount = money("1000000");
      this.submit({ kind: "deposit", user: "bot", currency, amount, key: currency });
    }
  }

  submit(command: Command) {
    const sequence = this.exchange.sequence + 1;
    const events = this.exchange.apply({ sequence, timeUs: sequence, command });
    return { sequence, timeUs: sequence, command, events };
  }

  async act(action: ReplayAction): Promise<void> {
    const status = await this.runner.clock.act(action);
    if (typeof status === "string") throw new Error(status);
  }

  place({ side, price }: Move): void {
    const terms = { side, price: ticks(price), quantity: lots(3), timeInForce: "gtc" } as const;
    this.submit({ kind: "place-limit", user: "bot", market, ...terms });
  }

  /** Lets the clock run for so many seconds of ours, in small pieces. */
  async run(seconds: number): Promise<void> {
    await this.act({ kind: "resume" });
    for (let piece = 0; piece < Math.round(seconds * 10); piece += 1) {
      this.wall.advanceBy(second / 10);
      for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    }
    await this.act({ kind: "pause" });
  }

  async state(): Promise<string> {
    await this.#stop?.();
    this.exchange.checkInvariants();
    return `${this.exchange.stateHash()} ${JSON.stringify(this.runner.figures)}`;
  }
}

/** Ways from one moment to another. */
const ways = {
  "by leaps": (house: House, toS: number) => house.act({ kind: "seek", toUs: toS * second }),
  "by leaps to places between": async (house: House, toS: number, fromS: number) => {
    await house.act({ kind: "seek", toUs: ((fromS + toS) / 2) * second });
    await house.act({ kind: "seek", toUs: toS * second });
  },
  "by steps": async (house: House, toS: number, fromS: number) => {
    for (let at = fromS; at < toS; at += 1) await house.act({ kind: "step", step: "second" });
    await house.act({ kind: "seek", toUs: toS * second });
  },
  "by playing": async (house: House, toS: number, fromS: number) => {
    await house.run((toS - fromS) / 5);
    await house.act({ kind: "seek", toUs: toS * second });
  },
} as const;

it(`a recorded day is in one state at a moment, whichever way it came there (seed ${seed})`, async () => {
  const random = new Random(seed, "flow");
  for (let round = 0; round < 2; round += 1) {
    const events = eventsOf(random);
    const stops = Array.from({ length: 6 }, () => 1 + random.below(lengthS)).toSorted(
      (left, right) => left - right,
    );
    const moves = stops.map((atS): Move => {
      const side = random.below(2) === 0 ? "buy" : "sell";
      return { atS, side, price: 95 + random.below(11) };
    });
    const states: Record<string, string> = {};
    for (const [name, go] of Object.entries(ways)) {
      const house = new House(events, name === "by playing" ? 5 : 1);
      await house.start();
      let fromS = 0;
      for (const move of moves) {
        if (move.atS > fromS) await go(house, move.atS, fromS);
        fromS = move.atS;
        house.place(move);
      }
      states[name] = await house.state();
    }
    const [first] = Object.values(states);
    expect(first).toContain('"diverged"');
    for (const [name, state] of Object.entries(states)) {
      expect(state, `round ${round}, ${name}`).toBe(first);
    }
  }
});
