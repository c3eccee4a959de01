/**
 * What users may know about themselves: balances, tariffs, and the one-time token for the stream.
 * Balances are never rounded; what is estimated is rounded down.
 */
import type { StreamDoor } from "../../access/identity.ts";
import type { BalanceView } from "../../core/exchange.ts";
import type { FeeSchedule, FeeStep } from "../../core/market/fees.ts";
import { tickAtoms } from "../../core/market/rules.ts";
import { formatDecimal } from "../../core/num/decimal.ts";
import { atomsPerUnit, mulDivDown, noAtoms } from "../../core/num/money.ts";
import type { MarketBoardView } from "../../marketdata/market-board.ts";
import type { RestReply } from "../../ports/rest.ts";
import { moneyText8OrExact } from "./format.ts";
import type { SignedCall } from "./rest-access.ts";
import { type DeskParts, isUnavailable } from "./rest-desk.ts";
import { accessReply, faultyReply, refusalReply, reply, unavailableReply } from "./rest-errors.ts";
import { checkInput, faultTexts, quoted } from "./rest-validation.ts";
import { balanceQuery, tariffsQuery } from "./schemas.ts";

/** Answers with what the user has: all currencies that they ever had, or the one that they ask for. */
export async function listBalances(
  { board, desk }: DeskParts,
  { identity, request }: SignedCall,
): Promise<RestReply> {
  const checked = checkInput(balanceQuery, request.query);
  if (checked.kind === "faulty") return faultyReply(checked.faults);
  const balances = await desk.balances(identity.userId);
  if (isUnavailable(balances)) return unavailableReply(balances);
  const { ticker } = checked.fields;
  if (ticker === undefined) return balancesReply(balances);

  const own = balances.find(({ currency }) => currency === ticker);
  if (own !== undefined) return balancesReply([own]);
  if (board.currencies().includes(ticker)) {
    return balancesReply([{ currency: ticker, available: noAtoms, held: noAtoms }]);
  }
  return faultyReply([{ property: "ticker", value: quoted(ticker), message: faultTexts.choice }]);
}

function balancesReply(balances: readonly BalanceView[]): RestReply {
  const result = balances.map(({ currency, available, held }) => ({
    ticker: currency,
    available: moneyText8OrExact(available),
    held: moneyText8OrExact(held),
  }));
  return reply(200, { result });
}

/** Answers with the fee steps, the user's own, in a market where they name one, and what it follows from. */
export async function showTariffs(
  { board, desk }: DeskParts,
  { identity, request }: SignedCall,
): Promise<RestReply> {
  const checked = checkInput(tariffsQuery, request.query);
  if (checked.kind === "faulty") return faultyReply(checked.faults);
  const { market } = checked.fields;
  if (market !== undefined && board.market(market) === undefined)
    return refusalReply("unknown-market", { market });
  const tariff = await desk.tariff(identity.userId, market);
  if (isUnavailable(tariff)) return unavailableReply(tariff);
  const balances = await desk.balances(identity.userId);
  if (isUnavailable(balances)) return unavailableReply(balances);
  const { schedule, step, own } = tariff;
  const { referenceCurrency } = schedule;
  const result = {
    equivalent_currency_code: referenceCurrency,
    // The step that their turnover has reached, at the rates that they pay.
    current_tariff_step: tariffStep(schedule, { ...step, ...own }),
    tariff_steps: schedule.steps.map((each) => tariffStep(schedule, each)),
    daily_turnover: moneyText8OrExact(tariff.today),
    // The running day is in it, though it moves the step only when it is over.
    monthly_turnover: moneyText8OrExact(tariff.thirtyDays + tariff.today),
    circulation_funds: moneyText8OrExact(valueHeld(board, balances, referenceCurrency)),
  };
  return reply(200, { result });
}

/** Decimals of a percentage that is counted in millionths. */
const percentScale = 4;

function tariffStep({ steps }: FeeSchedule, step: FeeStep): object {
  // The step may have come through a snapshot, so it is found by what it says.
  const index = steps.findIndex(({ fromTurnover }) => fromTurnover === step.fromTurnover);
  return {
    step: String(index),
    from_turnover: moneyText8OrExact(step.fromTurnover),
    maker_percent: formatDecimal(step.makerPpm, percentScale),
    taker_percent: formatDecimal(step.takerPpm, percentScale),
  };
}

/**
 * What orders hold, at last prices in the reference currency. Currencies that have no market against
 * it, or no price there yet, do not count.
 */
function valueHeld(
  board: MarketBoardView,
  balances: readonly BalanceView[],
  reference: string,
): bigint {
  return balances.reduce((sum, { currency, held }) => {
    if (currency === reference) return sum + held;
    const last = board.lastPrice(`${currency}_${reference}`);
    if (last === undefined) return sum;
    const price = BigInt(last.price) * tickAtoms(last);
    return sum + mulDivDown(held, price, atomsPerUnit);
  }, 0n);
}

/** In how many milliseconds a token can be asked for again that could not be made. */
const againMs = 1_000;

/** Answers with a new one-time token (docs/protocols/cryptomus, The stream). */
export async function issueToken(
  door: StreamDoor,
  { identity, nowMs }: SignedCall,
): Promise<RestReply> {
  const issued = await door.issueToken(identity, nowMs);
  if (issued === "unavailable") return accessReply({ refusal: issued, waitMs: againMs });
  return reply(200, { token: issued.token });
}
