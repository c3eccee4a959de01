/**
 * Lets the simulated participants live on the exchange: asks them at each of their steps what they
 * want, submits it like anybody's commands, and tells them what became of everybody's.
 */

import type { RecoveredMarket } from "../../feeds/simulator/participants/config.ts";
import { defaultMarkets } from "../../feeds/simulator/participants/default-markets.ts";
import {
  createParticipants,
  type Participants,
} from "../../feeds/simulator/participants/participants.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Audience } from "../audience.ts";
import { StartError } from "../start-error.ts";
import type { Venue } from "./venue.ts";

/** Levels of a side that participants are told about when they come back. */
const recoveredLevelsMax = 100_000;

/** How often they look whether the exchange goes on that waits for its disk, in milliseconds. */
const stallPauseMs = 1_000;

/** What the participants are to be like. */
export interface ParticipantsSetup {
  readonly seed: number;
  readonly rate: number;
  /** Share of the rate at which they go on while nobody is there. */
  readonly idleShare: number;
}

/**
 * Starts the participants; resolves when their markets and money are there. The returned function
 * sends them home.
 */
export async function runParticipants(
  venue: Venue,
  clock: Clock,
  { audience, idleShare, ...setup }: ParticipantsSetup & { readonly audience: Audience },
): Promise<() => void> {
  const participants = createParticipants({
    ...setup,
    markets: defaultMarkets,
    startUs: clock.nowUs(),
    recovered: recoveredMarkets(venue),
  });
  if (typeof participants === "string")
    throw new StartError(`exchange.participants: ${participants}`);
  venue.onRelease((released) => {
    for (const entry of released) participants.observe(entry);
  });
  await Promise.all(participants.setUp().map((command) => venue.door.submit(command)));
  const life = live(venue, clock, participants);
  const stopListening = audience.onChange((isThere) => {
    participants.changePace(clock.nowUs(), isThere ? 1 : idleShare);
    life.look();
  });
  return () => {
    stopListening();
    life.end();
  };
}

/** Participants that are asked at each of their steps. */
interface Life {
  /** Finds out anew when the next step is. */
  look(): void;
  end(): void;
}

function live(venue: Venue, clock: Clock, participants: Participants): Life {
  let cancel = () => {};
  const wake = () => {
    if (venue.sequencer.stallReason !== undefined) {
      cancel = clock.after(stallPauseMs, wake);
      return;
    }
    // One step at a time: what came of it is known before the next one is asked for.
    if (participants.nextUs <= clock.nowUs()) submitAll(venue, participants.act(clock.nowUs()));
    const waitMs = Math.max(0, Math.ceil((participants.nextUs - clock.nowUs()) / 1_000));
    const isOver = venue.sequencer.stopReason !== undefined;
    if (Number.isFinite(waitMs) && !isOver) cancel = clock.after(waitMs, wake);
  };
  cancel = clock.after(0, wake);
  return {
    look() {
      cancel();
      wake();
    },
    end: () => cancel(),
  };
}

function submitAll(venue: Venue, commands: ReturnType<Participants["setUp"]>): void {
  for (const command of commands) venue.sequencer.submit(command, ignore);
}

/** Participants learn everything from what is released. */
function ignore(): void {}

function recoveredMarkets({ exchange }: Venue): readonly RecoveredMarket[] {
  return exchange.markets().map(({ rules, halted, lastPrice }) => ({
    rules,
    halted,
    lastTicks: lastPrice,
    levels: (["buy", "sell"] as const).flatMap((side) =>
      exchange.depth(rules.code, side, recoveredLevelsMax).map((level) => ({ ...level, side })),
    ),
  }));
}
