/** `ticker/snapshot`, and `ticker_snapshot` where the path names the dataset. */
import { dayInterval } from "../../marketdata/bars/interval.ts";
import { isUnanswered } from "../../ports/history.ts";
import type { RestReply } from "../../ports/rest.ts";
import { isRestFault, type RestFault, unansweredFault } from "./errors.ts";
import { type FieldSchema, textField } from "./field-schema.ts";
import { numberField, objectSchema, orNull, timeField } from "./reply-schema.ts";
import type { RestCall, RestResource } from "./resource.ts";
import { absence, allTime, queryBars } from "./series.ts";
import { snapshotDays, snapshotText } from "./snapshot.ts";
import { readTarget, targetStyles, tickerParameters } from "./target.ts";

const daySchema: FieldSchema = objectSchema({
  o: textField("Open.", "154.12"),
  h: textField("High.", "154.9"),
  l: textField("Low.", "153.2"),
  c: textField("Close.", "154.55"),
  v: textField("Volume.", "65893054"),
});

const replySchema = objectSchema({
  lt: objectSchema({
    p: textField("Price of the last trade.", "154.75"),
    s: orNull(numberField("Its quantity.", 17)),
    tm: timeField("When it was traded, in Unix milliseconds.", 1_687_543_759_200),
  }),
  "1d": { ...daySchema, description: "The newest day with trades, which may still run." },
  p1d: { ...orNull(daySchema), description: "The day with trades before it." },
  "1m": { ...daySchema, description: "The calendar month of the newest day." },
  "52w": {
    ...objectSchema({
      h: textField("Highest price.", "154.9"),
      ht: timeField("Start of the first day that had it, in Unix seconds.", 1_679_951_555),
      l: textField("Lowest price.", "153.2"),
      lt: timeField("Start of the first day that had it, in Unix seconds.", 1_679_951_555),
      ch: numberField("Change from the first open to the last price.", 30.2),
      chp: numberField("The same as a part of the first open.", 0.23),
      av: numberField("Volume of a day with trades on average.", 34_853_128),
    }),
    description: "The 364 days up to the newest one, as far as they are stored.",
  },
  ch: {
    ...objectSchema({
      dap: orNull(numberField("From the close of the day before.", 0.156)),
      wep: orNull(numberField("From the close of the newest day at least 7 days before.", 0.243)),
      mop: orNull(numberField("From the close of the newest day at least 30 days before.", -0.034)),
    }),
    description: "Changes up to the last price, as parts of one; null where nothing is stored.",
  },
});

/** The snapshot in all styles. */
export const snapshotResources: readonly RestResource[] = targetStyles.map(
  ({ prefix, parameters, required }) => ({
    path: prefix === "" ? "/ticker/snapshot" : `${prefix}/ticker_snapshot`,
    summary: "Last trade, day, month, 52 weeks and changes of one ticker",
    usage: "snapshots",
    parameters: { ...parameters, ...tickerParameters },
    required: [...required, "ticker"],
    replySchema,
    answer,
  }),
);

async function answer(call: RestCall): Promise<RestReply | RestFault> {
  const target = readTarget(call);
  if (isRestFault(target)) return target;
  const { dataset, ticker } = target;
  const newest = { ...allTime, order: "newest-first" } as const;
  const found = await queryBars(call, target, {
    ...{ ...newest, interval: dayInterval, limit: snapshotDays },
  });
  if (isRestFault(found)) return found;
  const [today, ...earlier] = found.bars;
  if (today === undefined) {
    return (await absence(call, target)) ?? { reason: "nothing-known", subject: ticker };
  }
  const asker = call.grant.workspace;
  const trades = await call.history.trades({
    ...{ ...newest, dataset: dataset.code, ticker, asker, limit: 1 },
  });
  if (isUnanswered(trades)) return unansweredFault(trades);
  return { status: 200, body: snapshotText({ days: [today, ...earlier], trade: trades[0] }) };
}
