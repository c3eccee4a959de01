/** The ticket: what is typed, what was reviewed, what is being sent, and what the server said of it. */
import { type Direction, type Fault, roundToStep, systemPlatform } from "@openbourse/client";
import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import { announce } from "../app/announce.ts";
import { book, pickedPrice } from "../market/book.ts";
import { chosenMarket, chosenName } from "../market/chosen.ts";
import { account } from "../session/session.ts";
import { stepPrice, typedDecimal } from "./amounts.ts";
import { feeRates } from "./fee-rates.ts";
import { tellHalt } from "./halts.ts";
import { notify } from "./notices.ts";
import { type Preview, previewOf, sizeOfShare } from "./preview.ts";
import { balances } from "./private.ts";
import { errorsOf, type FieldErrors, isHalt } from "./refusals.ts";
import { type Review, send, settled } from "./sending.ts";
import { check, emptyForm, fieldsOf, type TicketForm } from "./ticket-form.ts";
import { orderWords } from "./words.ts";

/** What the ticket is doing. */
export type Phase =
  | { readonly is: "editing" }
  | { readonly is: "review" | "sending"; readonly review: Review }
  /** There was no answer. Sending the same review again is safe. */
  | { readonly is: "unknown"; readonly review: Review; readonly message: string };

const typed = signal<TicketForm>(emptyForm);
const doing = signal<Phase>({ is: "editing" });
const said = signal<FieldErrors>({});

/** What is typed. */
export const form: ReadonlySignal<TicketForm> = typed;
/** See {@link Phase}. */
export const phase: ReadonlySignal<Phase> = doing;
/** What is wrong, by field. */
export const errors: ReadonlySignal<FieldErrors> = said;

/** What the typed order comes to by the book as it is; undefined while it is none. */
export const preview: ReadonlySignal<Preview | undefined> = computed(() => {
  const rules = chosenMarket.value;
  if (rules === undefined) return undefined;
  const checked = check(form.value, rules);
  if (!checked.ok) return undefined;
  const fees = feeRates.value?.rates ?? { makerPercent: "0", takerPercent: "0" };
  return previewOf(checked.terms, {
    ...{ market: rules.market, book: book.value, balances: balances.value, fees },
  });
});

/** Changes fields. What was reviewed is reviewed anew. */
export function edit(change: Partial<TicketForm>): void {
  if (phase.peek().is === "sending") return;
  typed.value = { ...typed.peek(), ...change };
  const { form: whole, ...rest } = said.peek();
  const changed = Object.keys(change);
  said.value = Object.fromEntries(Object.entries(rest).filter(([name]) => !changed.includes(name)));
  if (phase.peek().is !== "editing") back();
}

/** Buys or sells. */
export function choose(direction: Direction): void {
  if (form.peek().direction !== direction) edit({ direction });
}

/** Moves the price; an empty one begins at the best price of the own side. */
export function movePrice(steps: number): void {
  const rules = chosenMarket.peek();
  if (rules === undefined || form.peek().type !== "limit") return;
  const now = typedDecimal(form.peek().price);
  if (now !== undefined) edit({ price: stepPrice(now, rules.tick, steps) });
  else {
    const { bids, asks } = book.peek();
    const [best] =
      form.peek().direction === "buy"
        ? [...bids.slice(0, 1), ...asks]
        : [...asks.slice(0, 1), ...bids];
    if (best !== undefined) edit({ price: best[0] });
  }
}

/** Takes a price that was pointed at, such as in the ladder. */
export function takePrice(price: string): void {
  const rules = chosenMarket.peek();
  if (rules === undefined) return;
  edit({ type: "limit", price: roundToStep(price, rules.tick, "half-up") });
}

/** Sets the size to a percentage of what is available. */
export function takeShare(percent: number): void {
  const rules = chosenMarket.peek();
  if (rules === undefined) return;
  const { direction, type, sizeBy, price } = form.peek();
  const measure = type === "limit" ? "quantity" : sizeBy;
  const owned = balances.peek();
  if (owned === undefined) {
    said.value = { [measure]: "What is available is not known yet." };
    return;
  }
  const size = sizeOfShare(percent, {
    ...{ market: rules.market, book: book.peek(), balances: owned },
    ...{ direction, type, sizeBy: measure, price: typedDecimal(price) },
  });
  if (size !== undefined) edit({ [measure]: size });
  else
    said.value =
      type === "limit" ? { price: "Give a price first." } : { [measure]: "The book is empty." };
}

/** Shows what will be sent, under an id of its own. False where something is wrong, which then stands at its field. */
export function review(): boolean {
  const rules = chosenMarket.peek();
  if (rules === undefined || phase.peek().is !== "editing") return false;
  const checked = check(form.peek(), rules);
  said.value = checked.ok ? {} : checked.errors;
  if (!checked.ok) {
    announce(Object.values(checked.errors).join(" "));
    return false;
  }
  const clientOrderId = systemPlatform.randomHex(16);
  const { market } = rules.market;
  doing.value = { is: "review", review: { clientOrderId, market, terms: checked.terms } };
  return true;
}

/** Goes back to the fields. */
export function back(): void {
  if (phase.peek().is !== "sending") doing.value = { is: "editing" };
}

/** Sends what was reviewed; does nothing while it is being sent. */
export async function confirm(): Promise<void> {
  const now = phase.peek();
  if (now.is !== "review" && now.is !== "unknown") return;
  const reviewed = now.review;
  doing.value = { is: "sending", review: reviewed };
  const outcome = await send(reviewed);
  // Another market may have been chosen meanwhile, which cleared the ticket.
  const isShown = phase.peek().is === "sending";
  if (outcome.is === "taken") {
    notify(`Taken: ${orderWords(reviewed.terms, reviewed.market)}.`);
    if (isShown) clearSize();
  } else if (outcome.is === "unknown") {
    notify(outcome.fault.message, "bad");
    if (isShown) doing.value = { is: "unknown", review: reviewed, message: outcome.fault.message };
  } else refuse(reviewed, outcome.fault, isShown);
}

function clearSize(): void {
  typed.value = { ...typed.peek(), quantity: "", value: "" };
  said.value = {};
  doing.value = { is: "editing" };
}

function refuse({ market }: Review, fault: Fault, isShown: boolean): void {
  announce(`Refused: ${fault.message}`);
  const isHalted = isHalt(fault);
  if (isHalted) tellHalt(market, fault.message);
  if (!isShown) {
    notify(`Refused: ${fault.message}`, "bad");
    return;
  }
  // The cover says it where the market is halted.
  said.value = isHalted ? {} : errorsOf(fault, fieldsOf(form.peek()));
  doing.value = { is: "editing" };
}

// Who was told that nobody knows what became of an order is told when somebody does.
settled.subscribe((order) => {
  const now = phase.peek();
  if (now.is !== "unknown" || order?.clientOrderId !== now.review.clientOrderId) return;
  if (order.isTaken) clearSize();
  else doing.value = { is: "editing" };
});

// Each click at a price counts, also a second one at the same.
pickedPrice.subscribe((picked) => {
  if (picked !== undefined) takePrice(picked.price);
});

let typedFor = { market: "", user: "" };

// What was typed for one market or user is nothing for another; who signs in keeps it.
effect(() => {
  const next = { market: chosenName.value ?? "", user: account.value?.userId ?? "" };
  const before = typedFor;
  typedFor = next;
  const isAnother = before.market !== "" && before.market !== next.market;
  if (!isAnother && (before.user === "" || before.user === next.user)) return;
  const { direction, type, sizeBy } = typed.peek();
  typed.value = { ...emptyForm, direction, type, sizeBy };
  said.value = {};
  doing.value = { is: "editing" };
});

/** Puts an order into the ticket that could not be placed, with what the server said of it. */
export function refill(order: Partial<TicketForm>, fault: Fault): void {
  typed.value = { ...emptyForm, ...order, type: "limit" };
  doing.value = { is: "editing" };
  said.value = errorsOf(fault, fieldsOf(typed.peek()));
}
