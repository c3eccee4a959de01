/** What markets see of a venue that hung up and came back: prices that it told since then hold, those from before do not. */
import { beforeEach, expect, it } from "vitest";
import { type OutsidePrice, OutsidePrices } from "../agents/mirror/outside.ts";
import { LiveHouse, MadeUpVenue } from "../streams/live-house.fixture.ts";
import { MemoryDatasetStore } from "../testing/memory-dataset-store.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { outsideQuotes, outsideWatch } from "./outside.ts";

let venue: MadeUpVenue;
let price: OutsidePrice;
let house: LiveHouse;
beforeEach(async () => {
  const clock = new VirtualClock(Date.UTC(2024, 7, 8, 12) * 1_000);
  venue = new MadeUpVenue(clock, ["A/B"]);
  const outside = new OutsidePrices();
  price = outside.follow("d", "A/B");
  house = await LiveHouse.begin(venue, {
    ...{ clock, store: new MemoryDatasetStore() },
    quoted: outsideQuotes(outside, clock),
    watch: outsideWatch(outside, "d", clock),
  });
  await house.pass(10, () => venue.trade("A/B"));
});

/** The venue hangs up, and is away for some seconds. */
async function away(whenBack: () => void): Promise<void> {
  venue.behaviour.set("A/B", "refused");
  await venue.drop("A/B");
  await house.pass(5);
  venue.behaviour.set("A/B", "sound");
  whenBack();
  await house.pass(60, () => venue.heartbeat("A/B"));
  expect(house.watched("A/B")).toMatchObject({ state: "live", gaps: 1 });
  await house.stop();
}

it("the price of before a gap is not known to hold", async () => {
  expect(price.touch()).toBeDefined();
  await away(() => {});
  expect(price.touch()).toBeUndefined();
});

it("best prices that come first behind a gap hold, also in the very moment in which it ends", async () => {
  await away(() => {
    venue.quote = { bid: 100, ask: 101, priceScale: 2 };
  });
  expect(price.touch()).toMatchObject({ bid: { coefficient: 100 }, ask: { coefficient: 101 } });
});

it("a trade that comes first behind a gap is the price, where no other one follows it", async () => {
  let isTold = false;
  venue.confirms = false;
  venue.behaviour.set("A/B", "refused");
  await venue.drop("A/B");
  await house.pass(5);
  venue.behaviour.set("A/B", "sound");
  await house.pass(60, () => {
    if (isTold) venue.heartbeat("A/B");
    else if (venue.isConnected("A/B")) {
      venue.trade("A/B");
      isTold = true;
    }
  });
  expect(house.watched("A/B")).toMatchObject({ state: "live", gaps: 1 });
  expect(price.touch()).toBeDefined();
  expect(price.takeTrades()).toHaveLength(1);
  await house.stop();
});
