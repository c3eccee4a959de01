/**
 * Everybody who trades on the exchange without being a real user: seeded agents that speak to it in
 * commands and learn from its events. There is no clock here; the caller says when it is, submits
 * what they want, and tells what came of it.
 */
import type { Command } from "../core/commands.ts";
import type { ExchangeEvent } from "../core/events.ts";
import type { RejectReason } from "../core/reject.ts";
import type { Released } from "../ports/released.ts";
import type { Seat } from "./agent.ts";
import { type ParticipantsOptions, parseParticipantsOptions } from "./config.ts";
import { MarketScene } from "./market-scene.ts";
import { depositsOf, fundsFor, Steps } from "./parts.ts";

/** Steps older than this are left out when the caller has not asked for so long, in microseconds. */
export const catchUpMaxUs = 1_000_000;

/** Makes the participants of some markets; a text says what is wrong with the options. */
export function createParticipants(options: ParticipantsOptions): Participants | string {
  const markets = parseParticipantsOptions(options);
  if (typeof markets === "string") return markets;
  const scenes = markets.map((market) => new MarketScene(market, options.seed));
  return new Participants(scenes, new Steps(options.startUs, options.rate ?? 1));
}

/** All agents of all markets. */
export class Participants {
  readonly #scenes: readonly MarketScene[];
  readonly #scenesByCode: ReadonlyMap<string, MarketScene>;
  readonly #seatsByUser: ReadonlyMap<string, Seat>;
  readonly #steps: Steps;

  constructor(scenes: readonly MarketScene[], steps: Steps) {
    this.#scenes = scenes;
    this.#scenesByCode = new Map(scenes.map((scene) => [scene.code, scene]));
    const seats = scenes.flatMap((scene) => scene.seats);
    this.#seatsByUser = new Map(seats.map((seat) => [seat.user, seat]));
    this.#steps = steps;
  }

  /** When somebody wants to act next, in microseconds since 1970; infinite without any market. */
  get nextUs(): number {
    return this.#steps.timeOf(this.#nextStep());
  }

  /**
   * Lets everybody's time go on at this share of the rate, 1 being all of it. They decide the same things in
   * the same order, only sooner or later.
   */
  changePace(nowUs: number, share: number): void {
    this.#steps.changePace(nowUs, share);
  }

  /**
   * What has to be submitted before anything else: the markets that are missing, and for every agent
   * a clean slate and money. Doing it again, after a restart, changes no balance.
   */
  setUp(): readonly Command[] {
    const missing = this.#scenes.filter(({ state }) => state === "missing");
    return [
      ...missing.map(({ rules }): Command => ({ kind: "add-market", rules })),
      ...this.#scenes.flatMap(setUpScene),
    ];
  }

  /**
   * What the agents want at the earliest step that is due, in the order in which it has to be
   * submitted. Ask again while {@link nextUs} is not after `nowUs`: one call makes one step, so that
   * the answers to it can be told before the next one.
   */
  act(nowUs: number): readonly Command[] {
    const latest = this.#steps.stepAt(nowUs);
    const due = this.#nextStep();
    if (due > latest) return [];
    const step = Math.max(due, latest - this.#steps.within(catchUpMaxUs));
    return this.#scenes
      .filter((scene) => scene.nextStep <= step)
      .flatMap((scene) => scene.act({ step, nowUs }));
  }

  /** Learns what happened: all that the exchange releases has to be told, in its order. */
  observe({ command, events, timeUs }: Released): void {
    const first = events[0];
    const refusal = first?.kind === "refused" ? first.reason : undefined;
    if ("user" in command) this.#seatsByUser.get(command.user)?.answered(refusal, timeUs);
    if (refusal !== undefined) this.#refused(command, refusal);
    else for (const event of events) this.#happened(event);
  }

  /** A market may be there or be halted without us having been told. */
  #refused(command: Command, refusal: RejectReason): void {
    if (command.kind === "add-market" && refusal === "market-exists") {
      const scene = this.#scenesByCode.get(command.rules.code);
      if (scene?.state === "missing") scene.state = "open";
    } else if ("market" in command && command.market !== undefined && refusal === "market-halted") {
      const scene = this.#scenesByCode.get(command.market);
      if (scene !== undefined) scene.state = "halted";
    }
  }

  #happened(event: ExchangeEvent): void {
    switch (event.kind) {
      case "level-changed":
        this.#scenesByCode.get(event.market)?.levelChanged(event);
        break;
      case "traded":
        this.#scenesByCode.get(event.market)?.traded(event);
        break;
      case "order-opened":
      case "order-closed":
        this.#seatsByUser.get(event.order.user)?.observe(event);
        break;
      case "market-added":
        this.#setState(event.rules.code, "open");
        break;
      case "market-state-changed":
        this.#setState(event.market, event.halted ? "halted" : "open");
        break;
      case "market-rules-set":
        this.#scenesByCode.get(event.market)?.obey(event.rules);
        break;
      default:
    }
  }

  #setState(code: string, state: MarketScene["state"]): void {
    const scene = this.#scenesByCode.get(code);
    if (scene !== undefined) scene.state = state;
  }

  #nextStep(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const scene of this.#scenes) next = Math.min(next, scene.nextStep);
    return next;
  }
}

/** After a restart an agent's orders of before are unknown to it, and it would add to them. */
function setUpScene({ market, rules, seats }: MarketScene): readonly Command[] {
  const funds = fundsFor(rules, market);
  return seats.flatMap(({ user }): readonly Command[] => [
    { kind: "cancel-all", user },
    { kind: "set-self-trade-prevention", user, mode: "cancel-oldest" },
    ...depositsOf(user, rules, funds),
  ]);
}
