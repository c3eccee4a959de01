/** The private half of the market page. */
import { Panel } from "../design/panel.tsx";

/** Who is signed in, or the way to do so. */
export function AccountButton() {
  return null;
}

/** Open orders, history, fills and balances. */
export function TradingPanels() {
  return <Panel title="Orders" state={{ is: "loading" }} />;
}

/** The order ticket. */
export function Ticket() {
  return <Panel title="Order" state={{ is: "loading" }} />;
}
