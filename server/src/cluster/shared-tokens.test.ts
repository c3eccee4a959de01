import { beforeEach, describe, expect, it } from "vitest";
import { tokenLifeMs, tokensPerUserMax } from "../access/one-time-tokens.ts";
import { ownCounts } from "../access/own-counts.ts";
import { TokenStreamDoor } from "../access/stream-door.ts";
import { systemSecrets } from "../adapters/crypto/system-secrets.ts";
import { inMemory } from "../adapters/sqlite/stores/key-store.ts";
import { openUserStore } from "../adapters/sqlite/stores/user-store.ts";
import { userRecord } from "../ports/user-store.contract.ts";
import { MemoryBucket } from "../testing/memory-bucket.ts";
import { SharedTokens } from "./shared-tokens.ts";

const secrets = systemSecrets();
const user = userRecord("1");
const userId = user.id;

let bucket: MemoryBucket;
let one: SharedTokens;
let two: SharedTokens;
beforeEach(() => {
  bucket = new MemoryBucket();
  one = new SharedTokens(bucket, secrets);
  two = new SharedTokens(bucket, secrets);
});

async function issued(tokens: SharedTokens, nowMs = 0): Promise<string> {
  const made = await tokens.issue(userId, nowMs);
  if (made === "unavailable") throw new Error(made);
  return made.token;
}

describe("one-time tokens of two gateways", () => {
  it("are issued at one and claimed at the other, once", async () => {
    const token = await issued(one);

    expect(await two.claim(token, 1)).toMatchObject({ userId });
    expect(await two.claim(token, 1)).toBe("unknown-token");
    expect(await one.claim(token, 1)).toBe("unknown-token");
  });

  it("are claimed by one of many who show the same at both at once", async () => {
    const token = await issued(one);
    const claims = Array.from({ length: 20 }, (_, at) => (at % 2 ? one : two).claim(token, 1));
    const outcomes = await Promise.all(claims);

    expect(outcomes.filter((outcome) => outcome === "unknown-token")).toHaveLength(19);
  });

  it("are good again at any when the connection never came to be, and not when it did", async () => {
    const token = await issued(one);
    const claimed = await two.claim(token, 1);
    if (typeof claimed === "string") throw new Error(claimed);
    claimed.giveBack();

    const again = await one.claim(token, 1);
    if (typeof again === "string") throw new Error(again);
    again.useUp();
    expect(await two.claim(token, 1)).toBe("unknown-token");
  });

  it("expire at both, and are known to a gateway that was started again", async () => {
    const token = await issued(one);
    const late = await issued(one, 1);
    const restarted = new SharedTokens(bucket, secrets);

    expect(await restarted.claim(token, tokenLifeMs)).toBe("expired-token");
    expect(await restarted.claim(late, tokenLifeMs)).toMatchObject({ userId });
  });

  it("are neither made nor taken while nobody can be asked, and none is lost by that", async () => {
    const token = await issued(one);
    bucket.isAway = true;
    expect(await one.issue(userId, 1)).toBe("unavailable");
    expect(await two.claim(token, 1)).toBe("unavailable");

    bucket.back();
    expect(await two.claim(token, 1)).toMatchObject({ userId });
  });

  it("give way to newer ones of the same user", async () => {
    const first = await issued(one);
    const second = await issued(one);
    for (let more = 1; more < tokensPerUserMax; more += 1) await issued(one);

    expect(bucket.size).toBe(tokensPerUserMax);
    expect(await two.claim(first, 1)).toBe("unknown-token");
    expect(await two.claim(second, 1)).toMatchObject({ userId });
  });

  it.each(["", "x", "A".repeat(64), "*", `${"0".repeat(63)}.`])(
    "takes %j for no token",
    async (text) => {
      expect(await one.claim(text, 1)).toBe("unknown-token");
    },
  );

  it("never keeps a token as text", async () => {
    const token = await issued(one);
    const texts: string[] = [];
    const watch = bucket.watch(({ key, value }) =>
      texts.push(key, new TextDecoder().decode(value)),
    );
    await watch.caughtUp;
    expect(texts.join()).toContain(userId);
    expect(texts.join()).not.toContain(token);
  });
});

describe("a stream door at a gateway", () => {
  it("says that it cannot check a token while nobody can be asked, and lets it in later", async () => {
    const store = openUserStore(inMemory);
    store.add(user);
    const door = new TokenStreamDoor({ store, tokens: two, counts: ownCounts });
    const token = await issued(one);
    bucket.isAway = true;
    expect(await door.admit(token, { revoked: () => {} }, 1)).toBe("unavailable");
    bucket.back();
    expect(await door.admit(token, { revoked: () => {} }, 1)).toMatchObject({
      identity: { userId },
    });
  });
});
