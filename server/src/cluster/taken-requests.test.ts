import { beforeEach, describe, expect, it } from "vitest";
import { RequestAuthenticator } from "../access/authenticator.ts";
import { HmacSigning } from "../access/hmac-signing.ts";
import { systemSecrets } from "../adapters/crypto/system-secrets.ts";
import { inMemory } from "../adapters/sqlite/stores/key-store.ts";
import { openUserStore } from "../adapters/sqlite/stores/user-store.ts";
import { userRecord } from "../ports/user-store.contract.ts";
import { MemoryBucket } from "../testing/memory-bucket.ts";
import { SharedTakenRequests } from "./taken-requests.ts";

const secrets = systemSecrets();
const windowMs = 5_000;
const signatureOf = (text: string) => secrets.sha256Hex(text);

let bucket: MemoryBucket;
let nowMs: number;
beforeEach(() => {
  bucket = new MemoryBucket();
  nowMs = 1_000_000;
});

/** A gateway of a cluster that has been there for a while. */
async function gateway(): Promise<SharedTakenRequests> {
  const made = new SharedTakenRequests({ bucket, secrets, wallMs: () => nowMs });
  await made.look();
  nowMs += windowMs + 1;
  return made;
}

const request = (text: string) => ({ signature: signatureOf(text), stampMs: nowMs, windowMs });

describe("signed requests at two gateways", () => {
  it("are taken by one of them, once, also when they come to both at once", async () => {
    const [one, two] = [await gateway(), await gateway()];
    expect(await one.take(request("a"))).toEqual({ kind: "new" });
    expect(await two.take(request("a"))).toEqual({ kind: "taken" });
    expect(await one.take(request("a"))).toEqual({ kind: "taken" });

    const asked = Array.from({ length: 20 }, (_, at) => (at % 2 ? one : two).take(request("b")));
    const taken = (await Promise.all(asked)).filter(({ kind }) => kind === "new");
    expect(taken).toHaveLength(1);
  });

  it("are not taken again by a gateway that was started anew", async () => {
    const one = await gateway();
    await one.take(request("a"));
    const again = await gateway();
    expect(await again.take(request("a"))).toEqual({ kind: "taken" });
    expect(await again.take(request("b"))).toEqual({ kind: "new" });
  });

  it("are refused while nobody can be asked, and taken when somebody can", async () => {
    const one = await gateway();
    bucket.isAway = true;
    expect(await one.take(request("a"))).toEqual({ kind: "unavailable" });
    bucket.back();
    expect(await one.take(request("a"))).toEqual({ kind: "new" });
  });

  it("are refused for a window at all gateways when what was taken is lost, whoever notices it first", async () => {
    const [one, two] = [await gateway(), await gateway()];
    const before = request("a");
    await one.take(before);
    bucket.lose();
    for (const each of [one, two]) each.doubt();

    const floorMs = nowMs + windowMs;
    expect(await two.take(before)).toEqual({ kind: "unknown", floorMs });
    expect(await one.take(before)).toEqual({ kind: "unknown", floorMs });
    expect(await one.take({ ...request("b"), stampMs: floorMs })).toMatchObject({
      kind: "unknown",
    });
    nowMs += windowMs + 1;
    expect(await one.take(request("c"))).toEqual({ kind: "new" });
    expect(await two.take(request("c"))).toEqual({ kind: "taken" });
  });

  it("are as a start refused for a window where nothing is known at all", async () => {
    const first = new SharedTakenRequests({ bucket, secrets, wallMs: () => nowMs });
    expect(await first.take(request("a"))).toMatchObject({ kind: "unknown" });
  });

  it("keep the memory when the connection was lost and nothing else", async () => {
    const [one, two] = [await gateway(), await gateway()];
    one.doubt();
    bucket.isAway = true;
    expect(await one.take(request("a"))).toEqual({ kind: "unavailable" });
    bucket.back();
    expect(await one.take(request("a"))).toEqual({ kind: "new" });
    expect(await two.take(request("a"))).toEqual({ kind: "taken" });
  });
});

describe("an authenticator at a gateway", () => {
  const user = userRecord("1");
  const message = { method: "GET", target: "/v2/user-api/exchange/account", body: "" };

  async function authenticatorAtGateway() {
    const store = openUserStore(inMemory);
    store.add(user);
    const way = new HmacSigning({ secrets, wallMs: () => nowMs, taken: await gateway() });
    const vault = { seal: (text: string) => text, open: () => "the key" };
    const requests = new RequestAuthenticator({ store, vault });
    return (shown: ReturnType<typeof signedAt>) =>
      requests.authenticate(way, shown, message, nowMs);
  }

  function signedAt(stampMs: number) {
    const lines = [stampMs, "", message.method, message.target, message.body];
    const signature = secrets.hmacSha256Hex("the key", lines.join("\n"));
    const scheme = "hmac-sha256" as const;
    return { scheme, userId: user.id, signature, timestamp: String(stampMs), nonce: undefined };
  }

  it("takes no request that another gateway has taken, and says so as for its own", async () => {
    const [one, two] = [await authenticatorAtGateway(), await authenticatorAtGateway()];
    const shown = signedAt(nowMs);
    expect(await one(shown)).toMatchObject({ userId: user.id });
    expect(await two(shown)).toEqual({ refusal: "replayed" });
    expect(await one(shown)).toEqual({ refusal: "replayed" });
  });

  it("says that it cannot tell, and when to ask again, while nobody can be asked", async () => {
    const one = await authenticatorAtGateway();
    bucket.isAway = true;
    expect(await one(signedAt(nowMs))).toEqual({ refusal: "unavailable", waitMs: 1_000 });
    bucket.back();
    bucket.lose();
    const fresh = await authenticatorAtGateway();
    nowMs -= windowMs;
    expect(await fresh(signedAt(nowMs))).toMatchObject({
      ...{ refusal: "unknown-whether-replayed", waitMs: expect.any(Number) },
    });
  });
});
