/** What every admission store must do, whatever it keeps its records in. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AdmissionStore, StoredToken } from "./admission-store.ts";

/** A token of a user whose id ends in `digit`. */
export function storedToken(digit: string, changes: Partial<StoredToken> = {}): StoredToken {
  return {
    hash: digit.padStart(64, "0"),
    userId: `00000000-0000-4000-8000-${digit.padStart(12, "0")}`,
    expiresAtMs: 1_000,
    ...changes,
  };
}

/** Runs the suite against the stores that `open` makes; each must be new and empty. */
export function admissionStoreContract(name: string, open: () => AdmissionStore): void {
  describe(`${name} as an admission store`, () => {
    let store: AdmissionStore;
    beforeEach(() => {
      store = open();
    });
    afterEach(() => store.close());

    it("starts empty, and knows no time stamp", () => {
      expect(store.tokens()).toEqual([]);
      expect(store.stampMs()).toBeUndefined();
    });

    it("keeps tokens in the order in which they were issued, until they are removed", () => {
      const tokens = ["3", "1", "2"].map((digit) => storedToken(digit));
      for (const token of tokens) store.addToken(token);
      expect(store.tokens()).toEqual(tokens);

      store.removeToken(storedToken("1").hash);
      store.removeToken(storedToken("9").hash);
      expect(store.tokens()).toEqual([storedToken("3"), storedToken("2")]);
    });

    it("keeps the highest time stamp", () => {
      for (const stampMs of [5, 7, 6]) store.noteStamp(stampMs);
      expect(store.stampMs()).toBe(7);
    });

    it("forgets everything when it is told to", () => {
      store.addToken(storedToken("1"));
      store.noteStamp(5);
      store.clear();
      expect(store.tokens()).toEqual([]);
      expect(store.stampMs()).toBeUndefined();
    });

    it("may be closed twice", () => {
      store.close();
      expect(() => store.close()).not.toThrow();
    });
  });
}
