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
