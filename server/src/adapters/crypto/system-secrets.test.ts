import { describe, expect, it } from "vitest";
import { systemSecrets } from "./system-secrets.ts";

const secrets = systemSecrets();

describe("the system's secrets", () => {
  it("draws lower-case hex, two digits a byte, never the same twice", () => {
    const drawn = Array.from({ length: 1_000 }, () => secrets.randomHex(17));

    expect(drawn.every((text) => /^[0-9a-f]{34}$/.test(text))).toBe(true);
    expect(new Set(drawn).size).toBe(drawn.length);
  });

  // FIPS 180-2 appendix B and the UTF-8 form of a text beyond ASCII.
  it.each([
    ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
    ["ü", "607474ca475a9724d7360aba71a56d5df77e61350e3f724cfa1f46e857e2d85f"],
  ])("hashes %j with SHA-256", (text, digest) => {
    expect(secrets.sha256Hex(text)).toBe(digest);
  });

  // RFC 1321 appendix A.5 and the UTF-8 form of a text beyond ASCII.
  it.each([
    ["", "d41d8cd98f00b204e9800998ecf8427e"],
    ["a", "0cc175b9c0f1b6a831c399e269772661"],
    ["abc", "900150983cd24fb0d6963f7d28e17f72"],
    ["message digest", "f96b697d7cb7938d525a2f31aaf161d0"],
    ["abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"],
    [
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
      "d174ab98d277d9f5a5611c2c9f419d9f",
    ],
    ["1234567890".repeat(8), "57edf4a22be3c955ac49da2e2107b67a"],
    ["ü", "c03410a5204b21cd8229ff754688d743"],
  ])("hashes %j with MD5", (text, digest) => {
    expect(secrets.md5Hex(text)).toBe(digest);
  });

  // RFC 4231 sections 4.2 and 4.3, the ones whose key and data are texts.
  it.each([
    [
      "\u000b".repeat(20),
      "Hi There",
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
    ],
    [
      "Jefe",
      "what do ya want for nothing?",
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ],
  ])("signs with HMAC-SHA-256 under the key %j", (key, text, digest) => {
    expect(secrets.hmacSha256Hex(key, text)).toBe(digest);
  });

  // RFC 4648 section 10 and the UTF-8 form of a text beyond ASCII.
  it.each([
    ["", ""],
    ["f", "Zg=="],
    ["fo", "Zm8="],
    ["foo", "Zm9v"],
    ["foob", "Zm9vYg=="],
    ["fooba", "Zm9vYmE="],
    ["foobar", "Zm9vYmFy"],
    ["ü?>", "w7w/Pg=="],
  ])("writes %j in base64", (text, encoded) => {
    expect(secrets.base64(text)).toBe(encoded);
  });

  it("draws UUIDs of version 4 in lower case, never the same twice", () => {
    const drawn = Array.from({ length: 1_000 }, () => secrets.randomUuid());

    const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
    expect(drawn.every((text) => pattern.test(text))).toBe(true);
    expect(new Set(drawn).size).toBe(drawn.length);
  });

  it.each([
    ["", "", true],
    ["key", "key", true],
    ["key", "kez", false],
    ["key", "keyy", false],
    ["key", "", false],
    ["é", "e", false],
    ["\ud800", "\udc00", false],
  ])("compares %j with %j", (left, right, isEqual) => {
    expect(secrets.equal(left, right)).toBe(isEqual);
  });
});
