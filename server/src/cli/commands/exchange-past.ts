/** What the exchange of a data folder has traded, for commands that read it without a server. */
import { parseMarketRules } from "../../admin/market-rules.ts";
import { existingExchange } from "../../config/data-folder.ts";
import type { Config } from "../../config/schema.ts";
import { type ExchangePast, openExchangePast } from "../../main/exchange-past.ts";
import { administer } from "../admin-client.ts";

/** Opens it; a text says why it cannot be read. */
export async function exchangePast(config: Config): Promise<ExchangePast | string> {
  const answer = await administer(config, "list-markets", {});
  if (answer.kind !== "done") return answer.message;
  const markets = answer.result.flatMap(({ code, tick, lot }) => {
    const rules = parseMarketRules({ code, tick, lot });
    return typeof rules === "string" ? [] : [rules];
  });
  return openExchangePast(existingExchange(config.data).engineFolder, markets);
}
