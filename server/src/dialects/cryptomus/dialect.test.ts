import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { atOnce, createStreamDoor, type PromptStreamDoor } from "../../access/doors.fixture.ts";
import { tokenLifeMs } from "../../access/one-time-tokens.ts";
import { identityOf } from "../../access/users.ts";
import { systemSecrets } from "../../adapters/crypto/system-secrets.ts";
import { inMemory } from "../../adapters/sqlite/stores/shared-database.ts";
import { openUserStore } from "../../adapters/sqlite/stores/user-store.ts";
import type { ConnectionHandle, Session, SessionInput } from "../../ports/dialect.ts";
import { userRecord } from "../../ports/user-store.contract.ts";
import type { UserStore } from "../../ports/user-store.ts";
import { Conversation, ExampleBoard, exampleUser, marketRules } from "./conversation.fixture.ts";
import { type CryptomusDialect, createCryptomusDialect } from "./dialect.ts";

const nowMs = 1_700_000_040_000;
const nobody = { inject: () => {} };

let store: UserStore;
let door: PromptStreamDoor;
let dialect: CryptomusDialect;
beforeEach(() => {
  store = openUserStore(inMemory);
  store.add(userRecord("1"));
  door = createStreamDoor({ store, secrets: systemSecrets(), connectionsPerUserMax: 2 });
  dialect = createCryptomusDialect({
    board: new ExampleBoard(),
    bars: () => Promise.resolve({ bars: [], unknown: [] }),
    door,
    secrets: systemSecrets(),
  });
});
afterEach(() => store.close());

function newToken(): string {
  return door.issueToken(identityOf(userRecord("1")), nowMs).token;
}

function upgrade(token: string | undefined, connection: ConnectionHandle = nobody, atMs = nowMs) {
  const query = (name: string) => (name === "token" ? token : undefined);
  return atOnce(dialect.open({ path: "/ws", query }, connection, atMs));
}

/** The session that an upgrade leads to. */
function accepted(token: string, connection?: ConnectionHandle): Session {
  const decision = upgrade(token, connection);
  if (decision.kind === "refused") throw new Error(decision.body);
  return decision.session;
}

describe("the path", () => {
  it.each([
    ["/ws", true],
    ["/ws/", true],
    ["/", false],
    ["/ws/x", false],
    ["/v1", false],
    ["/WS", false],
  ])("%s is for this dialect: %s", (path, isOurs) => {
    expect(dialect.accepts(path)).toBe(isOurs);
  });
});

describe("a token", () => {
  it("is used up by the first successful connection (reference, rules 9 and 13)", () => {
    const token = newToken();
    const session = accepted(token);

    session.started(nowMs);
    session.ended();

    expect(upgrade(token)).toMatchObject({ kind: "refused", status: 401 });
  });

  it("is good again after a handshake that failed (D-C22)", () => {
    const token = newToken();

    accepted(token).ended();

    expect(upgrade(token).kind).toBe("accepted");
  });

  it("opens one connection when two ask at the same time", () => {
    const token = newToken();

    expect(upgrade(token).kind).toBe("accepted");
    expect(upgrade(token)).toMatchObject({ kind: "refused", status: 401 });
  });

  it("is asked for where it is missing", () => {
    expect(upgrade(undefined)).toEqual({
      kind: "refused",
      status: 401,
      body: '{"code":401,"message":"A one-time token is required in the query parameter token."}',
    });
  });

  it("expires", () => {
    expect(upgrade(newToken(), nobody, nowMs + tokenLifeMs)).toEqual({
      kind: "refused",
      status: 401,
      body: '{"code":401,"message":"The token has expired."}',
    });
  });

  it("of a disabled user opens nothing", () => {
    const token = newToken();
    store.disable(userRecord("1").id, nowMs);

    expect(upgrade(token)).toEqual({
      kind: "refused",
      status: 401,
      body: '{"code":401,"message":"The user is disabled."}',
    });
  });

  it("does not help a user who has all their connections", () => {
    accepted(newToken()).started(nowMs);
    accepted(newToken()).started(nowMs);

    expect(upgrade(newToken())).toMatchObject({ kind: "refused", status: 429 });
  });
});

describe("a connection", () => {
  it("belongs to its user for logs, or to nobody", () => {
    expect(new Conversation().session.owner).toBe(exampleUser.userId);
    expect(new Conversation({ identity: null }).session.owner).toBe("anonymous");
  });

  it("is closed when its user is disabled", () => {
    const client = new Conversation();

    client.door.revoke();

    expect(client.closed).toEqual({ code: 1008, reason: "The user was disabled" });
  });

  it("gives back what it held", () => {
    const client = new Conversation();
    client.ask("depth_subscribe", ["all"]);
    client.ask("balance_subscribe", ["all"]);

    client.end();

    expect(client.door).toMatchObject({ confirmed: 1, released: 1 });
  });

  it("has the operator's message limit, or 64 KiB", () => {
    const small = new Conversation({ options: { messageBytesMax: 1_000 } });

    expect(small.session.messageBytesMax).toBe(1_000);
    expect(new Conversation().session.messageBytesMax).toBe(65_536);
  });
});

describe("a new market", () => {
  it("is told to the open connections, and to those only", () => {
    const inputs: SessionInput[] = [];
    const handle = { inject: (input: SessionInput) => void inputs.push(input) };
    const session = accepted(newToken(), handle);
    const rules = marketRules("SOL_USDT");

    dialect.marketListed(rules);
    session.started(nowMs);
    dialect.marketListed(rules);
    session.ended();
    dialect.marketListed(rules);

    expect(inputs).toEqual([{ kind: "market-listed", rules }]);
  });

  it("is in every channel where all is in effect, once", () => {
    const client = new Conversation();
    for (const channel of ["lastprice", "ticker", "trade", "order", "deal", "balance"]) {
      client.ask(`${channel}_subscribe`, ["all"]);
    }
    client.ask("depth_subscribe", ["all:1", "all:4"]);
    const before = new Set(client.active);

    client.list(marketRules("SOL_BTC"));
    client.list(marketRules("SOL_BTC"));

    const { userId } = exampleUser;
    expect(client.active.filter((key) => !before.has(key)).toSorted()).toEqual([
      `balances|SOL|${userId}`,
      "depth|SOL_BTC|1",
      "depth|SOL_BTC|4",
      `fills|SOL_BTC|${userId}`,
      "last-price|SOL_BTC",
      `orders|SOL_BTC|${userId}`,
      "ticker|SOL_BTC",
      "trades|SOL_BTC",
    ]);
  });
});
