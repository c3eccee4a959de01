/** `price`: the last price of a ticker, now or at a time, in the styles in which a dataset can be named. */
import { formatDecimal } from "../../core/num/decimal.ts";
import { minuteInterval } from "../../marketdata/bars/interval.ts";
import type { RestReply } from "../../ports/rest.ts";
import { isRestFault, type RestFault } from "./errors.ts";
import { checkTruth, readSeconds, timeMaxS } from "./parameters.ts";
import { numberField, objectSchema } from "./reply-schema.ts";
import type { RestCall, RestResource } from "./resource.ts";
import { secondUs } from "./seconds.ts";
import { absence, queryBars, sessionParameters } from "./series.ts";
import { readTarget, targetStyles, tickerParameters } from "./target.ts";

/** `price` in all styles. */
export const priceResources: readonly RestResource[] = targetStyles.map(
  ({ prefix, parameters, required }) => ({
    path: `${prefix}/price`,
    summary: "Last price of one ticker, now or at a time",
    usage: "price",
    parameters: {
      ...parameters,
      ...tickerParameters,
      at: {
        ...{ type: "integer", minimum: 0, maximum: timeMaxS },
        description:
          "Unix time in seconds: the price is that of the newest minute which begins by then. Default: now.",
      },
      prepost: sessionParameters["prepost"] ?? {},
    },
    required: [...required, "ticker"],
    replySchema: objectSchema({ p: numberField("Price.", 184.95) }),
    answer,
  }),
);

async function answer(call: RestCall): Promise<RestReply | RestFault> {
  const target = readTarget(call);
  if (isRestFault(target)) return target;
  const atS = readSeconds(call.request.query, "at");
  if (isRestFault(atS)) return atS;
  const fault = checkTruth(call.request.query, "prepost");
  if (fault !== undefined) return fault;
  const found = await queryBars(call, target, {
    ...{ interval: minuteInterval, order: "newest-first", limit: 1 },
    ...{ fromUs: 0, toUs: ((atS ?? timeMaxS) + 1) * secondUs },
  });
  if (isRestFault(found)) return found;
  const [bar] = found.bars;
  if (bar === undefined) {
    return (await absence(call, target)) ?? { reason: "nothing-known", subject: target.ticker };
  }
  return { status: 200, body: `{"p":${formatDecimal(bar.close, bar.priceScale)}}` };
}
