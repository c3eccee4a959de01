/** `markets list|add|set|halt|resume`: what can be traded, while a server runs or not. */

import type { MarketRequest } from "../../admin/market-rules.ts";
import type { RulesRequest, ShownMarket } from "../../admin/markets.ts";
import type { ConfigInput } from "../../config/load.ts";
import { administer } from "../admin-client.ts";
import { askAndPrint, changeLines } from "./administration.ts";

/** A market as it is written on the command line. */
export type AddMarketOptions = Omit<MarketRequest, "code"> & { readonly json?: true };

/** Lists all markets, oldest first. */
export function listMarketsCommand(input: ConfigInput, json: boolean): Promise<number> {
  return askAndPrint(input, json, {
    ask: (config) => administer(config, "list-markets", {}),
    say: (markets) => markets.map(line),
  });
}

/** Opens a market. */
export function addMarketCommand(
  input: ConfigInput,
  code: string,
  options: AddMarketOptions,
): Promise<number> {
  const request: MarketRequest = { code, tick: options.tick, lot: options.lot, ...given(options) };
  return askAndPrint(input, options.json === true, {
    ask: (config) => administer(config, "add-market", request),
    say: (market) => [line(market)],
  });
}

/** What of a market's rules is set on the command line. */
export type SetMarketOptions = Omit<RulesRequest, "market"> & { readonly json?: true };

/** Changes rules of a market. */
export function setMarketCommand(
  input: ConfigInput,
  market: string,
  options: SetMarketOptions,
): Promise<number> {
  return askAndPrint(input, options.json === true, {
    ask: (config) => administer(config, "set-market-rules", { market, ...given(options) }),
    say: ({ market: after, changed }) => [...changeLines(changed), line(after)],
  });
}

/** Halts or resumes a market. */
export function marketStateCommand(
  input: ConfigInput,
  market: string,
  options: { readonly action: "halt" | "resume"; readonly json?: true | undefined },
): Promise<number> {
  const { action, json } = options;
  return askAndPrint(input, json === true, {
    ask: (config) => administer(config, "set-market-state", { action, market }),
    say: ({ state }) => [
      state === "halted"
        ? `${market} is halted: it takes cancels and no new orders`
        : `${market} is open: it takes orders`,
    ],
  });
}

/** What was said of a market besides its steps; the rest has defaults. */
function given(options: SetMarketOptions): Omit<RulesRequest, "market"> {
  const { minBase, maxBase, minQuote, maxQuote, bandPercent } = options;
  const sizes = { minBase, maxBase, minQuote, maxQuote, bandPercent };
  return Object.fromEntries(Object.entries(sizes).filter(([, value]) => value !== undefined));
}

function line(market: ShownMarket): string {
  const { code, state, tick, lot, bandPercent } = market;
  const base = `${market.minBase} to ${market.maxBase}`;
  const quote = `${market.minQuote} to ${market.maxQuote}`;
  return `${code.padEnd(12)}  ${state.padEnd(6)}  tick ${tick}  lot ${lot}  base ${base}  quote ${quote}  band ${bandPercent} %`;
}
