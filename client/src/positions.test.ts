import { describe, expect, it } from "vitest";
import { Positions } from "./positions.ts";

const place = (seq: number, epoch = "e") => ({ epoch, seq, tick: 0, ord: 0 });

describe("what is whole", () => {
  it("is no more than another server has told that is behind the one before", () => {
    const positions = new Positions();
    positions.replied(place(1));
    positions.told(place(9));
    expect(positions.whole).toEqual(place(9));

    positions.replied(place(5));
    expect(positions.whole).toEqual(place(5));
    positions.told(place(7));
    expect(positions.whole).toEqual(place(7));
  });

  it("does not go on with a reply, which says nothing of what was asked for before it", () => {
    const positions = new Positions();
    positions.replied(place(1));
    positions.replied(place(5));

    expect(positions.whole).toEqual(place(1));
  });
});
