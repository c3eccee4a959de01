/** What the user has of each currency: available, held by orders, and worth in a currency of their choice. */
import { add, type Balance, compare, normalized } from "@openbourse/client";
import { type Signal, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Num } from "../design/num.tsx";
import { Panel } from "../design/panel.tsx";
import { type Column, Table } from "../design/table.tsx";
import { marketsByName } from "../market/catalog.ts";
import { chosenMarket } from "../market/chosen.ts";
import { withDecimals } from "./amounts.ts";
import { lastPrices, watchPrices } from "./last-prices.ts";
import { balances, privateState } from "./private.ts";
import { totalWorth, worthOf } from "./worth.ts";

/** Decimals that every amount is shown with at least. */
const moneyDecimals = 8;

const wanted: Signal<string | undefined> = signal(undefined);

const lastPriceOf = (market: string) => lastPrices.value.get(market);

/** The currency in which worth is told. */
function quoteNow(): string {
  return wanted.value ?? chosenMarket.value?.market.quote ?? "USDT";
}

function columnsIn(quote: string): readonly Column<Balance>[] {
  return [
    { key: "currency", title: "Currency", cell: ({ currency }) => currency },
    {
      ...{ key: "available", title: "Available", align: "end" },
      cell: ({ available }) => <Num value={withDecimals(available, moneyDecimals)} flashes />,
    },
    {
      ...{ key: "held", title: "In orders", align: "end" },
      cell: ({ held }) => <Num value={withDecimals(held, moneyDecimals)} flashes />,
    },
    {
      ...{ key: "worth", title: `Worth in ${quote}`, align: "end" },
      cell: ({ currency, available, held }) => (
        <Num value={worthOf(normalized(add(available, held)), currency, quote, lastPriceOf)} />
      ),
    },
  ];
}

/** See the head of the file. */
export function Balances() {
  useEffect(watchPrices, []);
  const quote = quoteNow();
  const rows = [...(balances.value?.values() ?? [])].toSorted(byMoneyThenName);
  const { total, without } = totalWorth(rows, quote, lastPriceOf);
  const state = privateState.value;
  const isEmpty = rows.length === 0 && state.is === "ready";
  return (
    <Panel
      title="Balances"
      hidesTitle
      isRead
      state={
        isEmpty ? { is: "empty", text: "There is no money here. The operator deposits it." } : state
      }
    >
      <p class="worth">
        <span>
          Together <Num value={total} unit={quote} />
          {without.length === 0 ? null : (
            <span class="soft">
              {" "}
              without {without.join(", ")}, which has no price in {quote}
            </span>
          )}
        </span>
        <label>
          in{" "}
          <select
            value={quote}
            onChange={(event) => {
              wanted.value = event.currentTarget.value;
            }}
          >
            {quotes(quote).map((code) => (
              <option key={code} value={code}>
                {code}
              </option>
            ))}
          </select>
        </label>
      </p>
      <Table
        label="Balances"
        columns={columnsIn(quote)}
        rows={rows}
        keyOf={({ currency }) => currency}
      />
    </Panel>
  );
}

function quotes(now: string): readonly string[] {
  const all = [...marketsByName.value.values()].map(({ quote }) => quote);
  return [...new Set([...all, now])].toSorted();
}

function byMoneyThenName(a: Balance, b: Balance): number {
  const isEmpty = ({ available, held }: Balance) => compare(add(available, held), "0") === 0;
  return Number(isEmpty(a)) - Number(isEmpty(b)) || (a.currency < b.currency ? -1 : 1);
}
