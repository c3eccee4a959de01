import type { Fault } from "@openbourse/client";
import { describe, expect, it } from "vitest";
import { errorsOf, isHalt, type TicketField } from "./refusals.ts";

const limit: readonly TicketField[] = ["price", "quantity", "stopLossPrice"];
const byValue: readonly TicketField[] = ["value"];
const refused = (code: string, message: string): Fault => ({ kind: "refused", code, message });

describe("a refusal", () => {
  it.each([
    ["2", "Order price must be a multiple of 0.01.", "price"],
    ["2", "Order quantity must be a multiple of 0.001.", "quantity"],
    ["2", "Stop-loss price must be a multiple of 0.01.", "stopLossPrice"],
    ["3", "Order quantity must be between 0.001 and 100 size.", "quantity"],
    ["3", "Order value must be between 1 and 100 size.", "quantity"],
    ["4", "Stop-loss price must be higher than market price", "stopLossPrice"],
    ["6", "Insufficient funds.", "quantity"],
    ["7", "Client order id x is already in use.", "form"],
    ["1", "You have too many open orders.", "form"],
  ])("of code %s, %s, stands at %s", (code, message, field) => {
    expect(errorsOf(refused(code, message), limit)).toEqual({ [field]: message });
  });

  it("about a field that the ticket does not show stands at the size", () => {
    const message = "Order quantity must be between 0.001 and 100 size.";
    expect(errorsOf(refused("3", message), byValue)).toEqual({ value: message });
    expect(errorsOf(refused("6", "Insufficient funds."), byValue)).toEqual({
      value: "Insufficient funds.",
    });
  });

  it("that names fields stands at each of them", () => {
    const fault: Fault = {
      ...{ kind: "refused", code: "0", message: "Validation failed." },
      fields: [
        { property: "price", message: "This value is not valid." },
        { property: "market", message: "This value should not be blank." },
      ],
    };
    expect(errorsOf(fault, limit)).toEqual({
      price: "This value is not valid.",
      form: "This value should not be blank.",
    });
  });

  it("of any other kind stands at the form", () => {
    const fault: Fault = { kind: "network", message: "no answer" };
    expect(errorsOf(fault, limit)).toEqual({ form: "no answer" });
  });

  it("tells a halted market", () => {
    expect(isHalt(refused("1", "Market BTC_USDT does not take orders at present."))).toBe(true);
    expect(isHalt(refused("1", "Market X_Y not found."))).toBe(false);
  });
});
