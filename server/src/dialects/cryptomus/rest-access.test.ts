import { describe, expect, it } from "vitest";
import type { SignedMessage } from "../../access/identity.ts";
import type { RestRequest } from "../../ports/rest.ts";
import { signed } from "./rest-access.ts";
import { accessErrors, accessReply, reply } from "./rest-errors.ts";
import { alice, House, ordersPath, secrets, signature, startMs } from "./rest-house.fixture.ts";
import type { SignedCredentials, SigningAuthenticator } from "./signing.ts";

const signedRoutes = new House().routes.filter(({ security }) => security.length > 0);
const exampleId = "01JF0NE1AXA5SS3NSP2EGJ0ARS";
const targetOf = (path: string) => path.replace(":orderId", exampleId);

describe("a signed operation", () => {
  it("is every one about somebody, and none that is public", () => {
    expect(signedRoutes.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "POST /v2/user-api/exchange/orders",
      "POST /v2/user-api/exchange/orders/market",
      "DELETE /v2/user-api/exchange/orders/:orderId",
      "GET /v2/user-api/exchange/orders",
      "GET /v2/user-api/exchange/orders/history",
      "GET /v2/user-api/exchange/account/web-socket/token",
      "GET /v2/user-api/exchange/account/balance",
      "GET /v2/user-api/exchange/account/tariffs",
      "GET /v2/user-api/account/tariffs",
    ]);
  });

  it.each(signedRoutes.map(({ method, path }) => [method, path]))(
    "%s %s looks at nothing before it looks at the signature",
    async (method = "", path = "") => {
      const house = new House().endow();
      const before = house.exchange.stateHash();
      const target = `${targetOf(path)}?limit=nonsense&ticker=nonsense`;
      for (const headers of [{}, { userid: alice }, { userid: alice, sign: "0".repeat(32) }]) {
        const answer = await house.call(method, target, { body: "not JSON", headers });
        expect(answer).toMatchObject({ status: 401, text: '{"message":"Invalid Sign."}' });
      }
      expect(house.exchange.stateHash()).toBe(before);
    },
  );

  it.each([
    ["missing-credentials", 401, '{"message":"Invalid Sign."}'],
    ["bad-signature", 401, '{"message":"Invalid Sign."}'],
    ["unknown-user", 404, '{"code":404,"message":"User not found."}'],
    ["disabled-user", 404, '{"code":404,"message":"User not found."}'],
    [
      "md5-not-taken",
      401,
      '{"message":"This server takes no requests that are signed with MD5. Sign with HMAC-SHA-256: headers userId, timestamp, nonce and signature."}',
    ],
    [
      "md5-not-taken-from-user",
      401,
      '{"message":"This user\'s requests are not taken signed with MD5. Sign with HMAC-SHA-256: headers userId, timestamp, nonce and signature."}',
    ],
    [
      "bad-timestamp",
      401,
      '{"message":"Invalid timestamp. Send the present time in milliseconds since 1970."}',
    ],
    [
      "replayed",
      401,
      '{"message":"Repeated request. Send another timestamp or nonce with each request."}',
    ],
    [
      "too-many-calls",
      429,
      '{"code":429,"message":"Too many requests. Please wait and try again later."}',
    ],
  ] as const)("is refused for %s with %i", async (refusal, status, text) => {
    const answer = await new House({ refusal }).call("GET", ordersPath, { user: alice });
    expect(answer).toMatchObject({ status, text });
    expect(accessErrors[refusal].status).toBe(status);
    const { headers } = accessReply({ refusal, waitMs: 1_500 });
    expect(headers).toEqual({ "retry-after": "2" });
    expect(accessReply({ refusal }).headers).toBeUndefined();
  });

  it.each([
    [-7_301, 5_000, "It is 7.301 s behind the server's clock, at most 5 s are allowed"],
    [5_001, 5_000, "It is 5.001 s ahead of the server's clock, at most 5 s are allowed"],
    [-1_698_300_000_000, 250, "It is 1698300000 s behind the server's clock, at most 0.25 s are"],
  ])("is told by how much its time stamp is off: %i ms", (aheadMs, aheadMsMax, text) => {
    const { status, body } = accessReply({ refusal: "bad-timestamp", aheadMs, aheadMsMax });
    expect(status).toBe(401);
    const { message } = JSON.parse(body);
    expect(message).toContain(text);
    expect(message).toContain("milliseconds since 1970");
    expect(message).toContain("/v2/user-api/exchange/time");
  });

  it("can be stamped with the time that the server tells", async () => {
    const { json } = await new House().call("GET", "/v2/user-api/exchange/time");
    expect(json).toEqual({ result: { timestamp: startMs } });
  });

  it("is signed by the recorded vectors", () => {
    const sign = (body: string) => signature(alice, body)["sign"];
    expect(sign('{"market":"TRX_USDT","quantity":"20"}')).toBe("7a25ed96c474b99df63c8caad23459bc");
    expect(sign("")).toBe("7192c86862fa543f3d1e1f0c10d0d494");
    expect(sign("{}")).toBe("99e68e4cb5d28c03aaeacb962526c1e0");
  });
});

describe("credentials", () => {
  /** What the authenticator is shown for some headers. */
  function shown(headers: Readonly<Record<string, string>>) {
    let seen: { credentials: SignedCredentials; message: SignedMessage; nowMs: number } | undefined;
    const authenticator: SigningAuthenticator = {
      authenticate(credentials, message, nowMs) {
        seen = { credentials, message, nowMs };
        return { refusal: "bad-signature" };
      },
    };
    const request: RestRequest = {
      method: "POST",
      path: "/p",
      target: "/p?a=%20b",
      params: {},
      query: {},
      header: (name) => headers[name.toLowerCase()],
      body: '{"a":"/"}',
    };
    void signed(authenticator, () => reply(200, {}))(request, startMs);
    return seen;
  }

  it("are read from the headers of both versions of the page", () => {
    const expected = { scheme: "md5", userId: alice, signature: "s" };
    expect(shown({ userid: alice, sign: "s" })?.credentials).toEqual(expected);
    expect(shown({ user_id: alice, sign: "s" })?.credentials).toEqual(expected);
    expect(shown({})?.credentials).toEqual({
      ...expected,
      userId: undefined,
      signature: undefined,
    });
  });

  it("are those of our own scheme when there is a header `signature`", () => {
    expect(
      shown({ userid: alice, sign: "s", signature: "h", timestamp: "5", nonce: "n" })?.credentials,
    ).toEqual({
      scheme: "hmac-sha256",
      userId: alice,
      signature: "h",
      timestamp: "5",
      nonce: "n",
    });
  });

  it("are checked against the request exactly as it was sent", () => {
    expect(shown({})).toMatchObject({
      message: { method: "POST", target: "/p?a=%20b", body: '{"a":"/"}' },
      nowMs: startMs,
    });
  });

  it("are never repeated in a refusal", async () => {
    const sign = secrets.randomHex(16);
    const { text } = await new House().call("GET", ordersPath, {
      headers: { userid: alice, sign },
    });
    expect(text).not.toContain(sign);
  });
});
