/** The public half of the market page. */
import { MarketGrid, type Part } from "../app/market-grid.tsx";
import { Panel } from "../design/panel.tsx";

/** What stands in the top bar: the market, its price and its figures of 24 hours. */
export function MarketHeading() {
  return <span class="grows">openbourse</span>;
}

/** The page; the private parts of it are handed in. */
export function MarketPage({ orders, ticket }: { readonly orders: Part; readonly ticket: Part }) {
  const waiting = (title: string) => () => <Panel title={title} state={{ is: "loading" }} />;
  return (
    <MarketGrid
      watch={waiting("Markets")}
      chart={waiting("Chart")}
      book={waiting("Order book")}
      trades={waiting("Trades")}
      orders={orders}
      ticket={ticket}
    />
  );
}
