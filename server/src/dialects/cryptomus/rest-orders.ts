/**
 * Places and cancels orders. The reply is given when its content is durable; what the exchange
 * refuses is refused in the words of `rest-errors`.
 */
import { ensureNever } from "../../core/assert.ts";
import type { PlaceLimit, PlaceMarket } from "../../core/commands.ts";
import { orderId, parseId } from "../../core/ids.ts";
import { lotAtoms, type MarketRules, type Side, tickAtoms } from "../../core/market/rules.ts";
import { formatAtoms } from "../../core/num/money.ts";
import { lots, type Ticks, ticks } from "../../core/num/units.ts";
import type { Released, Submission } from "../../ports/released.ts";
import type { RestReply } from "../../ports/rest.ts";
import type { Admission } from "../../ports/trading-desk.ts";
import { priceText, quantityText } from "./format.ts";
import type { SignedCall } from "./rest-access.ts";
import { type Amount, countSteps } from "./rest-amounts.ts";
import { type DeskParts, isUnavailable } from "./rest-desk.ts";
import {
  type ErrorValues,
  faultyReply,
  type RestReason,
  refusalReply,
  reply,
  unavailableReply,
} from "./rest-errors.ts";
import { type Checked, checkBody, faultTexts } from "./rest-validation.ts";
import {
  type LimitOrderBody,
  limitOrderBody,
  type MarketOrderBody,
  marketOrderBody,
} from "./schemas.ts";

/** Answers a request for a limit order. */
export async function placeLimit(parts: DeskParts, call: SignedCall): Promise<RestReply> {
  const checked = checkBody(limitOrderBody, call.request.body);
  return place(parts, checked, (rules, fields) => limitCommand(call, rules, fields));
}

/** Answers a request for a market order. */
export async function placeMarket(parts: DeskParts, call: SignedCall): Promise<RestReply> {
  const checked = oneSize(checkBody(marketOrderBody, call.request.body));
  return place(parts, checked, (rules, fields) => marketCommand(call, rules, fields));
}

type OrderBody = LimitOrderBody | MarketOrderBody;

async function place<Fields extends OrderBody>(
  { board, desk }: DeskParts,
  checked: Checked<Fields>,
  commandOf: (rules: MarketRules, fields: Fields) => PlaceLimit | PlaceMarket | RestReason,
): Promise<RestReply> {
  if (checked.kind === "faulty") return faultyReply(checked.faults);
  const { fields } = checked;
  const rules = board.market(fields.market)?.rules;
  if (rules === undefined) return refusalReply("unknown-market", { market: fields.market });
  const command = commandOf(rules, fields);
  const outcome = typeof command === "string" ? command : createdOrder(await desk.submit(command));
  if (typeof outcome === "string") return refusalReply(outcome, errorValues(rules, fields));
  return reply(200, outcome);
}

function limitCommand(
  { identity }: SignedCall,
  rules: MarketRules,
  fields: LimitOrderBody,
): PlaceLimit | RestReason {
  const quantity = lotsOf(rules, fields.quantity);
  if (typeof quantity === "string") return quantity;
  const price = ticksOf(rules, fields.price, priceFaults);
  if (typeof price === "string") return price;
  const stop = fields.stop_loss_price;
  const stopPrice = stop === undefined ? undefined : ticksOf(rules, stop, stopFaults);
  if (typeof stopPrice === "string") return stopPrice;
  return {
    kind: "place-limit",
    user: identity.userId,
    market: rules.code,
    side: fields.direction,
    price,
    quantity,
    timeInForce: "gtc",
    ...(stopPrice === undefined ? {} : { stopPrice }),
    ...clientIdOf(fields),
  };
}

function marketCommand(
  { identity }: SignedCall,
  rules: MarketRules,
  fields: MarketOrderBody,
): PlaceMarket | RestReason {
  const size = sizeOf(rules, fields);
  if (typeof size === "string") return size;
  return {
    kind: "place-market",
    user: identity.userId,
    market: rules.code,
    side: fields.direction,
    size,
    ...clientIdOf(fields),
  };
}

function sizeOf(rules: MarketRules, { quantity, value }: MarketOrderBody) {
  if (quantity !== undefined) {
    const count = lotsOf(rules, quantity);
    return typeof count === "string" ? count : { quantity: count };
  }
  if (value === undefined || value === "too-fine") return "value-precision";
  return value === "too-large" ? "notional-out-of-range" : { value };
}

/** A market order is for a quantity or for a value (D-C32). */
function oneSize(checked: Checked<MarketOrderBody>): Checked<MarketOrderBody> {
  if (checked.kind === "faulty") return checked;
  const { quantity, value } = checked.fields;
  if ((quantity === undefined) !== (value === undefined)) return checked;
  const fault =
    quantity === undefined
      ? { property: "quantity", value: null, message: faultTexts.blank }
      : { property: "value", value: null, message: faultTexts.notBlank };
  return { kind: "faulty", faults: [fault] };
}

function clientIdOf({ client_order_id: clientId }: OrderBody): { readonly clientId?: string } {
  return clientId === undefined ? {} : { clientId };
}

/** The refusals of a number of steps that is no whole one, and of one that is too large. */
interface StepFaults<Reason extends RestReason> {
  readonly "too-fine": Reason;
  readonly "too-large": Reason;
}

const priceFaults = {
  "too-fine": "price-precision",
  "too-large": "notional-out-of-range",
} as const;
const stopFaults = { "too-fine": "stop-price-precision", "too-large": "stop-price" } as const;

function ticksOf<Reason extends RestReason>(
  rules: MarketRules,
  price: Amount,
  faults: StepFaults<Reason>,
): Ticks | Reason {
  const count = countSteps(price, tickAtoms(rules));
  return typeof count === "string" ? faults[count] : ticks(count);
}

function lotsOf(rules: MarketRules, quantity: Amount) {
  const count = countSteps(quantity, lotAtoms(rules));
  if (typeof count === "number") return lots(count);
  return count === "too-fine" ? "quantity-precision" : "quantity-out-of-range";
}

/** The body that names a new order. */
interface CreatedOrder {
  readonly order_id: string;
}

/** How the new order is called, or why there is none. */
function createdOrder(submission: Submission | Admission): CreatedOrder | RestReason {
  const released = releasedOf(submission);
  if (typeof released === "string") return released;
  return { order_id: orderId(released.sequence, released.timeUs) };
}

/** What became of a command that the exchange has done; else why it has not. */
function releasedOf(submission: Submission | Admission): Released | RestReason {
  switch (submission.kind) {
    case "released": {
      const [first] = submission.released.events;
      return first?.kind === "refused" ? first.reason : submission.released;
    }
    case "refused":
      return submission.reason;
    case "busy":
      return "busy";
    case "malformed":
      return "malformed-command";
    case "stopped":
      return "unavailable";
    case "unavailable":
      return submission.passes === true ? "passing" : "unavailable";
    default:
      return ensureNever(submission);
  }
}

function errorValues(rules: MarketRules, fields: OrderBody): ErrorValues {
  const side: Side = fields.direction;
  return {
    market: rules.code,
    quantityMin: quantityText(rules, rules.baseMin),
    quantityMax: quantityText(rules, rules.baseMax),
    valueMin: formatAtoms(rules.quoteMin),
    valueMax: formatAtoms(rules.quoteMax),
    quantityStep: quantityText(rules, 1),
    priceStep: priceText(rules, 1),
    stopSide: side === "buy" ? "higher" : "lower",
    clientOrderId: fields.client_order_id ?? "",
  };
}

/** Answers a request to cancel. Orders of others, closed ones and made-up ids are all not found. */
export async function cancel({ desk }: DeskParts, call: SignedCall): Promise<RestReply> {
  const order = call.request.params["orderId"] ?? "";
  const user = call.identity.userId;
  const id = parseId(order)?.sequence;
  if (id === undefined) return refusalReply("unknown-order", { order });
  const open = await desk.openOrder(user, id);
  if (open === undefined) return refusalReply("unknown-order", { order });
  if (isUnavailable(open)) return unavailableReply(open);
  // The time in an id is part of it: one with another time was never given out.
  if (orderId(id, open.createdUs) !== order) return refusalReply("unknown-order", { order });
  const outcome = releasedOf(await desk.submit({ kind: "cancel-order", user, order: { id } }));
  if (typeof outcome === "string") return refusalReply(outcome, { order });
  return reply(200, { success: true });
}
