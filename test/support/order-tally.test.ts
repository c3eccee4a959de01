import { expect, it } from "vitest";
import { OrderTally } from "./order-tally.ts";

it("tells how many there were in a second, and leaves times out", () => {
  const tally = new OrderTally();
  for (let atMs = 10_000; atMs < 20_000; atMs += 10) {
    tally.count("due", atMs);
    if (atMs < 12_000 || atMs >= 15_000) tally.count("acknowledged", atMs);
  }
  const span = { fromMs: 10_000, toMs: 20_000 };
  expect(tally.perSecond(span)).toEqual({ due: 100, sent: 0, answered: 0, acknowledged: 70 });
  const outage = { fromMs: 12_000, toMs: 15_000 };
  expect(tally.perSecond(span, [outage])).toMatchObject({ due: 100, acknowledged: 100 });
  expect(tally.perSecond(span, [span])).toMatchObject({ due: 0, acknowledged: 0 });
});
