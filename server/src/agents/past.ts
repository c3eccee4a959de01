/**
 * What the participants of a new exchange may have done before it was opened: their markets, their money,
 * and trades between them. They are commands like all others. Nobody quotes a book in that time: a maker's
 * order stands only for the moment in which it is taken, so that a day costs seconds.
 */
import type { Side } from "../core/market/rules.ts";
import { ticks } from "../core/num/units.ts";
import type { TimedCommands } from "../ports/timed-commands.ts";
import { closeness, pastTrades } from "../simulation/past-trades.ts";
import { Random } from "../simulation/random.ts";
import type { ModelTrade } from "../simulation/trade-model.ts";
import { type ParticipantMarket, parseParticipantsOptions, type TradedMarket } from "./config.ts";
import { participantsOf } from "./market-scene.ts";
import { createParticipants } from "./participants.ts";
import { OrderSizes } from "./parts.ts";

/** About so many trades a past has at most, whatever its length: making them takes about three seconds. */
const pastTradesUsual = 12_000;

/** Which past. Times are microseconds since 1970. */
export interface ParticipantsPast {
  /** Safe integer, not negative: the same seed gives the same past. */
  readonly seed: number;
  readonly markets: readonly TradedMarket[];
  readonly fromUs: number;
  readonly untilUs: number;
}

/** All that they did, oldest first; a text says what is wrong with the options. */
export function participantsPast(past: ParticipantsPast): readonly TimedCommands[] | string {
  const { seed, markets, fromUs, untilUs } = past;
  const options = { seed, markets, startUs: fromUs };
  const parsed = parseParticipantsOptions(options);
  if (typeof parsed === "string") return parsed;
  const participants = createParticipants(options);
  if (typeof participants === "string") return participants;
  const close = closeness(parsed, untilUs - fromUs, pastTradesUsual);
  const steps = parsed.flatMap((market) => {
    const random = new Random(seed, `${market.rules.code} past`);
    const trades = pastTrades(market, random, { fromUs, untilUs, ...close(market) });
    return tradedBy(market, trades, random);
  });
  const opening = { timeUs: fromUs, commands: participants.setUp() };
  return [opening, ...steps.sort((left, right) => left.timeUs - right.timeUs)];
}

/** The steps that lead to these trades in an empty book. */
function tradedBy(
  { rules }: ParticipantMarket,
  trades: readonly ModelTrade[],
  random: Random,
): readonly TimedCommands[] {
  const { makers, takers } = participantsOf(rules.code);
  const sizes = new OrderSizes(rules);
  return trades.map(({ timeUs, priceTicks, quantityLots, aggressor }) => {
    const quantity = sizes.within(quantityLots, priceTicks);
    const order = {
      kind: "place-limit",
      market: rules.code,
      price: ticks(priceTicks),
      quantity,
    } as const;
    const other: Side = aggressor === "buy" ? "sell" : "buy";
    const pick = (of: readonly string[]) => of[random.below(of.length)] ?? "";
    return {
      timeUs,
      commands: [
        { ...order, user: pick(makers), side: other, timeInForce: "post-only" },
        { ...order, user: pick(takers), side: aggressor, timeInForce: "ioc" },
      ],
    };
  });
}
