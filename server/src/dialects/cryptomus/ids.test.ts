import { describe, expect, it } from "vitest";
import { systemSecrets } from "../../adapters/crypto/system-secrets.ts";
import { marketId, walletId } from "./ids.ts";

const secrets = systemSecrets();

describe("derived ids", () => {
  it("have the shape of a ULID of 2024-01-01", () => {
    for (const id of [marketId("BTC_USDT", secrets), walletId("u", "BTC", secrets)]) {
      expect(id).toMatch(/^01HK153X00[0-9A-HJKMNP-TV-Z]{16}$/);
    }
  });

  it("never change: clients store them", () => {
    // The first 20 hexadecimal digits of each digest, in groups of five bits.
    expect(marketId("BTC_USDT", secrets)).toBe(ulid("openbourse|market|BTC_USDT"));
    expect(walletId("user-1", "USDT", secrets)).toBe(ulid("openbourse|wallet|USDT|user-1"));
  });

  it("differ between users, currencies, markets and kinds", () => {
    const ids = [
      walletId("user-1", "USDT", secrets),
      walletId("user-2", "USDT", secrets),
      walletId("user-1", "BTC", secrets),
      marketId("BTC_USDT", secrets),
      marketId("ETH_USDT", secrets),
      marketId("USDT|user-1", secrets),
    ];

    expect(new Set(ids).size).toBe(ids.length);
  });
});

/** The id of a name, by another way: all 80 bits as one number. */
function ulid(name: string): string {
  let bits = BigInt(`0x${secrets.sha256Hex(name).slice(0, 20)}`);
  let text = "";
  for (let digit = 0; digit < 16; digit += 1) {
    text = "0123456789ABCDEFGHJKMNPQRSTVWXYZ".charAt(Number(bits % 32n)) + text;
    bits /= 32n;
  }
  return `01HK153X00${text}`;
}
