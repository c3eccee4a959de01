import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LimitPolicy } from "../../access/doorkeeper.ts";
import { atOnce, createDoorkeeper } from "../../access/doors.fixture.ts";
import { createKey, revokeKey } from "../../access/keys.ts";
import { defaultLimits } from "../../access/limits.fixture.ts";
import { systemSecrets } from "../../adapters/crypto/system-secrets.ts";
import { inMemory, openKeyStore } from "../../adapters/sqlite/stores/key-store.ts";
import type { SessionInput, UpgradeDecision } from "../../ports/dialect.ts";
import type { KeyStore } from "../../ports/key-store.ts";
import { exampleCatalog } from "./conversation.fixture.ts";
import { createFinazonDialect } from "./dialect.ts";

const secrets = systemSecrets();
const nowMs = 1_700_000_000_000;
let store: KeyStore;
beforeEach(() => {
  store = openKeyStore(inMemory);
});
afterEach(() => store.close());

/** A dialect with a key, and what its connections were told from outside. */
function house(onLimit: LimitPolicy = "refuse") {
  const made = createKey(store, secrets, { workspace: "desk", label: "", nowMs });
  if (typeof made === "string") throw new Error(`no key was made: ${made}`);
  const doorkeeper = createDoorkeeper({ store, secrets, defaults: defaultLimits, onLimit });
  const dialect = createFinazonDialect({ catalog: exampleCatalog(), doorkeeper });
  const told: SessionInput[] = [];
  const open = (query: Readonly<Record<string, string>>): UpgradeDecision =>
    atOnce(
      dialect.open(
        { path: "/v1", query: (name) => query[name] },
        { inject: (input) => told.push(input) },
        nowMs,
      ),
    );
  return { dialect, doorkeeper, open, told, ...made };
}

it("tells open connections of a dataset that gets no more data, and no others", () => {
  const { dialect, open, key, told } = house();
  const [first, second, refused] = [1, 2, 3].map(() => sessionOf(open({ apikey: key })));
  first?.started(nowMs);
  second?.started(nowMs);
  second?.ended();
  refused?.ended();

  dialect.datasetEnded("huobi");

  expect(told).toEqual([{ kind: "dataset-ended", dataset: "huobi" }]);
});

function sessionOf(decision: UpgradeDecision) {
  if (decision.kind === "refused") throw new Error(decision.body);
  return decision.session;
}

describe("the paths of the stream", () => {
  it.each(["/v1", "/v1/", "/v1.0"])("%s is one", (path) => {
    expect(house().dialect.accepts(path)).toBe(true);
  });

  it.each(["/", "/v2", "/ws", "/v1/x", "/v1//", "/V1", "", "/v1.00"])("%s is none", (path) => {
    expect(house().dialect.accepts(path)).toBe(false);
  });
});

describe("an upgrade", () => {
  it("with a good key opens a session that speaks the protocol", () => {
    const { open, key, record } = house();

    const session = sessionOf(open({ apikey: key }));

    expect(session.owner).toBe(`desk/${record.id}`);
    expect(session.messageBytesMax).toBe(102_400);
    const text =
      '{"event":"subscribe","dataset":"huobi","tickers":["BTC/USDT"],"channel":"bars","frequency":"1s","aggregation":"1m"}';
    expect(session.receive({ kind: "text", text, byteLength: text.length }, nowMs)[0]).toEqual({
      kind: "send",
      text: '{"event":"subscribe","status":"success","code":"SUCCESS_SUBSCRIPTION","data":["BTC/USDT"]}',
    });
  });

  it("without a key is refused with 401 and says how to pass one", () => {
    const refused = {
      kind: "refused",
      status: 401,
      body: '{"status":"error","error":{"status":401,"code":"INVALID_API_KEY","message":"An API key is required. Pass it as the query parameter apikey and try again.","more_info":"/docs/errors#INVALID_API_KEY"}}',
    };

    expect(house().open({})).toEqual(refused);
    expect(house().open({ apikey: "" })).toEqual(refused);
    expect(house().open({ token: "x" })).toEqual(refused);
  });

  it("with an unknown or revoked key is refused with 401", () => {
    const { open, key, record } = house();
    revokeKey(store, { id: record.id, nowMs });

    for (const apikey of ["nonsense", key]) {
      expect(open({ apikey })).toEqual({
        kind: "refused",
        status: 401,
        body: '{"status":"error","error":{"status":401,"code":"INVALID_API_KEY","message":"The provided API key is invalid or has expired. Please check your API key and try again","more_info":"/docs/errors#INVALID_API_KEY"}}',
      });
    }
  });

  it("beyond the workspace's connections is refused with 429 until one ends", () => {
    const { open, key } = house();
    const first = sessionOf(open({ apikey: key }));
    open({ apikey: key });
    open({ apikey: key });

    expect(open({ apikey: key })).toEqual({
      kind: "refused",
      status: 429,
      headers: { "retry-after": "5" },
      body: '{"status":"error","error":{"status":429,"code":"API_RATE_LIMIT_EXCEEDED","message":"You have reached the allowed number of open connections of your workspace. Close one of them and try again.","more_info":"/docs/errors#API_RATE_LIMIT_EXCEEDED"}}',
    });
    first.ended();
    expect(open({ apikey: key }).kind).toBe("accepted");
  });
});

describe("an open connection", () => {
  it("is told when a newer one takes its place, where the operator chose so", () => {
    const { open, key, told } = house("evict-oldest");

    for (let opened = 0; opened < 4; opened += 1) open({ apikey: key });

    expect(told).toEqual([{ kind: "evicted" }]);
  });

  it("is told when its key is revoked", () => {
    const { open, key, record, told, doorkeeper } = house();
    open({ apikey: key });
    revokeKey(store, { id: record.id, nowMs });

    doorkeeper.refresh(nowMs);

    expect(told).toEqual([{ kind: "revoked" }]);
  });
});
