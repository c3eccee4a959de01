/** Seeing and setting fees: everybody's by turnover, those of a market, those of a user. */
import Type, { type Static } from "typebox";
import { type FeeChoice, nameLengthMax } from "../core/commands.ts";
import type { FeesSet } from "../core/events.ts";
import { type FeeRates, type FeeStep, feePpmMax, feeStepsMax } from "../core/market/fees.ts";
import { formatAtoms, parseAtoms } from "../core/num/money.ts";
import {
  type AdminAnswer,
  type AdminRefusal,
  done,
  refused,
  takenOr,
  unavailable,
} from "./answer.ts";
import { parsePercent, percentText } from "./percent.ts";
import type { AdminTarget } from "./target.ts";

/** Most users with own fees that are shown at once. */
export const shownUsersMax = 1_000;

const rates = Type.Object(
  { makerPercent: Type.String(), takerPercent: Type.String() },
  { additionalProperties: false },
);

/** A pair of rates as percentages; a negative one is a rebate. */
export type ShownRates = Static<typeof rates>;

/** What fees are set to; whose they are: those of the market, those of the user, or everybody's. */
export const feesRequest = Type.Object(
  {
    market: Type.Optional(Type.String()),
    user: Type.Optional(Type.String()),
    /** Whether the name may be one that is no user's. */
    anyUser: Type.Optional(Type.Boolean()),
    /** Own rates of the market or user; for everybody the rates whatever their turnover. */
    rates: Type.Optional(rates),
    /** Everybody's rates from each turnover on, the first of them from 0. */
    steps: Type.Optional(
      Type.Array(
        Type.Object(
          { turnover: Type.String(), ...rates.properties },
          { additionalProperties: false },
        ),
        { minItems: 1, maxItems: feeStepsMax },
      ),
    ),
    /** The market or user has no own rates any more. */
    none: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);

/** What fees are set to. */
export type FeesRequest = Static<typeof feesRequest>;

/** A step of the schedule. */
export interface ShownStep extends ShownRates {
  /** From so much turnover in 30 days on, in the reference currency. */
  readonly turnover: string;
}

/** All fees. A user's own come before a market's own, and those before the step of the user's turnover. */
export interface ShownFees {
  readonly referenceCurrency: string;
  readonly steps: readonly ShownStep[];
  readonly markets: readonly ({ readonly market: string } & ShownRates)[];
  /** At most {@link shownUsersMax}. */
  readonly users: readonly ({ readonly user: string } & ShownRates)[];
}

/** Fees that were set, and what they were before. */
export interface FeesChange {
  /** Whose: a market's code, a user's id, or `everybody`. */
  readonly of: string;
  readonly from: string;
  readonly to: string;
}

/** Shows all fees. */
export async function showFees(
  _request: unknown,
  target: AdminTarget,
): Promise<AdminAnswer<ShownFees>> {
  const parameters = await target.parameters(shownUsersMax);
  if ("kind" in parameters) return unavailable(parameters.reason);
  const { fees, marketFees, userFees } = parameters;
  return done({
    referenceCurrency: fees.referenceCurrency,
    steps: fees.steps.map(shownStep),
    markets: marketFees.map((of) => ({ market: of.market, ...shownRates(of.rates) })),
    users: userFees.map((of) => ({ user: of.user, ...shownRates(of.rates) })),
  });
}

/** Sets fees, from the next trade on. */
export async function setFees(
  request: FeesRequest,
  target: AdminTarget,
): Promise<AdminAnswer<FeesChange>> {
  const fees = parseFees(request, target);
  if ("kind" in fees) return fees;
  const { market = "", user = "" } = request;
  const released = takenOr(await target.submit({ kind: "set-fees", fees }), {
    "unknown-market": `there is no market ${market}: see markets list`,
    "unknown-user": `${user} has no fees of their own`,
    "too-many-users": "the exchange has as many users as it can",
    "bad-fees":
      "the steps are no schedule: the first is from a turnover of 0, and each next one from a higher one",
  });
  if ("kind" in released) return released;
  const set = released.events.find((event): event is FeesSet => event.kind === "fees-set");
  const before = set === undefined ? fees : set.before;
  return done({ of: nameOf(fees), from: feesText(before), to: feesText(fees) });
}

function parseFees(request: FeesRequest, target: AdminTarget): FeeChoice | AdminRefusal {
  const { market, user, steps, none = false } = request;
  const given = [request.rates !== undefined, steps !== undefined, none].filter(Boolean).length;
  if (market !== undefined && user !== undefined) {
    return refused("fees are a market's or a user's, not those of a user in a market: name one");
  }
  if (given !== 1) return refused("say either rates, or steps, or none");
  const isOwn = market !== undefined || user !== undefined;
  if (isOwn && steps !== undefined)
    return refused("steps are everybody's: a market or user has one pair of rates");
  if (!isOwn && none)
    return refused("everybody has fees: name a market or a user who is to have none of their own");
  const own = request.rates === undefined ? undefined : parseRates(request.rates);
  if (own !== undefined && "kind" in own) return own;
  if (market !== undefined) return { of: "market", market, rates: own };
  if (user !== undefined) return ofUser(user, own, { request, target });
  if (own !== undefined)
    return { of: "default", steps: [{ fromTurnover: parseAtoms("0")!, ...own }] };
  return parseSteps(steps ?? []);
}

function ofUser(
  user: string,
  own: FeeRates | undefined,
  { request, target }: { readonly request: FeesRequest; readonly target: AdminTarget },
): FeeChoice | AdminRefusal {
  if (user.length < 1 || user.length > nameLengthMax) {
    return refused(`a user's name has 1 to ${nameLengthMax} characters`);
  }
  if (request.anyUser !== true && !target.userExists(user)) {
    return refused(
      `there is no user ${user}: see users list, or say --any-user for a name that is no user's`,
    );
  }
  return { of: "user", user, rates: own };
}

function parseSteps(steps: NonNullable<FeesRequest["steps"]>): FeeChoice | AdminRefusal {
  const parsed: FeeStep[] = [];
  for (const step of steps) {
    const fromTurnover = parseAtoms(step.turnover);
    if (fromTurnover === undefined) {
      return refused(`"${step.turnover}" is no turnover: write plain digits`);
    }
    const own = parseRates(step);
    if ("kind" in own) return own;
    parsed.push({ fromTurnover, ...own });
  }
  return { of: "default", steps: parsed };
}

function parseRates({ makerPercent, takerPercent }: ShownRates): FeeRates | AdminRefusal {
  const makerPpm = parsePercent(makerPercent);
  const takerPpm = parsePercent(takerPercent);
  if (makerPpm === undefined || Math.abs(makerPpm) > feePpmMax)
    return badRate("maker", makerPercent);
  if (takerPpm === undefined || Math.abs(takerPpm) > feePpmMax)
    return badRate("taker", takerPercent);
  return { makerPpm, takerPpm };
}

function badRate(side: string, text: string): AdminRefusal {
  return refused(
    `${side}: "${text}" is no rate: write percent from -100 to 100 with at most 4 decimals, for example 0.1; a negative one is a rebate`,
  );
}

function shownRates({ makerPpm, takerPpm }: FeeRates): ShownRates {
  return { makerPercent: percentText(makerPpm), takerPercent: percentText(takerPpm) };
}

function shownStep(step: FeeStep): ShownStep {
  return { turnover: formatAtoms(step.fromTurnover), ...shownRates(step) };
}

function nameOf(fees: FeeChoice): string {
  if (fees.of === "market") return fees.market;
  return fees.of === "user" ? fees.user : "everybody";
}

function feesText(fees: FeeChoice): string {
  if (fees.of !== "default") return fees.rates === undefined ? "none" : ratesText(fees.rates);
  return fees.steps
    .map((step) => {
      const from = step.fromTurnover === 0n ? "" : `from ${formatAtoms(step.fromTurnover)} `;
      return from + ratesText(step);
    })
    .join(", ");
}

function ratesText(own: FeeRates): string {
  return `maker ${percentText(own.makerPpm)} % taker ${percentText(own.takerPpm)} %`;
}
