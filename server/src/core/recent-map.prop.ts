/** A recent map against a list from which the oldest entry is taken. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RecentMap } from "./recent-map.ts";

describe("a recent map", () => {
  it("remembers the last keys, the one told again as the newest, and what it forgot last", () => {
    const keys = fc.array(fc.constantFrom("a", "b", "c", "d", "e", "f"), { maxLength: 200 });
    fc.assert(
      fc.property(keys, fc.integer({ min: 1, max: 4 }), (told, limit) => {
        const map = new RecentMap<number>(limit);
        let list: [string, number][] = [];
        let forgotten: number | undefined;
        for (const [at, key] of told.entries()) {
          map.set(key, at);
          list = [...list.filter(([known]) => known !== key), [key, at]];
          if (list.length > limit) forgotten = list.shift()?.[1];
          expect(map.entries()).toEqual(list);
          expect(map.lastForgotten).toBe(forgotten);
        }
      }),
    );
  });
});
