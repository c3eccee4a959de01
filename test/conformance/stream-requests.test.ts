/**
 * Described requests against the sessions that read them: whatever fits a description is taken, and whatever fits none is
 * refused. Requests are the examples of the documents with a few places changed at random.
 */
import fc from "fast-check";
import { Compile } from "typebox/compile";
import { describe, expect, it } from "vitest";
import { atOnce } from "../../server/src/access/doors.fixture.ts";
import { systemSecrets } from "../../server/src/adapters/crypto/system-secrets.ts";
import {
  ExampleBoard,
  ExampleDoor,
  exampleUser,
} from "../../server/src/dialects/cryptomus/conversation.fixture.ts";
import { createCryptomusDialect } from "../../server/src/dialects/cryptomus/dialect.ts";
import {
  exampleCatalog,
  exampleGrant,
} from "../../server/src/dialects/finazon/conversation.fixture.ts";
import { createFinazonSession } from "../../server/src/dialects/finazon/session.ts";
import { dialects } from "../../server/src/main/dialects.ts";
import type { Session, SessionEffect } from "../../server/src/ports/dialect.ts";
import { referenceNames } from "../../server/src/ports/stream-description.ts";
import { type Connection, requestsOf } from "../support/described-messages.ts";
import { rounds } from "../support/rounds.ts";

// biome-ignore lint/suspicious/noExplicitAny: what a message holds is what these tests look at.
type Json = any;

const nowMs = referenceNames.nowS * 1_000;

/** What is said of a request: nothing against its form, or why it has another one than it should. */
type Verdict = { readonly isRefused: boolean; readonly isOfForm: boolean; readonly why: string };

interface Reader {
  open(tellsPositions: boolean): Session;
  verdict(reply: Json): Verdict;
  /** Whether more than the form decides, which no schema says. */
  dependsOnMore(request: Json): boolean;
  /** Requests of which the form decides, of kinds whose examples are others. */
  readonly decided: readonly Json[];
}

const secrets = systemSecrets();
const board = new ExampleBoard();
const catalog = exampleCatalog();

const readers: Readonly<Record<string, Reader>> = {
  cryptomus: {
    open(tellsPositions) {
      const dialect = createCryptomusDialect({
        ...{ board, secrets, door: new ExampleDoor(exampleUser) },
        bars: () => Promise.resolve({ bars: [], unknown: [] }),
      });
      const query = (name: string) =>
        name === "token" ? "t" : name === "positions" && tellsPositions ? "1" : undefined;
      const decision = atOnce(dialect.open({ path: "/ws", query }, { inject: () => {} }, nowMs));
      if (decision.kind !== "accepted") throw new Error("everybody is let in");
      return decision.session;
    },
    verdict({ error }) {
      const why = error?.message ?? "";
      return { isRefused: error !== null, isOfForm: why.startsWith("Unknown "), why };
    },
    dependsOnMore({ method, params }) {
      const [, second, third] = Array.isArray(params) ? params : [];
      // Which price steps there are is a matter of the market.
      if (method === "depth_request") return typeof third === "string";
      return method === "candles_request" && second > third;
    },
    decided: [{ id: 1, method: "depth_request", params: ["BTC_USDT", 10] }],
  },
  finazon: {
    open: (tellsPositions) =>
      createFinazonSession({
        ...{ catalog, eventInReplies: true, tellsPositions },
        admission: { grant: exampleGrant(), release: () => {} },
        started: () => {},
        ended: () => {},
      }),
    verdict({ status, code, message = "" }) {
      const isOfForm = code !== "INVALID_PARAMETER" || message.includes("There is no dataset");
      return { isRefused: status === "error", isOfForm, why: message };
    },
    dependsOnMore: () => false,
    decided: [],
  },
};

/** Lets a session read a message; gives all that it answers. */
function answersOf(session: Session, text: string): readonly Json[] {
  session.started(nowMs);
  const place = { epoch: "e", position: { sequence: 1, tick: 0, ordinal: 0 } };
  const said = (effect: SessionEffect): readonly SessionEffect[] =>
    effect.kind === "resume" ? effect.answered({ place, lost: [] }) : [effect];
  return session
    .receive({ kind: "text", text, byteLength: text.length }, nowMs)
    .flatMap(said)
    .flatMap((effect) => (effect.kind === "send" ? [JSON.parse(effect.text)] : []));
}

const values = [
  ...["", " ", "all", "BTC_USDT", "ETH_USDT:1", "BTC_USDT:9", "USDT", "0", "0.1", "10", "x.1"],
  ...["huobi", "BTC/USDT", "bars", "1s", "1m", "2m", "heartbeat", "subscribe", "unsubscribe"],
  ...["ping", "trade_subscribe", "depth_request", "x".repeat(1_024), "x".repeat(1_025)],
  ...["😀".repeat(1_024), "01JYH50V5Y0000000000NG0004", "81JYH50V5Y0000000000NG0004"],
  ...[0, 1, -1, 1.5, 5, 6, 60, 61, 100, 101, 1_000, 1_001, 86_400, 2 ** 53, 1e21],
  ...[null, true, {}, [], [1], ["BTC_USDT"], ["BTC_USDT", 60], ["BTC_USDT", 10, 5]],
  { epoch: "e", seq: 1 },
  { epoch: "e", seq: 1, tick: 0, ord: 0 },
  { epoch: "x".repeat(129), seq: 1 },
  { epoch: "e", seq: -1 },
  { epoch: "e", seq: 1, tick: 0.5 },
];

const change = fc.record({
  at: fc.nat(30),
  kind: fc.constantFrom("replace", "replace", "remove", "add"),
  name: fc.constantFrom("since", "dataset", "publisher", "params", "request_id", "more"),
  value: fc.constantFrom<unknown>(...values),
});

/** Objects and lists of a value, from outside. */
function holdersOf(value: Json): readonly Json[] {
  if (typeof value !== "object" || value === null) return [];
  return [value, ...Object.values(value).flatMap(holdersOf)];
}

function changed(
  request: object,
  changes: readonly (typeof change extends fc.Arbitrary<infer V> ? V : never)[],
) {
  const copy = structuredClone(request);
  for (const { at, kind, name, value } of changes) {
    const holders = holdersOf(copy);
    const places = holders.flatMap((holder) =>
      Object.keys(holder).map((key) => [holder, key] as const),
    );
    const [holder, key] = places[at % places.length] ?? [copy, name];
    const own = structuredClone(value);
    if (kind === "replace") holder[key] = own;
    else if (kind === "remove" && Array.isArray(holder)) holder.splice(Number(key), 1);
    else if (kind === "remove") delete holder[key];
    else if (Array.isArray(holder)) holder.push(own);
    else (copy as Json)[name] = own;
  }
  return copy;
}

const combinations = dialects.flatMap((protocol) =>
  (["plain", "positioned"] as const).map((connection): [string, Connection] => [
    protocol.name,
    connection,
  ]),
);

describe.each(combinations)("a %s session, %s", (name, connection) => {
  const stream = dialects.find((one) => one.name === name)!.describeStream(referenceNames);
  const kinds = requestsOf(stream, connection).map((kind) => ({
    name: kind.name,
    schema: Compile(kind.schema),
  }));
  const examples = requestsOf(stream).flatMap((kind) => kind.examples.map((one) => one.payload));
  const since = { epoch: "e", seq: 1, tick: 17, ord: 0 };
  const starts = connection === "plain" ? [] : examples.map((one) => ({ ...(one as Json), since }));

  it("takes what is described, and refuses what is not", () => {
    const { open, verdict, dependsOnMore, decided } = readers[name]!;
    const taken = new Set<string>();
    const refused = new Set<string>();
    fc.assert(
      fc.property(
        fc.constantFrom(...examples, ...starts, ...decided),
        fc.array(change, { maxLength: 3 }),
        (example, changes) => {
          const request = changed(example as object, changes);
          const fits = kinds.filter(({ schema }) => schema.Check(request));
          const answers = answersOf(open(connection === "positioned"), JSON.stringify(request));
          const verdicts = answers.map(verdict).filter(({ isRefused }) => isRefused);
          const shown = JSON.stringify(request);
          if (fits.length === 0) {
            expect(verdicts, `${shown} is not described and taken`).not.toEqual([]);
            refused.add(String((example as Json).method ?? (example as Json).event));
          } else if (!dependsOnMore(request)) {
            const faults = verdicts.filter(({ isOfForm }) => !isOfForm);
            expect(faults, `${shown} is described as ${fits[0]?.name} and refused`).toEqual([]);
            for (const kind of fits) taken.add(kind.name);
          }
        },
      ),
      { numRuns: rounds(2_000, 4_000) },
    );
    // Each kind was taken, and each was spoilt.
    expect(kinds.map((kind) => kind.name).filter((kind) => !taken.has(kind))).toEqual([]);
    expect(refused.size).toBe(new Set(examples.map((one: Json) => one.method ?? one.event)).size);
  });
});
