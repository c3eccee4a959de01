import { describe, expect, it } from "vitest";
import { redact } from "./redact.ts";

const key = "0123456789abcdef0123456789abcdefz9";
const token = "a1".repeat(32);

describe("redacting text", () => {
  it.each([
    // By shape, wherever it stands.
    [key, "[redacted]"],
    [`key ${key}.`, "key [redacted]."],
    [`x${key}y`, "x[redacted]"],
    [key.toUpperCase(), "[redacted]"],
    [token, "[redacted]"],
    [`${key},${token}`, "[redacted],[redacted]"],
    ["d41d8cd98f00b204e9800998ecf8427e", "[redacted]"],
    // By name, whatever it looks like.
    ["wss://host/v1?apikey=short&x=1", "wss://host/v1?apikey=[redacted]&x=1"],
    ["/v1?x=1&APIKEY=Short", "/v1?x=1&APIKEY=[redacted]"],
    ["/v1?apikey=%61bc", "/v1?apikey=[redacted]"],
    ["/login?next=%2Fv1%3Fapikey%3Dshort%26x", "/login?next=%2Fv1%3Fapikey%3D[redacted]"],
    ["apikey%253Dshort", "apikey%253D[redacted]"],
    ["?token=abc#top", "?token=[redacted]"],
    ["access_token=abc", "access_token=[redacted]"],
    ["api_key: abc, more", "api_key: [redacted] more"],
    ["sign=abc", "sign=[redacted]"],
    ["Signature: abc", "Signature: [redacted]"],
    // In headers and JSON.
    ["Authorization: apikey abc", "Authorization: [redacted]"],
    ["authorization: Bearer a b c\nHost: x", "authorization: [redacted]\nHost: x"],
    ["Authorization=abc", "Authorization=[redacted]"],
    ['{"apikey":"abc","x":1}', '{"apikey":"[redacted]","x":1}'],
    ['{"Authorization": "apikey abc", "x": 1}', '{"Authorization": "[redacted]", "x": 1}'],
    [String.raw`"{\"token\":\"abc\"}"`, String.raw`"{\"token\":\"[redacted]\"}"`],
    ["Bearer abc123", "Bearer [redacted]"],
    ["apikey abc123", "apikey [redacted]"],
  ])("makes %j safe", (text, safe) => {
    expect(redact(text)).toBe(safe);
  });

  it.each([
    "",
    "listening on 127.0.0.1:8080",
    "key 01234567 revoked",
    "the apikey is missing",
    "bearer of good news",
    "design=flat and resign: no",
    "user_id=12345 ticker=BTC/USDT",
    "550e8400-e29b-41d4-a716-446655440000",
    "0123456789abcdef0123456789abcde",
    "token bucket is empty",
  ])("leaves %j alone", (text) => {
    expect(redact(text)).toBe(text);
  });

  it("takes time in proportion to the length of the text", () => {
    const hostile = [
      "token ".repeat(20_000),
      `token${" ".repeat(200_000)}`,
      "f".repeat(200_000),
      `${"0123456789abcdef0123456789abcde ".repeat(6_000)}`,
      `apikey${"%25".repeat(60_000)}`,
      "bearer a".repeat(20_000),
      "authorization:".repeat(10_000),
    ];
    // An expression that went back over the text for each letter would not be done before the test is over.
    for (const text of hostile) expect(redact(text).length).toBeLessThanOrEqual(text.length + 100);
  });
});
