/**
 * One market with everybody who trades on it: keeps what they see up to date and gives them their
 * turns. While the market is missing or halted nobody acts.
 */
import type { Command } from "../core/commands.ts";
import type { LevelChanged, Traded } from "../core/events.ts";
import { type MarketRules, notionalAtoms } from "../core/market/rules.ts";
import { Random } from "../simulation/random.ts";
import { type Agent, type MarketView, Seat, type Turn } from "./agent.ts";
import { BookView } from "./book-view.ts";
import type { ParticipantMarket } from "./config.ts";
import { FairPath } from "./fair-path.ts";
import { Maker, makerStyles } from "./maker.ts";
import { Inventory, OrderSizes, stepsPerSecond } from "./parts.ts";
import { MomentumTaker, NoiseTaker, ValueTaker } from "./takers.ts";

/** A cell is this share of a day's volatility: about what the price moves in a second. */
const cellVolatility = 1 / 350;
/** How many cells the makers shift their quotes for each ordinary order that they have taken in. */
const shiftCells = 0.06;
/** Largest shift, as a share of the fair price. */
const shiftMax = 0.05;
/** Interval at which a market in which nobody may act is looked at. */
const closedSteps = stepsPerSecond;

/** Whether agents may trade. */
export type SceneState = "missing" | "open" | "halted";

/** One market and its agents. */
export class MarketScene implements MarketView {
  readonly market: ParticipantMarket;
  readonly book: BookView = new BookView();
  rules: MarketRules;
  sizes: OrderSizes;
  readonly medianLots: number;
  readonly cellTicks: number;
  readonly seats: readonly Seat[];
  state: SceneState;
  /** The step at which somebody wants to act. */
  nextStep = 0;
  readonly #path: FairPath;
  readonly #inventory = new Inventory();
  readonly #makers: ReadonlySet<string>;
  #shiftTicks = 0;

  constructor(market: ParticipantMarket, seed: number) {
    const { dailyVolatility, medianLots, recovered, rules, startTicks } = market;
    this.market = market;
    this.rules = rules;
    this.sizes = new OrderSizes(rules);
    this.medianLots = medianLots;
    this.cellTicks = Math.max(Math.round(startTicks * dailyVolatility * cellVolatility), 1);
    const lastTicks = recovered?.lastTicks ?? 0;
    const fromTicks = lastTicks > 0 ? lastTicks : startTicks;
    const hidden = new Random(seed, `${rules.code} fair price`);
    this.#path = new FairPath({ startTicks, fromTicks, dailyVolatility }, hidden);
    const makers = makersOf(market, seed);
    this.#makers = new Set(makers.map(({ user }) => user));
    this.seats = [...makers, ...takersOf(market, seed)].map((agent) => new Seat(agent));
    this.state = stateOf(market);
    for (const level of recovered?.levels ?? []) this.book.change(level.side, level);
  }

  get code(): string {
    return this.rules.code;
  }

  get fairTicks(): number {
    return this.#path.ticks;
  }

  get quoteTicks(): number {
    return this.#path.ticks + this.#shiftTicks;
  }

  get intensity(): number {
    return this.#path.intensity;
  }

  get unrest(): number {
    return this.#path.unrest;
  }

  /** Lets those act whose turn it is. */
  act(turn: Turn): readonly Command[] {
    this.#path.advanceTo(turn.step);
    this.#shiftTicks = this.#shiftAt(turn.step);
    if (this.state !== "open") {
      this.nextStep = turn.step + closedSteps;
      return [];
    }
    const commands: Command[] = [];
    this.nextStep = Number.POSITIVE_INFINITY;
    for (const seat of this.seats) {
      if (seat.nextStep <= turn.step) commands.push(...seat.act(turn, this));
      this.nextStep = Math.min(this.nextStep, seat.nextStep);
    }
    this.nextStep = Math.max(this.nextStep, turn.step + 1);
    return commands;
  }

  /** Sizes orders by other rules from now on; tick and lot are the same. */
  obey(rules: MarketRules): void {
    this.rules = rules;
    this.sizes = new OrderSizes(rules);
  }

  levelChanged({ side, price, quantity }: LevelChanged): void {
    this.book.change(side, { price, quantity });
  }

  /** Takes in what the makers bought or sold. */
  traded({ aggressor, makerUser, quantity }: Traded): void {
    if (!this.#makers.has(makerUser)) return;
    this.#inventory.add(aggressor === "sell" ? quantity : -quantity);
  }

  /** Makers that hold more than they like quote lower, to sell; those that owe quote higher. */
  #shiftAt(step: number): number {
    const orders = this.#inventory.fadeTo(step) / this.medianLots;
    const most = this.#path.ticks * shiftMax;
    return Math.min(Math.max(-orders * shiftCells * this.cellTicks, -most), most);
  }
}

function stateOf({ recovered }: ParticipantMarket): SceneState {
  if (recovered === undefined) return "missing";
  return recovered.halted ? "halted" : "open";
}

function makersOf({ rules }: ParticipantMarket, seed: number): readonly Agent[] {
  return makerStyles.map((style, index) => {
    const user = makerName(index, rules.code);
    return new Maker(user, style, new Random(seed, user));
  });
}

function takersOf({ rules, tradesPerSecond }: ParticipantMarket, seed: number): readonly Agent[] {
  const [crowd, follower, hunter] = takerNames(rules.code);
  const trading = { user: crowd, tradesPerSecond, notionalAtoms: notionalAtoms(rules) };
  return [
    new NoiseTaker(trading, new Random(seed, crowd)),
    new MomentumTaker(follower, new Random(seed, follower)),
    new ValueTaker(hunter, new Random(seed, hunter)),
  ];
}

function makerName(index: number, code: string): string {
  return `sim-maker-${index + 1}-${code}`;
}

function takerNames(code: string) {
  return [`sim-noise-1-${code}`, `sim-momentum-1-${code}`, `sim-value-1-${code}`] as const;
}

/** Names under which agents trade in a market, whether they are there or not. */
export function participantsOf(code: string): Record<"makers" | "takers", readonly string[]> {
  return {
    makers: makerStyles.map((_, index) => makerName(index, code)),
    takers: takerNames(code),
  };
}
