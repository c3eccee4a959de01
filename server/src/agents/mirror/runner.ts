/**
 * Lets mirrors live on the exchange: asks each of them ten times a second what it wants, submits that like
 * anybody's commands, and tells them what became of everybody's.
 */
import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import type { Released } from "../../ports/released.ts";
import type { Stage } from "../../ports/stage.ts";
import { StartError } from "../../ports/start-error.ts";
import type { TradedExchange } from "../runner.ts";
import { Mirror, mirrorNames } from "./mirror.ts";
import type { OutsidePrices } from "./outside.ts";
import type { RecoveredExchange } from "./recovered.ts";
import { type MirrorOptions, parseMirror } from "./setup.ts";

/** How often mirrors look at the outside, in milliseconds. */
export const lookMs = 100;

/** What mirrors live with. */
export interface MirrorHouse {
  readonly clock: Clock;
  readonly log: Log;
  readonly outside: OutsidePrices;
}

/** The mirrors of an exchange: a stage of it, and participants once they are sent in. */
export class MirrorRunner implements Stage {
  readonly mirrors: readonly Mirror[];
  readonly #house: MirrorHouse;

  /** `exchange` is as it was recovered; they are told of everything that happens afterwards. */
  constructor(options: readonly MirrorOptions[], exchange: RecoveredExchange, house: MirrorHouse) {
    this.#house = house;
    const rulesOf = new Map(exchange.markets().map(({ rules }) => [rules.code, rules]));
    const seen = new Set<string>();
    this.mirrors = options.map((mirror) => {
      const { market, dataset, ticker } = mirror;
      if (seen.has(market)) throw new StartError(`exchange.mirrors: ${market} is listed twice`);
      seen.add(market);
      const setup = parseMirror(mirror, rulesOf.get(market));
      if (typeof setup === "string") throw new StartError(`exchange.mirrors: ${market}: ${setup}`);
      return new Mirror(setup, house.outside.follow(dataset, ticker), exchange);
    });
  }

  take(released: readonly Released[]): void {
    for (const entry of released) for (const mirror of this.mirrors) mirror.observe(entry);
  }

  /** Sends them in; resolves when their markets are there. The returned function takes their offers back. */
  async start(engine: TradedExchange): Promise<() => Promise<void>> {
    const { clock, log } = this.#house;
    const commands = this.mirrors.flatMap((mirror) => mirror.setUp());
    await Promise.all(commands.map((command) => engine.door.submit(command)));
    let cancel = () => {};
    const look = () => {
      if (engine.sequencer.stopReason !== undefined) return;
      cancel = clock.after(lookMs, look);
      if (engine.sequencer.stallReason !== undefined) return;
      for (const mirror of this.mirrors) {
        for (const command of mirror.act(clock.nowUs())) engine.sequencer.submit(command, ignore);
        for (const note of mirror.takeNotes()) log.warn(note);
      }
    };
    cancel = clock.after(0, look);
    return async () => {
      cancel();
      // Nobody is there to move them: what stood through a stop would be taken at the price of before it.
      const makers = this.mirrors.map(({ market }) => mirrorNames(market).maker);
      await Promise.all(makers.map((user) => engine.door.submit({ kind: "cancel-all", user })));
    };
  }
}

/** Mirrors learn everything from what is released. */
function ignore(): void {}
