/** What every vault must do, whatever it encrypts with. */
import { describe, expect, it } from "vitest";
import type { Vault } from "./vault.ts";

/** Runs the suite against vaults: each call of `create` with the same number makes one of the same key. */
export function vaultContract(name: string, create: (key: number) => Vault): void {
  describe(`${name} as a vault`, () => {
    it.each(["", "key", "ключ 鍵 🔑", "\u0000\n", "x".repeat(10_000)])(
      "opens what it sealed, also at the next start: %j",
      (text) => {
        const sealed = create(1).seal(text, "context");

        expect(create(1).open(sealed, "context")).toBe(text);
      },
    );

    it("makes printable texts that do not show what was sealed, and never the same twice", () => {
      const vault = create(1);
      const sealed = Array.from({ length: 100 }, () => vault.seal("a secret text", "context"));

      expect(sealed.every((text) => /^[!-~]+$/.test(text))).toBe(true);
      expect(sealed.some((text) => text.includes("secret"))).toBe(false);
      expect(new Set(sealed).size).toBe(sealed.length);
    });

    it("opens nothing for another context or under another key", () => {
      const sealed = create(1).seal("text", "context");

      for (const context of ["", "Context", "context ", "other", "\ud800"]) {
        expect(create(1).open(sealed, context)).toBeUndefined();
      }
      expect(create(2).open(sealed, "context")).toBeUndefined();
    });

    it("opens nothing in which any character was changed, added or taken away", () => {
      const vault = create(1);
      const sealed = vault.seal("text", "context");

      for (let at = 0; at < sealed.length; at += 1) {
        const [before, after] = [sealed.slice(0, at), sealed.slice(at + 1)];
        for (const other of ["A", "B", "_", "-", ".", "=", "é", ""]) {
          if (other === sealed.charAt(at)) continue;
          expect(vault.open(before + other + after, "context")).toBeUndefined();
        }
      }
      for (const around of ["=", "A", "AAAA", " ", "\n", "."]) {
        expect(vault.open(sealed + around, "context")).toBeUndefined();
        expect(vault.open(around + sealed, "context")).toBeUndefined();
      }
    });

    it.each(["", "v1.", "v1.AAAA", `v1.${"A".repeat(38)}`, `v2.${"A".repeat(60)}`, "v1.é", "text"])(
      "opens nothing that is not sealed: %j",
      (text) => {
        expect(create(1).open(text, "context")).toBeUndefined();
      },
    );
  });
}
