import { describe, expect, it } from "vitest";
import { rejectCodes } from "../../core/reject.ts";
import { cryptomusNotFound, isCryptomusPath } from "./rest.ts";
import { failedReply, refusalReply, restErrors } from "./rest-errors.ts";
import { House } from "./rest-house.fixture.ts";

describe("the table of refusals", () => {
  it("has a row for every reason of the exchange", () => {
    for (const reason of Object.keys(rejectCodes)) expect(restErrors).toHaveProperty(reason);
  });

  it.each([
    ["unknown-market", 422, 1],
    ["market-halted", 422, 1],
    ["price-precision", 422, 2],
    ["quantity-precision", 422, 2],
    ["quantity-out-of-range", 422, 3],
    ["notional-out-of-range", 422, 3],
    ["stop-price", 422, 4],
    ["stop-price-reached", 422, 4],
    ["unknown-order", 404, 5],
    ["insufficient-funds", 422, 6],
    ["duplicate-client-id", 422, 7],
    ["exchange-full", 503, 500],
    ["busy", 503, 500],
    ["unavailable", 500, 500],
    ["passing", 503, 500],
    ["malformed-command", 500, 500],
  ] as const)("answers %s with %i and code %i", (reason, status, code) => {
    expect(restErrors[reason]).toMatchObject({ status, code });
  });

  it("says nothing about what is wrong inside", () => {
    expect(refusalReply("bad-market-rules").body).toBe('{"code":500,"message":"Server error."}');
  });

  it("puts in what it is given as it is, and nothing twice", () => {
    const { body } = refusalReply("unknown-market", { market: "{order} $& \\1" });
    expect(JSON.parse(body).message).toBe("Market {order} $& \\1 not found.");
  });
});

describe("requests that come to no route", () => {
  it("are answered in the words of this protocol", () => {
    expect(cryptomusNotFound("/v1/exchange/nothing")).toEqual({
      status: 404,
      body: '{"code":404,"message":"Path /v1/exchange/nothing not found."}',
    });
    expect(cryptomusNotFound("/ws")).toEqual({
      status: 426,
      body: '{"code":426,"message":"This is the address of a WebSocket."}',
      headers: { upgrade: "websocket", connection: "upgrade" },
    });
    expect(failedReply(413, "Payload Too Large")).toEqual({
      status: 413,
      body: '{"code":413,"message":"Payload Too Large"}',
    });
    expect(failedReply(500, "internal server error")).toEqual({
      status: 500,
      body: '{"code":500,"message":"Server error."}',
    });
  });

  it("are told from those of the other protocol by their path", () => {
    for (const { path } of new House().routes) expect(isCryptomusPath(path), path).toBe(true);
    for (const path of ["/v2/user-api", "/v2/user-api/", "/api/v2", "/v1/exchange"]) {
      expect(isCryptomusPath(path), path).toBe(true);
    }
    for (const path of [
      ...["/v1/datasets", "/v2/tickers", "/latest/time_series", "/healthz", "/"],
      ...["/v1/exchanges", "/v2/user-apis", "/api/v20"],
    ]) {
      expect(isCryptomusPath(path), path).toBe(false);
    }
  });
});
