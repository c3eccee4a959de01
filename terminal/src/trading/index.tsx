/** The private half of the market page. */
import { type Signal, signal } from "@preact/signals";
import { useKey } from "../app/keys.ts";
import { Panel } from "../design/panel.tsx";
import { Tabs } from "../design/tabs.tsx";
import { chosenMarket } from "../market/chosen.ts";
import { account } from "../session/session.ts";
import { Asked } from "./asked.tsx";
import { Balances } from "./balances.tsx";
import { marketText } from "./cells.tsx";
import { onlyChosen } from "./history.ts";
import { notify } from "./notices.ts";
import { askCancelAll } from "./order-actions.ts";
import { OpenOrders, orderCount } from "./orders.tsx";
import { Fills, OrderHistory } from "./past.tsx";
import { privateState } from "./private.ts";
import { SignInButtons } from "./sign-in.tsx";
import "./chart-lines.ts";

export { AccountButton } from "./sign-in.tsx";
export { Ticket } from "./ticket.tsx";

const tab: Signal<string> = signal("open");

function cancelAllOfMarket(): void {
  const market = chosenMarket.peek()?.market.market;
  if (account.peek() === undefined || market === undefined) return;
  if (askCancelAll(market)) return;
  if (privateState.peek().is === "ready") notify(`No open orders of ${marketText(market)}.`);
  else notify("It is not known now which orders are open: none is cancelled.", "bad");
}

/** Open orders, history, fills and balances. */
export function TradingPanels() {
  useKey("cancel-all", cancelAllOfMarket);
  if (account.value === undefined)
    return (
      <div class="trading">
        <Asked />
        <Panel
          title="Orders"
          hidesTitle
          state={{
            is: "empty",
            text: "Orders, fills and balances are shown to who is signed in.",
            action: <SignInButtons />,
          }}
        />
      </div>
    );
  return (
    <div class="trading">
      <Asked />
      <Tabs
        label="Own orders and money"
        selected={tab.value}
        onSelect={(id) => {
          tab.value = id;
        }}
        actions={<ListActions />}
        tabs={[
          { id: "open", title: "Open orders", count: knownCount(), body: () => <OpenOrders /> },
          { id: "history", title: "History", body: () => <OrderHistory /> },
          { id: "fills", title: "Fills", body: () => <Fills /> },
          { id: "balances", title: "Balances", body: () => <Balances /> },
        ]}
      />
    </div>
  );
}

function knownCount(): number | undefined {
  const count = orderCount();
  return count === 0 && privateState.value.is === "loading" ? undefined : count;
}

function ListActions() {
  const market = chosenMarket.value?.market.market;
  if (tab.value === "balances") return null;
  return (
    <>
      <label class="check">
        <input
          type="checkbox"
          checked={onlyChosen.value}
          onChange={(event) => {
            onlyChosen.value = event.currentTarget.checked;
          }}
        />
        this market only
      </label>
      {tab.value === "open" && market !== undefined ? (
        <button type="button" class="quiet" onClick={cancelAllOfMarket}>
          Cancel all
        </button>
      ) : null}
    </>
  );
}
