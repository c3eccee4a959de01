/** Which field of the ticket a refusal is about, so that it stands there in the server's words. */
import type { Fault } from "@openbourse/client";

/** A field of the ticket; `form` is the whole of it. */
export type TicketField = "price" | "quantity" | "value" | "stopLossPrice" | "form";

/** What is said, by field. */
export type FieldErrors = Readonly<Partial<Record<TicketField, string>>>;

/** Fields by their names on the wire. */
const fieldsOfWire: Readonly<Record<string, TicketField>> = {
  price: "price",
  quantity: "quantity",
  value: "value",
  stop_loss_price: "stopLossPrice",
};

/** How refusals of one code begin, which says what they are about (docs/protocols/cryptomus, Refusals). */
const beginnings: readonly (readonly [RegExp, TicketField])[] = [
  [/^Order price/, "price"],
  [/^Order quantity/, "quantity"],
  [/^Order value/, "value"],
  [/^Stop-loss price/, "stopLossPrice"],
];

const insufficientFunds = "6";

/** Errors of a refusal for a ticket that has these fields; what it has no field for stands with the size or the form. */
export function errorsOf(fault: Fault, has: readonly TicketField[]): FieldErrors {
  const size: TicketField = has.includes("value") ? "value" : "quantity";
  const shown = (field: TicketField): TicketField => {
    if (has.includes(field)) return field;
    return field === "quantity" || field === "value" ? size : "form";
  };
  if (fault.kind !== "refused") return { form: fault.message };
  const named = (fault.fields ?? []).map(
    ({ property, message }) => [shown(fieldsOfWire[property] ?? "form"), message] as const,
  );
  if (named.length > 0) return Object.fromEntries(named);
  if (fault.code === insufficientFunds) return { [size]: fault.message };
  const [, field = "form"] = beginnings.find(([pattern]) => pattern.test(fault.message)) ?? [];
  return { [shown(field)]: fault.message };
}

/** Whether a refusal says that the market takes no orders at all. */
export function isHalt(fault: Fault): boolean {
  return (
    fault.kind === "refused" && fault.code === "1" && /does not take orders/.test(fault.message)
  );
}
