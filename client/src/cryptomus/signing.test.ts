import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { systemPlatform } from "../platform.ts";
import { md5Hex } from "./md5.ts";
import { hmacSigner, md5Signer } from "./signing.ts";

const user = { userId: "u", apiKey: "fixture-api-key" };
const body = '{"market":"TRX_USDT","direction":"buy","quantity":"20","price":"0.25"}';

describe("signatures", () => {
  it("of MD5 are those of the protocol's page", async () => {
    const signed = async (text: string) => {
      const request = { method: "POST", target: "/", body: text, timeMs: 0 };
      return (await md5Signer(user)(request, systemPlatform))["sign"];
    };
    expect(await signed("")).toBe("7192c86862fa543f3d1e1f0c10d0d494");
    expect(await signed("{}")).toBe("99e68e4cb5d28c03aaeacb962526c1e0");
    expect(await signed(body)).toBe("3ce4e1a64b668fcb2499911643ce204f");
  });

  it("of HMAC are those of the protocol's page", async () => {
    const platform = { ...systemPlatform, randomHex: () => "order-1" };
    const target = "/v2/user-api/exchange/orders";
    const request = { method: "POST", target, body, timeMs: 1_750_000_000_000 };
    expect(await hmacSigner(user)(request, platform)).toEqual({
      ...{ userId: "u", timestamp: "1750000000000", nonce: "order-1" },
      signature: "3b572522ca00069776cb07cb262c134c43d9fb458cb7a5da85d18cadebb455e7",
    });
  });

  it("of MD5 are right for any text, beyond ASCII too", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "grapheme", maxLength: 200 }), async (text) => {
        const request = { method: "POST", target: "/", body: text, timeMs: 0 };
        const { sign } = await md5Signer(user)(request, systemPlatform);
        const base64 = Buffer.from(text, "utf8").toString("base64");
        expect(sign).toBe(
          createHash("md5")
            .update(base64 + user.apiKey)
            .digest("hex"),
        );
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(md5Hex(bytes)).toBe(createHash("md5").update(bytes).digest("hex"));
      }),
    );
  });
});
