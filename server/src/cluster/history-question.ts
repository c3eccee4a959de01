/** Questions about the past, read strictly: they come from other processes. */
import Type, { type TSchema } from "typebox";
import { Value } from "typebox/value";
import { scaleMax } from "../core/num/decimal.ts";
import { atomsScale } from "../core/num/money.ts";
import {
  barLimitMax,
  barResolutions,
  foldedTradesMax,
  historyLimitMax,
  historyOffsetMax,
} from "../ports/history.ts";
import { fromExactJson } from "./exact-json.ts";
import type { AnyQuery, HistoryQuestion, ReadKind } from "./history-messages.ts";

/** Longest name of a user, a market or an asker. */
const nameLengthMax = 512;

const Name = Type.String({ maxLength: nameLengthMax });
/** A place may be named that lies behind every ordinal there is. */
const Count = Type.Integer({ minimum: 0, maximum: 2 ** 53 });
const Time = Type.Integer({ minimum: -(2 ** 53), maximum: 2 ** 53 });
const Place = strict({ sequence: Count, ordinal: Count });
export const Order = Type.Union([Type.Literal("oldest-first"), Type.Literal("newest-first")]);
const Step = strict({
  coefficient: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
  scale: Type.Integer({ minimum: 0, maximum: scaleMax }),
});
const Steps = strict({ tickSize: Step, lotSize: Step });
export const Interval = Type.Union([
  strict({
    kind: Type.Literal("fixed"),
    lengthUs: Type.Integer({ minimum: 1_000_000, maximum: 2 ** 53 }),
    originUs: Count,
  }),
  strict({
    kind: Type.Literal("months"),
    months: Type.Union([1, 2, 3, 4, 6, 12].map((months) => Type.Literal(months))),
  }),
]);
const account = { user: Name, market: Name, after: Type.Optional(Place), limit: limit() };
const trades = {
  ...{ market: Name, order: Type.Optional(Order), asker: Type.Optional(Name) },
  ...{ before: Type.Optional(Place), after: Type.Optional(Place) },
  ...{ fromUs: Type.Optional(Time), toUs: Type.Optional(Time) },
};

const queries: Readonly<Record<ReadKind, TSchema>> = {
  closedOrders: strict({
    ...{ user: Name, market: Type.Optional(Name), clientId: Type.Optional(Name) },
    side: Type.Optional(Type.Union([Type.Literal("buy"), Type.Literal("sell")])),
    ...{ id: Type.Optional(Count), limit: limit(), offset: offset() },
  }),
  orderFills: strict({ user: Name, order: Count, after: Type.Optional(Place), limit: limit() }),
  userFills: strict({ user: Name, before: Type.Optional(Place), limit: limit() }),
  orderEvents: strict(account),
  toldFills: strict(account),
  trades: strict({ ...trades, limit: limit(), offset: offset() }),
  tradeBars: strict({ ...trades, steps: Steps, interval: Interval, limit: limit(foldedTradesMax) }),
  bars: strict({
    ...{ market: Name, steps: Steps, order: Type.Optional(Order), asker: Type.Optional(Name) },
    resolutionS: Type.Union(barResolutions.map((seconds) => Type.Literal(seconds))),
    ...{ fromS: Type.Optional(Time), beforeS: Type.Optional(Time), limit: limit(barLimitMax) },
  }),
  totals: strict({ market: Name }),
  balanceChanges: strict({
    ...{ user: Name, currency: Name, fromSequence: Type.Optional(Count) },
    ...{ before: Type.Optional(Place), limit: limit() },
  }),
  toldBalances: strict({
    ...{ user: Name, currency: Name, after: Type.Optional(Place), limit: limit() },
  }),
};

const Envelope = strict({
  epoch: Name,
  asOf: Count,
  kind: Type.Union(Object.keys(queries).map((kind) => Type.Literal(kind))),
  query: Type.Object({}),
});

/** Reads a question; undefined when it is none. */
export function readQuestion(bytes: Uint8Array): HistoryQuestion | undefined {
  const question = fromExactJson(Buffer.from(bytes).toString("utf8"));
  if (!Value.Check(Envelope, question)) return undefined;
  const { kind, query } = question as HistoryQuestion;
  if (!Value.Check(queries[kind], query)) return undefined;
  return hasGoodSteps(query) ? (question as HistoryQuestion) : undefined;
}

/** A query without anything that is not asked for: rows may stand for their places, and rules for their steps. */
export function plainQuery(kind: ReadKind, query: AnyQuery): AnyQuery {
  return Value.Clean(queries[kind], Value.Clone(query)) as AnyQuery;
}

/** Of steps of which one lot at one tick is no whole number of atoms, no market can be. */
function hasGoodSteps(query: HistoryQuestion["query"]): boolean {
  if (!("steps" in query)) return true;
  const { tickSize, lotSize } = query.steps;
  return tickSize.scale + lotSize.scale <= atomsScale;
}

function strict(properties: Readonly<Record<string, TSchema>>) {
  return Type.Object(properties, { additionalProperties: false });
}

function limit(limitMax: number = historyLimitMax) {
  return Type.Integer({ minimum: 1, maximum: limitMax });
}

function offset() {
  return Type.Optional(Type.Integer({ minimum: 0, maximum: historyOffsetMax }));
}
