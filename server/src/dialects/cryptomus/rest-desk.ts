/** What the signed operations ask: the exchange's desk, and the board on which its markets are listed. */
import type { MarketBoardView } from "../../marketdata/market-board.ts";
import type { TradingDesk, Unavailable } from "../../ports/trading-desk.ts";

/** Where the operations of users are carried out. */
export interface DeskParts {
  readonly board: MarketBoardView;
  readonly desk: TradingDesk;
}

/** Whether an answer of the desk is none. */
export function isUnavailable(answer: object): answer is Unavailable {
  return "kind" in answer && answer.kind === "unavailable";
}
