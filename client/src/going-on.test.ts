import { describe, expect, it } from "vitest";
import { GoingOn } from "./going-on.ts";
import { mendsMax } from "./positions.ts";

const position = (seq: number) => ({ seq, tick: 0, ord: 0 });
const place = (seq: number) => ({ epoch: "e", ...position(seq) });
const message = (seq: number, previous: number) => ({
  ...position(seq),
  prev: position(previous),
});

/** All fills are followed, of which one of a market has come at 5; everything is whole up to 8, and the connection is lost. */
function cutOff(): GoingOn<"deal"> {
  const goingOn = new GoingOn<"deal">({ everything: "all", isResumable: () => true });
  const [asking] = goingOn.ask("deal", ["all"]);
  goingOn.replied("deal", asking!, place(1));
  expect(goingOn.take("deal", "BTC_USDT", message(5, 2))).toBe("next");
  goingOn.told(place(8));
  return goingOn;
}

function goOn(goingOn: GoingOn<"deal">, since: number): void {
  goingOn.lost();
  const [asking] = goingOn.ask("deal", ["all"]);
  expect(asking).toEqual({ names: ["all"], since: place(since) });
  expect(goingOn.replied("deal", asking!, { ...place(30), recovered: true })).toEqual([]);
}

describe("a channel of which all is followed", () => {
  it("lacks nothing where a message follows on one that came before it went on", () => {
    const goingOn = cutOff();
    goOn(goingOn, 8);
    // Another server may know of none before the place from which it was asked.
    expect(goingOn.take("deal", "BTC_USDT", message(10, 8))).toBe("next");
    expect(goingOn.take("deal", "BTC_USDT", message(13, 12))).toBe("gap");
  });

  it("goes on from where a stream of it lacks something, until that has come", () => {
    const goingOn = cutOff();
    expect(goingOn.take("deal", "BTC_USDT", message(12, 11))).toBe("gap");
    expect(goingOn.mend("deal", "BTC_USDT")).toEqual(place(5));
    goingOn.told(place(14));
    // The connection is lost before the answer.
    goOn(goingOn, 5);
    expect(goingOn.take("deal", "BTC_USDT", message(11, 5))).toBe("next");
    goingOn.told(place(40));
    goOn(goingOn, 40);
  });

  it("is whole again once a stream of it that was asked for by itself is answered for", () => {
    const goingOn = cutOff();
    expect(goingOn.take("deal", "BTC_USDT", message(12, 11))).toBe("gap");
    const mended = { names: ["BTC_USDT"], since: goingOn.mend("deal", "BTC_USDT") };
    expect(goingOn.replied("deal", mended, { ...place(30), recovered: true })).toEqual([]);
    goingOn.told(place(31));
    goOn(goingOn, 31);
    goingOn.told(place(40));
    goOn(goingOn, 40);
  });

  it("begins anew what lacks the same again and again, and says that it is lost", () => {
    const goingOn = cutOff();
    const mended = () => ({ names: ["BTC_USDT"], since: goingOn.mend("deal", "BTC_USDT") });
    for (let mends = 0; mends < mendsMax; mends += 1) {
      expect(goingOn.take("deal", "BTC_USDT", message(12, 11))).toBe("gap");
      // Nobody answers at first, which is no new attempt.
      mended();
      expect(goingOn.replied("deal", mended(), { ...place(30), recovered: true })).toEqual([]);
    }
    expect(goingOn.take("deal", "BTC_USDT", message(12, 11))).toBe("gap");
    const anew = mended();
    expect(anew.since).toBeUndefined();
    // Until the answer, what comes is of what was before.
    expect(goingOn.take("deal", "BTC_USDT", message(14, 12))).toBe("repeat");
    expect(goingOn.replied("deal", anew, place(30))).toEqual(["BTC_USDT"]);
    expect(goingOn.take("deal", "BTC_USDT", message(16, 14))).toBe("next");
  });
});
