/** The public half of the market page: the heading of the top bar, and the parts that the grid puts beside each other. */
import { MarketGrid, type Part } from "../app/market-grid.tsx";
import { ChartPanel } from "./chart/chart-panel.tsx";
import { Ladder } from "./ladder.tsx";
import { Trades } from "./trades.tsx";
import { WatchList } from "./watch-list.tsx";

export { MarketHeading } from "./figures.tsx";

/** The page; the private parts of it are handed in. */
export function MarketPage({ orders, ticket }: { readonly orders: Part; readonly ticket: Part }) {
  return (
    <MarketGrid
      watch={() => <WatchList />}
      chart={() => <ChartPanel />}
      book={() => <Ladder />}
      trades={() => <Trades />}
      orders={orders}
      ticket={ticket}
    />
  );
}
