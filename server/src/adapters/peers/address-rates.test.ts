import { describe, expect, it } from "vitest";
import { AddressRates, addressesMax } from "./address-rates.ts";

describe("requests of an address", () => {
  it("may come at once up to the burst, then at the rate", () => {
    const rates = new AddressRates({ perSecond: 2, burst: 3 });
    const taken = (nowMs: number) => rates.take("a", nowMs);
    expect([0, 0, 0, 0, 499, 500, 501, 10_000].map(taken)).toEqual([
      true,
      true,
      true,
      false,
      false,
      true,
      false,
      true,
    ]);
    expect(rates.take("b", 501)).toBe(true);
  });

  it("are given back, and never more than the burst", () => {
    const rates = new AddressRates({ perSecond: 1, burst: 1 });
    expect(rates.take("a", 0)).toBe(true);
    rates.giveBack("a");
    rates.giveBack("a");
    expect([rates.take("a", 0), rates.take("a", 0)]).toEqual([true, false]);
  });

  it("are forgotten once the burst is full again, and at the latest when there are too many addresses", () => {
    const rates = new AddressRates({ perSecond: 1, burst: 2 });
    rates.take("a", 0);
    rates.sweep(999);
    expect(rates.size).toBe(1);
    rates.sweep(1_000);
    expect(rates.size).toBe(0);
    for (let count = 0; count <= addressesMax; count += 1) rates.take(`${count}`, 0);
    expect(rates.size).toBe(addressesMax);
  });
});
