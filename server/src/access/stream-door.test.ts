import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemSecrets } from "../adapters/crypto/system-secrets.ts";
import { inMemory } from "../adapters/sqlite/stores/shared-database.ts";
import { openUserStore } from "../adapters/sqlite/stores/user-store.ts";
import type { Secrets } from "../ports/secrets.ts";
import { userRecord, withUserMethods } from "../ports/user-store.contract.ts";
import type { UserStore } from "../ports/user-store.ts";
import {
  createStreamDoor,
  type PromptStreamDoor,
  type PromptStreamDoorOptions,
} from "./doors.fixture.ts";
import type { Identity, StreamAdmission, StreamEvents, TokenRefusal } from "./identity.ts";
import { tokenLifeMs, tokensMax, tokensPerUserMax } from "./one-time-tokens.ts";
import { anonymousStreamsMax, streamsMax } from "./stream-door.ts";
import { disableUser, identityOf } from "./users.ts";

const secrets = systemSecrets();
const nowMs = 1_700_000_040_000;
const minuteMs = 60_000;

let store: UserStore;
beforeEach(() => {
  store = openUserStore(inMemory);
});
afterEach(() => store.close());

/** Secrets that cost nothing: tokens are numbers, and each is its own hash. */
function quickSecrets(): Secrets {
  let drawn = 0;
  return {
    ...secrets,
    randomHex: () => {
      drawn += 1;
      return String(drawn).padStart(64, "0");
    },
    sha256Hex: (text) => text,
  };
}

function newUser(digits: string): Identity {
  const record = userRecord(digits);
  store.add(record);
  return identityOf(record);
}

function streamDoor(options: Partial<PromptStreamDoorOptions> = {}): PromptStreamDoor {
  return createStreamDoor({ store, secrets, ...options });
}

function issued(door: PromptStreamDoor, user: Identity, atMs = nowMs): string {
  return door.issueToken(user, atMs).token;
}

/** A connection that remembers what it was told. */
class Connection implements StreamEvents {
  readonly result: StreamAdmission | TokenRefusal;
  told = 0;
  /** Also done when this connection is told something. */
  onTold: () => void = () => {};

  constructor(door: PromptStreamDoor, token: string | undefined, atMs = nowMs) {
    this.result = door.admit(token, this, atMs);
  }

  /** Undefined when it was let in. */
  get refusal(): TokenRefusal | undefined {
    return typeof this.result === "string" ? this.result : undefined;
  }

  get admission(): StreamAdmission {
    if (typeof this.result === "string") throw new Error(`refused: ${this.result}`);
    return this.result;
  }

  revoked(): void {
    this.told += 1;
    this.onTold();
  }
}

/** A connection that was opened with a token of its own. */
function opened(door: PromptStreamDoor, user: Identity, atMs = nowMs): Connection {
  const connection = new Connection(door, issued(door, user, atMs), atMs);
  if (connection.refusal === undefined) connection.admission.confirm();
  return connection;
}

describe("a one-time token", () => {
  it("has 64 lower-case hex digits and is never issued twice", () => {
    const door = streamDoor();
    const user = newUser("1");

    const tokens = Array.from({ length: tokensPerUserMax }, () => issued(door, user));

    expect(tokens.every((token) => /^[0-9a-f]{64}$/.test(token))).toBe(true);
    expect(new Set(tokens).size).toBe(tokens.length);
  });

  it("opens one connection, for the user to whom it was issued", () => {
    const door = streamDoor();
    const user = newUser("1");
    newUser("2");
    const token = issued(door, user);

    const connection = new Connection(door, token);
    connection.admission.confirm();

    expect(connection.admission.identity).toEqual(user);
    expect(new Connection(door, token).refusal).toBe("unknown-token");
    connection.admission.release();
    expect(new Connection(door, token).refusal).toBe("unknown-token");
  });

  it("lets one of two connections in that race for it", () => {
    const door = streamDoor();
    const token = issued(door, newUser("1"));

    const [first, second] = [new Connection(door, token), new Connection(door, token)];

    expect([first.refusal, second.refusal]).toEqual([undefined, "unknown-token"]);
    first.admission.confirm();
    expect(new Connection(door, token).refusal).toBe("unknown-token");
  });

  it("is good again when its connection did not come to be", () => {
    const door = streamDoor();
    const token = issued(door, newUser("1"));

    new Connection(door, token).admission.release();
    const second = new Connection(door, token);
    second.admission.confirm();

    expect(second.refusal).toBeUndefined();
  });

  it("is not given back by a connection that was, nor used up by one that is gone", () => {
    const door = streamDoor();
    const token = issued(door, newUser("1"));
    const first = new Connection(door, token).admission;

    first.release();
    first.confirm();
    const second = new Connection(door, token).admission;
    first.release();

    expect(new Connection(door, token).refusal).toBe("unknown-token");
    second.confirm();
    second.release();
    first.release();
    expect(new Connection(door, token).refusal).toBe("unknown-token");
  });

  it.each([
    [0, undefined],
    [tokenLifeMs - 1, undefined],
    [tokenLifeMs, "expired-token"],
    [10 * tokenLifeMs, "expired-token"],
  ])("%i milliseconds after it was issued is answered with %s", (ms, refusal) => {
    const door = streamDoor();
    const token = issued(door, newUser("1"));

    expect(new Connection(door, token, nowMs + ms).refusal).toBe(refusal);
  });

  it("may be confirmed after it has expired when it was shown in time, but not be shown again", () => {
    const door = streamDoor();
    const user = newUser("1");
    const [late, given] = [issued(door, user), issued(door, user)];
    const lastMs = nowMs + tokenLifeMs - 1;
    const connection = new Connection(door, late, lastMs);
    const released = new Connection(door, given, lastMs);

    door.refresh(lastMs + 1);
    connection.admission.confirm();
    released.admission.release();

    expect(new Connection(door, late, lastMs + 1).refusal).toBe("unknown-token");
    expect(new Connection(door, given, lastMs + 1).refusal).toBe("unknown-token");
    connection.admission.release();
  });

  it.each([
    ["no token", undefined, "missing-token"],
    ["an empty token", "", "missing-token"],
    ["a token that nobody issued", "0".repeat(64), "unknown-token"],
    ["a part of a token", "0".repeat(63), "unknown-token"],
    ["a very long text", "0".repeat(1_000_000), "unknown-token"],
    ["the placeholder of the printed example", ["$", "{this.token}"].join(""), "unknown-token"],
    ["another language", "жетон", "unknown-token"],
  ])("is needed: %s is refused", (_, token, refusal) => {
    expect(new Connection(streamDoor(), token).refusal).toBe(refusal);
  });

  it("counts as the one that was issued only to the letter", () => {
    const door = streamDoor();
    const token = issued(door, newUser("1"));

    for (const other of [token.toUpperCase(), ` ${token}`, secrets.sha256Hex(token)]) {
      if (other !== token) expect(new Connection(door, other).refusal).toBe("unknown-token");
    }
    expect(new Connection(door, token).refusal).toBeUndefined();
  });

  it("is in nothing that a connection gets back", () => {
    const door = streamDoor();
    const token = issued(door, newUser("1"));

    const { admission } = new Connection(door, token);

    expect(Object.keys(admission).sort()).toEqual(["confirm", "identity", "release"]);
    expect(JSON.stringify(admission)).not.toContain(token);
    expect(JSON.stringify(door)).toBe("{}");
  });
});

describe("unused tokens", () => {
  /** Whether each of some tokens opens a connection, which is not opened then. */
  const good = (door: PromptStreamDoor, tokens: readonly string[]) =>
    tokens.map((token) => {
      const connection = new Connection(door, token);
      if (connection.refusal === undefined) connection.admission.release();
      return connection.refusal === undefined;
    });

  it("lock nobody out: for one more the oldest of the same user goes", () => {
    const door = streamDoor();
    const [user, other] = [newUser("1"), newUser("2")];
    const others = issued(door, other);
    const tokens = Array.from({ length: tokensPerUserMax + 2 }, () => issued(door, user));

    expect(good(door, tokens.slice(0, 3))).toEqual([false, false, true]);
    expect(good(door, [others, ...tokens.slice(-1)])).toEqual([true, true]);
  });

  it("that go for others while they open a connection leave that as it is, once", () => {
    const door = streamDoor();
    const user = newUser("1");
    const first = issued(door, user);
    const opening = new Connection(door, first);
    for (let n = 0; n < tokensPerUserMax; n += 1) issued(door, user);

    opening.admission.release();
    expect(good(door, [first])).toEqual([false]);
    expect(opening.refusal).toBeUndefined();
  });

  it("are at most so many for all users together: who has most loses the oldest", () => {
    const door = streamDoor({ secrets: quickSecrets() });
    const one = issued(door, newUser("1"));
    const crowd = Array.from({ length: tokensMax / tokensPerUserMax }, (_, n) =>
      newUser(String(1_000 + n)),
    );
    const tokens = crowd.flatMap((user) =>
      Array.from({ length: tokensPerUserMax }, () => issued(door, user)),
    );

    const two = issued(door, newUser("2"));

    expect(good(door, [one, two])).toEqual([true, true]);
    // One for the last of the crowd, which was one too many, and one for the newcomer.
    const looked = [0, 1, tokensPerUserMax, tokensPerUserMax + 1, tokens.length - 1];
    const isGood = good(
      door,
      looked.map((index) => tokens[index] ?? ""),
    );
    expect(isGood).toEqual([false, true, false, true, true]);
  });
});

describe("the connections of a user", () => {
  it("are refused beyond the limit and the token stays good", () => {
    const door = streamDoor({ connectionsPerUserMax: 2 });
    const [user, other] = [newUser("1"), newUser("2")];
    const first = opened(door, user);
    opened(door, user);
    const token = issued(door, user);

    expect(new Connection(door, token).refusal).toBe("too-many-connections");
    expect(opened(door, other).refusal).toBeUndefined();
    first.admission.release();
    first.admission.release();
    expect(new Connection(door, token).refusal).toBeUndefined();
    expect(opened(door, user).refusal).toBe("too-many-connections");
  });

  it("count from being let in on, not only from being open", () => {
    const door = streamDoor({ connectionsPerUserMax: 1 });
    const user = newUser("1");
    const [one, two] = [issued(door, user), issued(door, user)];

    const first = new Connection(door, one);
    expect(new Connection(door, two).refusal).toBe("too-many-connections");
    first.admission.release();
    expect(new Connection(door, two).refusal).toBeUndefined();
  });

  it("may be new so often in a minute; the token of one too many stays good", () => {
    const door = streamDoor({ newConnectionsPerMinuteMax: 2 });
    const [user, other] = [newUser("1"), newUser("2")];
    const token = issued(door, user);
    opened(door, user).admission.release();
    opened(door, user).admission.release();

    expect(new Connection(door, token).refusal).toBe("too-many-new-connections");
    expect(opened(door, other).refusal).toBeUndefined();
    expect(new Connection(door, token, nowMs + minuteMs).refusal).toBeUndefined();
  });

  it("are a thousand at once and a thousand new ones a minute when nobody said otherwise", () => {
    const door = streamDoor();
    const user = newUser("1");
    const open = Array.from({ length: 1_000 }, () => opened(door, user));

    expect(open.every((connection) => connection.refusal === undefined)).toBe(true);
    expect(opened(door, user).refusal).toBe("too-many-connections");
    open[0]?.admission.release();
    expect(opened(door, user).refusal).toBe("too-many-new-connections");
    expect(opened(door, user, nowMs + minuteMs).refusal).toBeUndefined();
  });

  it("have an end over all users", () => {
    const quick = withUserMethods(store, { user: (id) => userRecord("1", { id }) });
    const unlimited = { connectionsPerUserMax: Infinity, newConnectionsPerMinuteMax: Infinity };
    const door = streamDoor({ store: quick, secrets: quickSecrets(), ...unlimited });
    const [one, two] = [identityOf(userRecord("1")), identityOf(userRecord("2"))];
    for (let n = 1; n < streamsMax; n += 1) opened(door, one);

    const last = opened(door, two);

    expect(last.refusal).toBeUndefined();
    expect(opened(door, two).refusal).toBe("too-many-connections");
    last.admission.release();
    expect(opened(door, one).refusal).toBeUndefined();
  });
});

describe("a user who is disabled", () => {
  it("gets no connection any more, whatever tokens they have", () => {
    const door = streamDoor();
    const user = newUser("1");
    const token = issued(door, user);

    disableUser(store, { id: user.userId, nowMs });

    expect(new Connection(door, token).refusal).toBe("disabled-user");
  });

  it("has their connections told at the next refresh, once each, open or still opening", () => {
    const door = streamDoor();
    const [bad, good] = [newUser("1"), newUser("2")];
    const connections = [opened(door, bad), new Connection(door, issued(door, bad))];
    const goodOne = opened(door, good);

    disableUser(store, { id: bad.userId, nowMs });
    expect(connections.map(({ told }) => told)).toEqual([0, 0]);
    door.refresh(nowMs);
    newUser("3");
    door.refresh(nowMs);

    expect(connections.map(({ told }) => told)).toEqual([1, 1]);
    expect(goodOne.told).toBe(0);
    for (const { admission } of connections) {
      admission.confirm();
      admission.release();
    }
    expect(opened(door, good).refusal).toBeUndefined();
  });

  it("has nothing told to connections that were gone before", () => {
    const door = streamDoor();
    const user = newUser("1");
    const connection = opened(door, user);

    connection.admission.release();
    disableUser(store, { id: user.userId, nowMs });
    door.refresh(nowMs);

    expect(connection.told).toBe(0);
  });

  it("has connections that may be released, and release others, while they are told", () => {
    const door = streamDoor();
    const user = newUser("1");
    const connections = Array.from({ length: 3 }, () => opened(door, user));
    for (const connection of connections) {
      connection.onTold = () => {
        for (const other of connections) other.admission.release();
      };
    }

    disableUser(store, { id: user.userId, nowMs });
    door.refresh(nowMs);

    expect(connections.map(({ told }) => told)).toEqual([1, 1, 1]);
  });

  it("is looked for again when the store could not be read", () => {
    const state = { isBroken: false };
    const flaky = withUserMethods(store, {
      disabledIds: () => {
        if (state.isBroken) throw new Error("disk");
        return store.disabledIds();
      },
    });
    const door = streamDoor({ store: flaky });
    const user = newUser("1");
    const connection = opened(door, user);
    disableUser(store, { id: user.userId, nowMs });

    state.isBroken = true;
    expect(() => door.refresh(nowMs)).toThrow(/^disk$/);
    state.isBroken = false;
    door.refresh(nowMs);

    expect(connection.told).toBe(1);
  });
});

describe("a connection without a token", () => {
  it("is let in as nobody where that is allowed, and a bad token is still refused", () => {
    const door = streamDoor({ allowAnonymous: true });
    const user = newUser("1");

    const connection = new Connection(door, undefined);
    connection.admission.confirm();

    expect(connection.admission.identity).toBeUndefined();
    expect(new Connection(door, "").refusal).toBeUndefined();
    expect(new Connection(door, "0".repeat(64)).refusal).toBe("unknown-token");
    expect(opened(door, user).admission.identity).toEqual(user);
    disableUser(store, { id: user.userId, nowMs });
    door.refresh(nowMs);
    expect(connection.told).toBe(0);
  });

  it("leaves places for users", () => {
    const door = streamDoor({ allowAnonymous: true });
    const nobody: StreamEvents = { revoked: () => {} };
    for (let n = 1; n < anonymousStreamsMax; n += 1) door.admit(undefined, nobody, nowMs);

    const last = new Connection(door, undefined);

    expect(last.refusal).toBeUndefined();
    expect(new Connection(door, undefined).refusal).toBe("too-many-connections");
    expect(opened(door, newUser("1")).refusal).toBeUndefined();
    last.admission.release();
    expect(new Connection(door, undefined).refusal).toBeUndefined();
  });
});
