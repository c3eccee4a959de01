import { createDecipheriv } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { vaultContract } from "../../ports/vault.contract.ts";
import { createVault } from "./vault.ts";

const masterKey = "0123456789abcdef".repeat(4);

vaultContract("AES-256-GCM", (key) => createVault(String(key).repeat(64)));

describe("the vault", () => {
  it("seals in the way that its documentation says, so that other programs can open it", () => {
    const sealed = createVault(masterKey).seal("text", "context");
    const bytes = Buffer.from(sealed.slice(3), "base64url");

    const key = Buffer.from(masterKey, "hex");
    const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, 12));
    decipher.setAAD(Buffer.from("context"));
    decipher.setAuthTag(bytes.subarray(-16));

    expect(sealed).toMatch(/^v1\.[A-Za-z0-9_-]+$/);
    expect(
      decipher.update(bytes.subarray(12, -16), undefined, "utf8") + decipher.final("utf8"),
    ).toBe("text");
  });

  it("opens every well-formed text for its context and no other", () => {
    const vault = createVault(masterKey);
    const texts = fc.string({ unit: "grapheme" });
    fc.assert(
      fc.property(texts, texts, texts, (text, context, other) => {
        const sealed = vault.seal(text, context);

        expect(vault.open(sealed, context)).toBe(text);
        expect(vault.open(sealed, other)).toBe(other === context ? text : undefined);
      }),
    );
  });

  it("takes the digits of a master key in either case", () => {
    const sealed = createVault(masterKey.toUpperCase()).seal("text", "context");

    expect(createVault(masterKey).open(sealed, "context")).toBe("text");
  });

  it.each(["", "0123", `${masterKey}00`, `${masterKey.slice(0, 63)}g`, ` ${masterKey.slice(1)}`])(
    "treats %j as a master key as a bug of the caller, and does not repeat it",
    (text) => {
      expect(() => createVault(text)).toThrow(
        /^invariant violated: a master key has 64 hex digits$/,
      );
    },
  );

  it("treats a text that has no UTF-8 form as a bug of the caller", () => {
    expect(() => createVault(masterKey).seal("\ud800", "")).toThrow("well-formed");
    expect(() => createVault(masterKey).seal("", "\udc00")).toThrow("well-formed");
  });
});
