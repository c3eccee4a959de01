import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { credentialLengthMax } from "../../access/authenticator.ts";
import { atOnce } from "../../access/doors.fixture.ts";
import { defaultWindowMs, type HmacCredentials } from "../../access/hmac-signing.ts";
import type { Identity, SignedMessage } from "../../access/identity.ts";
import { signaturesPerUserMax } from "../../access/replay-guard.ts";
import { createUser, disableUser, type NewUser, setWay } from "../../access/users.ts";
import { systemSecrets } from "../../adapters/crypto/system-secrets.ts";
import { createVault } from "../../adapters/crypto/vault.ts";
import { inMemory } from "../../adapters/sqlite/stores/shared-database.ts";
import { openUserStore } from "../../adapters/sqlite/stores/user-store.ts";
import type { Secrets } from "../../ports/secrets.ts";
import { userRecord, withUserMethods } from "../../ports/user-store.contract.ts";
import type { UserStore } from "../../ports/user-store.ts";
import { type Md5Credentials, md5Way } from "./md5-signing.ts";
import { phpStyleCount, reencodedLengthMax } from "./php-json.ts";
import {
  type SignedCredentials,
  Signing,
  type SigningOptions,
  type SigningRefusal,
} from "./signing.ts";

const secrets = systemSecrets();
const vault = createVault("11".repeat(32));
const nowMs = 1_700_000_000_000;
const get: SignedMessage = { method: "GET", target: "/v2/user-api/exchange/orders", body: "" };

let store: UserStore;
beforeEach(() => {
  store = openUserStore(inMemory);
});
afterEach(() => store.close());

/** A user whose key is the one of the published vectors (docs/protocols/cryptomus, Signing). */
const fixtureKey = "fixture-api-key";
function fixtureUser(): string {
  const { id } = userRecord("abcdef");
  store.add(userRecord("abcdef", { sealedKey: vault.seal(fixtureKey, id), createdAtMs: 7 }));
  return id;
}

function newUser(): NewUser {
  const made = createUser({ store, vault, secrets }, { label: "", nowMs });
  if (typeof made === "string") throw new Error(made);
  return made;
}

/** A door that gives the reason alone where it refuses. */
interface PlainDoor extends Pick<Signing, "refresh"> {
  authenticate(...asked: Parameters<Signing["authenticate"]>): Identity | SigningRefusal;
}

function fullDoor(options: Partial<SigningOptions> = {}): Signing {
  return new Signing({ store, vault, secrets, ...options });
}

function authenticator(options: Partial<SigningOptions> = {}): PlainDoor {
  const full = fullDoor(options);
  return {
    authenticate: (...asked) => {
      const result = atOnce(full.authenticate(...asked));
      return "refusal" in result ? result.refusal : result;
    },
    refresh: (now) => full.refresh(now),
  };
}

type Md5 = Md5Credentials;
type Hmac = HmacCredentials;

/** Counts how often something is hashed. */
class Work {
  #hashed = 0;
  readonly secrets: Secrets = {
    ...secrets,
    md5Hex: (text) => this.#counted(secrets.md5Hex(text)),
    hmacSha256Hex: (key, text) => this.#counted(secrets.hmacSha256Hex(key, text)),
  };

  of(task: () => unknown): number {
    const before = this.#hashed;
    task();
    return this.#hashed - before;
  }

  #counted(hash: string): string {
    this.#hashed += 1;
    return hash;
  }
}

/** `md5(base64(text) + key)`. */
function md5Of(text: string, key: string): string {
  return secrets.md5Hex(secrets.base64(text) + key);
}

function md5(userId: string | undefined, signature: string | undefined): Md5 {
  return { scheme: "md5", userId, signature };
}

function withBody(body: string): SignedMessage {
  return { method: "POST", target: "/v2/user-api/exchange/orders", body };
}

/** Credentials of a user for a message, stamped with a time; changed afterwards where told. */
function hmac(
  user: NewUser,
  message: SignedMessage,
  stamp: { readonly timestamp?: string; readonly nonce?: string } = {},
): Hmac {
  const { timestamp = String(nowMs), nonce } = stamp;
  const { method, target, body } = message;
  const text = `${timestamp}\n${nonce ?? ""}\n${method}\n${target}\n${body}`;
  const signature = secrets.hmacSha256Hex(user.apiKey, text);
  return { scheme: "hmac-sha256", userId: user.userId, signature, timestamp, nonce };
}

describe("a request signed with MD5", () => {
  it.each([
    ["an order", '{"market":"TRX_USDT","quantity":"20"}', "7a25ed96c474b99df63c8caad23459bc"],
    ["no body", "", "7192c86862fa543f3d1e1f0c10d0d494"],
    ["an empty object", "{}", "99e68e4cb5d28c03aaeacb962526c1e0"],
    ["an empty object, signed as nothing", "{}", "7192c86862fa543f3d1e1f0c10d0d494"],
  ])("is accepted with %s and the published signature", (_, body, signature) => {
    const userId = fixtureUser();

    expect(authenticator().authenticate(md5(userId, signature), withBody(body), nowMs)).toEqual({
      userId,
      createdAtMs: 7,
    } satisfies Identity);
  });

  it.each([
    ["the body itself", '{ "tag":"a/b", "n":1.0, "o":{} }'],
    ["PHP's writing of it", '{"tag":"a\\/b","n":1,"o":[]}'],
    ["PHP's writing with the fraction kept", '{"tag":"a\\/b","n":1.0,"o":[]}'],
    ["PHP's writing with objects kept", '{"tag":"a\\/b","n":1,"o":{}}'],
    ["PHP's writing with both kept", '{"tag":"a\\/b","n":1.0,"o":{}}'],
  ])("is accepted when the signature was made over %s", (_, signed) => {
    const user = newUser();
    const message = withBody('{ "tag":"a/b", "n":1.0, "o":{} }');

    const result = authenticator().authenticate(
      md5(user.userId, md5Of(signed, user.apiKey)),
      message,
      nowMs,
    );

    expect(result).toMatchObject({ userId: user.userId });
  });

  it.each([
    ["nothing, when there is a body", '{"a":1}', ""],
    ["nothing, when there is an empty list", "[]", ""],
    ["an empty object, when there is no body", "", "{}"],
    ["another body", '{"a":1}', '{"a":2}'],
    ["the body with more in it", '{"a":1}', '{"a":1,"b":2}'],
    [
      "PHP's writing of a body that is too long to be written again",
      `{ "a":"${"x".repeat(reencodedLengthMax)}"}`,
      `{"a":"${"x".repeat(reencodedLengthMax)}"}`,
    ],
  ])("is refused when the signature was made over %s", (_, body, signed) => {
    const user = newUser();

    const result = authenticator().authenticate(
      md5(user.userId, md5Of(signed, user.apiKey)),
      withBody(body),
      nowMs,
    );

    expect(result).toBe("bad-signature");
  });

  it("is accepted with the id and the signature in either case, and blanks around the id", () => {
    const { userId, apiKey } = newUser();
    const sign = md5Of("", apiKey);
    const door = authenticator();

    const spellings = [md5(userId.toUpperCase(), sign), md5(` ${userId}\t`, sign.toUpperCase())];

    for (const spelling of spellings) {
      expect(door.authenticate(spelling, get, nowMs)).toMatchObject({ userId });
    }
  });

  it("may be sent again, because the protocol has nothing to tell requests apart by", () => {
    const { userId, apiKey } = newUser();
    const door = authenticator();

    for (let n = 0; n < 3; n += 1) {
      const result = door.authenticate(md5(userId, md5Of("", apiKey)), get, nowMs + n);
      expect(result).toMatchObject({ userId });
    }
  });

  it("costs no more work when it is refused than when it is taken", () => {
    const { userId, apiKey } = newUser();
    const work = new Work();
    const door = authenticator({ secrets: work.secrets, callsPerSecondMax: Infinity });
    const body = `{"tag":"${"a/b".repeat(400)}","n":1.0}`;
    const cost = (id: string, signature: string) =>
      work.of(() => door.authenticate(md5(id, signature), withBody(body), nowMs));

    const taken = cost(userId, md5Of(body, apiKey));
    expect(taken).toBe(1);
    expect(cost(userRecord("1").id, md5Of(body, apiKey))).toBe(0);
    expect(cost("not an id", md5Of(body, apiKey))).toBe(0);
    const refused = Array.from({ length: 200 }, () => cost(userId, md5Of(body, "another key")));
    // The forms that the user never signed are looked at for the first few only.
    expect(refused.slice(0, 20)).toEqual(Array(20).fill(1 + phpStyleCount));
    expect(refused.slice(20)).toEqual(Array(180).fill(taken));
  });

  it("in PHP's writing is found at once when its user signed so before", () => {
    const { userId, apiKey } = newUser();
    const work = new Work();
    const door = authenticator({ secrets: work.secrets, callsPerSecondMax: Infinity });
    const body = '{"a":"b/c","n":1.0,"o":{}}';
    const php = '{"a":"b\\/c","n":1.0,"o":{}}';
    const cost = (signed: string) =>
      work.of(() => door.authenticate(md5(userId, md5Of(signed, apiKey)), withBody(body), nowMs));

    expect([php, php, body, php].map(cost)).toEqual([1 + phpStyleCount, 2, 1, 2]);
  });
});

describe("wrong signatures in great numbers", () => {
  const body = '{"a":"b/c"}';
  const php = '{"a":"b\\/c"}';
  const call = (door: Signing, user: NewUser, signed: string, address: string) =>
    atOnce(
      door.authenticate(
        md5(user.userId, md5Of(signed, user.apiKey)),
        { ...withBody(body), address },
        nowMs,
      ),
    );

  it("keep nobody out who signs as before, from whatever address they come", () => {
    const [raw, ofPhp] = [newUser(), newUser()];
    const door = fullDoor();
    call(door, ofPhp, php, "a");
    for (const user of [raw, ofPhp]) {
      for (let n = 0; n < 1_000; n += 1) call(door, user, "wrong", "a");
    }

    expect(call(door, raw, body, "a")).toMatchObject({ userId: raw.userId });
    expect(call(door, ofPhp, php, "a")).toMatchObject({ userId: ofPhp.userId });
    expect(call(door, ofPhp, body, "a")).toMatchObject({ userId: ofPhp.userId });
  });

  it("make a form wait that a user never signed, at that address alone, and say for how long", () => {
    const user = newUser();
    const door = fullDoor();
    for (let n = 0; n < 100; n += 1) call(door, user, "wrong", "attacker");

    expect(call(door, user, php, "attacker")).toEqual({
      refusal: "too-many-failures",
      waitMs: 500,
    });
    expect(call(door, user, php, "home")).toMatchObject({ userId: user.userId });
    expect(call(door, user, php, "attacker")).toMatchObject({ userId: user.userId });
  });
});

describe("MD5 that is not taken", () => {
  it("from anybody is refused before a user is looked for, however good; HMAC is taken", () => {
    const user = newUser();
    const door = authenticator({ takesMd5: false });
    const signatures = [md5Of("", user.apiKey), "0".repeat(32)];

    for (const credentials of [
      ...signatures.map((signature) => md5(user.userId, signature)),
      md5(userRecord("1").id, "0".repeat(32)),
    ]) {
      expect(door.authenticate(credentials, get, nowMs)).toBe("md5-not-taken");
    }
    expect(door.authenticate(hmac(user, get), get, nowMs)).toMatchObject({ userId: user.userId });
  });

  it("from one user is refused from the next refresh on, and not from others", () => {
    const [one, two] = [newUser(), newUser()];
    const door = authenticator();
    const call = ({ userId, apiKey }: NewUser) =>
      door.authenticate(md5(userId, md5Of("", apiKey)), get, nowMs);
    expect(call(one)).toMatchObject({ userId: one.userId });

    setWay(store, { id: one.userId, way: md5Way, isTaken: false });
    door.refresh(nowMs);

    expect(call(one)).toBe("md5-not-taken-from-user");
    expect(call(two)).toMatchObject({ userId: two.userId });
    expect(door.authenticate(hmac(one, get), get, nowMs)).toMatchObject({ userId: one.userId });
  });
});

describe("a request signed with HMAC-SHA-256", () => {
  it("is accepted with a signature over stamp, nonce, method, target and body, one a line", () => {
    const user = newUser();
    const message = withBody('{"a":1}');
    const text = `${nowMs}\nn-1\nPOST\n${message.target}\n{"a":1}`;
    const signature = secrets.hmacSha256Hex(user.apiKey, text).toUpperCase();
    const credentials: Hmac = { ...hmac(user, message, { nonce: "n-1" }), signature };

    expect(authenticator().authenticate(credentials, message, nowMs)).toEqual({
      userId: user.userId,
      createdAtMs: nowMs,
    });
  });

  const changes: readonly [string, Partial<Hmac>, Partial<SignedMessage>][] = [
    ["time stamp", { timestamp: String(nowMs + 1) }, {}],
    ["nonce", { nonce: "other" }, {}],
    ["nonce, which was left out,", { nonce: undefined }, {}],
    ["method", {}, { method: "DELETE" }],
    ["target", {}, { target: "/v2/user-api/exchange/orders?limit=1" }],
    ["body", {}, { body: "{}" }],
    ["body by white space", {}, { body: " " }],
    ["signature", { signature: "0".repeat(64) }, {}],
    ["signature, which was cut,", { signature: "0" }, {}],
  ];
  it.each(changes)("is refused when its %s was changed", (_, credentials, message) => {
    const user = newUser();
    const good = hmac(user, get, { nonce: "n" });

    const result = authenticator().authenticate(
      { ...good, ...credentials },
      { ...get, ...message },
      nowMs,
    );

    expect(result).toBe("bad-signature");
  });

  it("is refused when parts run into each other though the signature fits", () => {
    const user = newUser();
    const honest = hmac(user, { ...get, method: "POST", target: "/a", body: "" }, { nonce: "n" });
    const shifted: Hmac = { ...honest, nonce: "n\nPOST" };
    const message = { method: "/a", target: "", body: "" };
    const text = `${nowMs}\nn\nPOST\n/a\n\n`;
    const signature = secrets.hmacSha256Hex(user.apiKey, text);

    const result = authenticator().authenticate({ ...shifted, signature }, message, nowMs);

    expect(result).toBe("bad-nonce");
  });

  it.each(["x".repeat(65), "a b", "é", "\n"])("is refused with the nonce %j", (nonce) => {
    const user = newUser();

    const result = authenticator().authenticate(hmac(user, get, { nonce }), get, nowMs);

    expect(result).toBe("bad-nonce");
  });

  it.each<readonly [string, number, string | undefined]>([
    ["ours", 0, undefined],
    ["a window behind ours", -defaultWindowMs, undefined],
    ["a window ahead of ours", defaultWindowMs, undefined],
    ["a millisecond more behind", -defaultWindowMs - 1, "bad-timestamp"],
    ["a millisecond more ahead", defaultWindowMs + 1, "bad-timestamp"],
  ])("with a time stamp that is %s", (_, offsetMs, refusal) => {
    const user = newUser();
    const credentials = hmac(user, get, { timestamp: String(nowMs + offsetMs) });

    const result = authenticator().authenticate(credentials, get, nowMs);

    expect(typeof result === "string" ? result : undefined).toBe(refusal);
  });

  it.each([
    "now",
    "-1",
    "1e12",
    "1700000000000.5",
    " 1700000000000",
    "9".repeat(16),
    "0x18bcfe56800",
  ])("is refused with the time stamp %j", (timestamp) => {
    const result = authenticator().authenticate(hmac(newUser(), get, { timestamp }), get, nowMs);

    expect(result).toBe("bad-timestamp");
  });

  it("is compared with the wall clock, though rates are counted by another time", () => {
    const user = newUser();
    let wallMs = nowMs + 86_400_000;
    const door = authenticator({ wallMs: () => wallMs, callsPerSecondMax: 1, callsBurstMax: 1 });
    const stamped = hmac(user, get, { timestamp: String(wallMs) });

    expect(door.authenticate(stamped, get, nowMs)).toMatchObject({ userId: user.userId });
    wallMs += 600_000;
    const later = hmac(user, get, { timestamp: String(wallMs) });
    expect(door.authenticate(later, get, nowMs)).toBe("too-many-calls");
  });

  it("is held to the window that the server was given", () => {
    const user = newUser();
    const door = authenticator({ windowMs: 0 });
    const late = hmac(user, get, { timestamp: String(nowMs - 1) });

    expect(door.authenticate(hmac(user, get), get, nowMs)).toMatchObject({ userId: user.userId });
    expect(door.authenticate(late, get, nowMs)).toBe("bad-timestamp");
  });
});

describe("a signature that was accepted before", () => {
  it("is refused for as long as its time stamp is good, however it is written", () => {
    const user = newUser();
    const door = authenticator();
    const ahead = hmac(user, get, { timestamp: String(nowMs + defaultWindowMs) });
    const upper: Hmac = { ...ahead, signature: ahead.signature?.toUpperCase() };

    expect(door.authenticate(ahead, get, nowMs)).toMatchObject({ userId: user.userId });
    for (let ms = 0; ms <= 2 * defaultWindowMs; ms += 500) {
      door.refresh(nowMs + ms);
      expect(door.authenticate(upper, get, nowMs + ms)).toBe("replayed");
    }
    const end = nowMs + 2 * defaultWindowMs + 1;
    door.refresh(end);
    expect(door.authenticate(ahead, get, end)).toBe("bad-timestamp");
  });

  it("does not stand in the way of the same request with another nonce or time stamp", () => {
    const user = newUser();
    const door = authenticator();
    const stamps = [{}, { nonce: "1" }, { nonce: "2" }, { timestamp: String(nowMs + 1) }];

    for (const stamp of stamps) {
      expect(door.authenticate(hmac(user, get, stamp), get, nowMs)).toMatchObject({
        userId: user.userId,
      });
    }
  });

  it("is not remembered when the request was refused", () => {
    const user = newUser();
    const door = authenticator({ callsPerSecondMax: 1, callsBurstMax: 1 });
    const [first, second] = [hmac(user, get, { nonce: "1" }), hmac(user, get, { nonce: "2" })];

    expect(door.authenticate(first, get, nowMs)).toMatchObject({ userId: user.userId });
    expect(door.authenticate(second, get, nowMs)).toBe("too-many-calls");
    expect(door.authenticate(second, get, nowMs)).toBe("too-many-calls");
    expect(door.authenticate(second, get, nowMs + 1_000)).toMatchObject({ userId: user.userId });
  });

  it("is never taken again and makes nobody wait, however many one user sends", () => {
    const [busy, calm] = [newUser(), newUser()];
    // A quick stand-in, so that filling the memory takes no time; the nonce makes the signature.
    const quick: Secrets = {
      ...secrets,
      hmacSha256Hex: (_, text) => text.split("\n")[1] ?? "",
      equal: (left, right) => left === right,
    };
    const door = authenticator({ secrets: quick, callsPerSecondMax: Infinity });
    const call = ({ userId }: NewUser, nonce: string, atMs: number) =>
      door.authenticate(
        { scheme: "hmac-sha256", userId, signature: nonce, timestamp: String(atMs), nonce },
        get,
        nowMs,
      );
    call(calm, "first", nowMs);
    const sent = signaturesPerUserMax + 1;
    const ahead = (n: number) => nowMs + Math.floor((n / sent) * 1_000);
    for (let n = 0; n < sent; n += 1) call(busy, `n${n}`, ahead(n));

    expect(call(busy, "n0", ahead(0))).toBe("unknown-whether-replayed");
    expect(call(busy, "n1", ahead(1))).toBe("replayed");
    expect(call(busy, "more", nowMs + 1_000)).toMatchObject({ userId: busy.userId });
    expect(call(calm, "first", nowMs)).toBe("replayed");
    expect(call(calm, "second", nowMs)).toMatchObject({ userId: calm.userId });
  });

  it("does not use up the quota of its user", () => {
    const user = newUser();
    const door = authenticator({ callsPerSecondMax: 1, callsBurstMax: 2 });
    const [first, second] = [hmac(user, get), hmac(user, get, { nonce: "2" })];

    door.authenticate(first, get, nowMs);
    for (let n = 0; n < 5; n += 1) {
      expect(door.authenticate(first, get, nowMs)).toBe("replayed");
    }

    expect(door.authenticate(second, get, nowMs)).toMatchObject({ userId: user.userId });
  });
});

describe("who is refused", () => {
  const hmacOf = (changes: Partial<Hmac>): Hmac => ({
    ...{ scheme: "hmac-sha256", userId: userRecord("1").id, signature: "0".repeat(64) },
    ...{ timestamp: String(nowMs), nonce: undefined },
    ...changes,
  });
  const sign = "0".repeat(32);

  it.each<readonly [string, SignedCredentials, SigningRefusal]>([
    ["shows no id", md5(undefined, sign), "missing-credentials"],
    ["shows an empty id", md5("", sign), "missing-credentials"],
    ["shows no signature", md5(userRecord("1").id, undefined), "missing-credentials"],
    ["shows an empty signature", md5(userRecord("1").id, ""), "missing-credentials"],
    ["shows no time stamp", hmacOf({ timestamp: undefined }), "missing-credentials"],
    ["shows an empty time stamp", hmacOf({ timestamp: "" }), "missing-credentials"],
    ["is not known", hmacOf({ userId: userRecord("2").id }), "unknown-user"],
    ["shows blanks for an id", md5("  ", sign), "unknown-user"],
    ["shows an id that is none", md5("1", sign), "unknown-user"],
    ["shows an id with braces", md5(`{${userRecord("1").id}}`, sign), "unknown-user"],
    ["shows an id without dashes", md5("0".repeat(32), sign), "unknown-user"],
    ["shows a very long id", md5(" ".repeat(1_000) + userRecord("1").id, sign), "unknown-user"],
    ["shows a signature that is none", md5(userRecord("1").id, "hello"), "bad-signature"],
    [
      "shows a very long signature",
      md5(userRecord("1").id, "0".repeat(credentialLengthMax + 1)),
      "bad-signature",
    ],
    ["shows an MD5 signature as an HMAC", hmacOf({ signature: sign }), "bad-signature"],
  ])("somebody who %s", (_, credentials, refusal) => {
    const { id } = userRecord("1");
    store.add(userRecord("1", { sealedKey: vault.seal("key", id) }));

    expect(authenticator().authenticate(credentials, get, nowMs)).toBe(refusal);
  });

  it("another user's signature", () => {
    const [one, two] = [newUser(), newUser()];

    const credentials = { ...hmac(one, get), userId: two.userId };

    expect(authenticator().authenticate(credentials, get, nowMs)).toBe("bad-signature");
  });

  it("a user who was disabled, from the next refresh on, once they can sign", () => {
    const user = newUser();
    const door = authenticator();
    const good = md5(user.userId, md5Of("", user.apiKey));
    expect(door.authenticate(good, get, nowMs)).toMatchObject({ userId: user.userId });

    disableUser(store, { id: user.userId, nowMs });
    door.refresh(nowMs);

    expect(door.authenticate(good, get, nowMs)).toBe("disabled-user");
    expect(door.authenticate(md5(user.userId, "0".repeat(32)), get, nowMs)).toBe("bad-signature");
  });

  it("a user who calls more often than they may, before anything is hashed; others are not", () => {
    const [one, two] = [newUser(), newUser()];
    const work = new Work();
    const door = fullDoor({ secrets: work.secrets, callsPerSecondMax: 2, callsBurstMax: 3 });
    const call = ({ userId, apiKey }: NewUser, atMs: number) =>
      door.authenticate(md5(userId, md5Of("", apiKey)), get, atMs);

    for (let n = 0; n < 3; n += 1) expect(call(one, nowMs)).toMatchObject({ userId: one.userId });
    expect(work.of(() => call(one, nowMs))).toBe(0);
    expect(call(one, nowMs + 100)).toEqual({ refusal: "too-many-calls", waitMs: 400 });
    expect(call(two, nowMs + 100)).toMatchObject({ userId: two.userId });
    expect(call(one, nowMs + 500)).toMatchObject({ userId: one.userId });
  });

  it("a user beyond 200 calls a second, and 400 after a pause, where nobody said otherwise", () => {
    const { userId, apiKey } = newUser();
    const door = authenticator();
    const credentials = md5(userId, md5Of("", apiKey));
    const taken = (fromMs: number) => {
      const results = Array.from({ length: 1_000 }, (_, n) =>
        door.authenticate(credentials, get, fromMs + n),
      );
      return results.filter((result) => result !== "too-many-calls").length;
    };
    for (let n = 0; n < 400; n += 1) door.authenticate(credentials, get, nowMs);
    expect([taken(nowMs + 1), taken(nowMs + 1_001)]).toEqual([200, 200]);
  });

  it("does not count against the quota of the user whom they pretend to be", () => {
    const user = newUser();
    const door = authenticator({ callsPerSecondMax: 1, callsBurstMax: 1 });
    for (let n = 0; n < 5; n += 1) {
      door.authenticate(md5(user.userId, "0".repeat(32)), get, nowMs);
    }

    const result = door.authenticate(md5(user.userId, md5Of("", user.apiKey)), get, nowMs);

    expect(result).toMatchObject({ userId: user.userId });
  });
});

describe("a user whose key was sealed under another master key", () => {
  it("is refused as badly signed, and the operator is told once, without any secret", () => {
    const user = newUser();
    const told: string[] = [];
    const door = authenticator({
      vault: createVault("22".repeat(32)),
      onUnreadableKey: (userId) => told.push(userId),
    });
    const good = md5(user.userId, md5Of("", user.apiKey));

    expect(door.authenticate(good, get, nowMs)).toBe("bad-signature");
    expect(door.authenticate(md5(user.userId, md5Of("", "")), get, nowMs)).toBe("bad-signature");
    expect(told).toEqual([user.userId]);

    newUser();
    door.refresh(nowMs);
    door.authenticate(good, get, nowMs);
    expect(told).toEqual([user.userId, user.userId]);
  });
});

describe("the keys of users", () => {
  it("are read and opened once, and again when the store has changed", () => {
    const user = newUser();
    let opened = 0;
    let reads = 0;
    const readingStore = withUserMethods(store, {
      user: (id) => {
        reads += 1;
        return store.user(id);
      },
    });
    const counting = {
      ...vault,
      open: (sealed: string, context: string) => {
        opened += 1;
        return vault.open(sealed, context);
      },
    };
    const door = authenticator({ store: readingStore, vault: counting });
    const call = () => door.authenticate(md5(user.userId, md5Of("", user.apiKey)), get, nowMs);

    call();
    door.refresh(nowMs);
    call();
    expect([reads, opened]).toEqual([1, 1]);

    newUser();
    door.refresh(nowMs);
    expect(call()).toMatchObject({ userId: user.userId });
    expect([reads, opened]).toEqual([2, 2]);
  });

  it("of somebody who was unknown a moment ago are found at once", () => {
    const door = authenticator();
    const { id } = userRecord("5");
    const call = () => door.authenticate(md5(id, md5Of("", fixtureKey)), get, nowMs);
    expect(call()).toBe("unknown-user");

    store.add(userRecord("5", { sealedKey: vault.seal(fixtureKey, id) }));

    expect(call()).toMatchObject({ userId: id });
  });

  it("are in nothing that is returned or thrown", () => {
    const user = newUser();
    const broken = withUserMethods(store, {
      user: () => {
        throw new Error("disk");
      },
    });
    const signature = md5Of("", user.apiKey);

    expect(() =>
      authenticator({ store: broken }).authenticate(md5(user.userId, signature), get, nowMs),
    ).toThrow(/^disk$/);
    const result = authenticator().authenticate(md5(user.userId, signature), get, nowMs);
    expect(Object.keys(result)).toEqual(["userId", "createdAtMs"]);
  });
});
