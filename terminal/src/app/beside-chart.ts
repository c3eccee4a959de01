/** The parts of the page that are run and drawn after the first candles; see `after-chart.tsx`. */
export { Ladder } from "../market/ladder.tsx";
export { Trades } from "../market/trades.tsx";
export { WatchList } from "../market/watch-list.tsx";
export { AccountButton, Ticket, TradingPanels } from "../trading/index.tsx";
