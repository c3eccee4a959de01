/**
 * The depth ladder: asks from below and bids from above meet at the spread. It has as many rows as there is room for; a click takes a
 * row's price.
 */
import { subtract } from "@openbourse/client";
import { useEffect, useRef, useState } from "preact/hooks";
import { Num } from "../design/num.tsx";
import { Panel, type PanelState } from "../design/panel.tsx";
import { ladderBook, ladderScale, pickPrice, setLadderScale, useLadder } from "./book.ts";
import { chosen, chosenMarket } from "./chosen.ts";
import { aligned, type LadderRow, ladderRows } from "./ladder-rows.ts";
import { panelState } from "./panel-state.ts";

/** Height of a row in pixels, and of what is no row: headings and spread. */
const rowPx = 20;
const restPx = 52;
/** Most rows of a side. */
const rowsMax = 100;

/** See the head of the file. */
export function Ladder() {
  useEffect(useLadder, []);
  const isMarket = chosen.value?.kind !== "ticker";
  return (
    <Panel
      title="Order book"
      class="ladder-panel"
      state={ladderState()}
      actions={isMarket ? <ScaleChoice /> : undefined}
      skeletonRows={14}
    >
      <Rows />
    </Panel>
  );
}

function ladderState(): PanelState {
  if (chosen.value?.kind === "ticker")
    return { is: "empty", text: "A dataset has bars only: there is no order book of it." };
  const { state, trueAtMs, bids, asks } = ladderBook.value;
  const general = panelState(state !== "loading", undefined);
  if (general.is !== "ready") return general;
  if (state === "resyncing" && trueAtMs !== undefined) return { is: "stale", sinceMs: trueAtMs };
  if (bids.length + asks.length === 0)
    return { is: "empty", text: "Nobody offers anything: the first order begins the book." };
  return general;
}

function ScaleChoice() {
  const market = chosenMarket.value;
  return (
    <label class="scale-choice">
      <span class="unseen">Price step of the book</span>
      <select
        disabled={market === undefined}
        value={String(ladderScale.value)}
        onChange={({ currentTarget }) => setLadderScale(Number(currentTarget.value))}
      >
        {(market?.scales ?? []).map(({ index, step }) => (
          <option key={index} value={String(index)}>
            {step}
          </option>
        ))}
      </select>
    </label>
  );
}

function Rows() {
  const box = useRef<HTMLDivElement>(null);
  const [count, setCount] = useState(12);
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(([entry]) => {
      const room = (entry?.contentRect.height ?? 0) - restPx;
      setCount(Math.min(rowsMax, Math.max(1, Math.floor(room / 2 / rowPx))));
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const view = ladderBook.value;
  const { bids, asks } = ladderRows(view, count);
  const all = [...asks.toReversed(), ...bids];
  const prices = aligned(all.map(({ price }) => price));
  const quantities = aligned(all.map(({ quantity }) => quantity));
  const sums = aligned(all.map(({ sum }) => sum));
  const shown = all.map((row, index) => ({
    ...{ row, price: prices[index] ?? "", quantity: quantities[index] ?? "" },
    sum: sums[index] ?? "",
  }));
  return (
    <div
      ref={box}
      class="ladder"
      data-scale={view.scale}
      data-state={view.state}
      data-time={view.timeMs}
      data-resyncs={view.resyncs}
    >
      <div class="ladder-head soft">
        <span>Price {chosen.value?.quote}</span>
        <span>Quantity {chosen.value?.base}</span>
        <span>Sum</span>
      </div>
      <ul class="ladder-side asks" aria-label="Asks">
        {shown.slice(0, asks.length).map((row) => (
          <Row key={row.row.price} side="ask" {...row} />
        ))}
      </ul>
      <Spread />
      <ul class="ladder-side bids" aria-label="Bids">
        {shown.slice(asks.length).map((row) => (
          <Row key={row.row.price} side="bid" {...row} />
        ))}
      </ul>
    </div>
  );
}

interface RowProps {
  readonly side: "bid" | "ask";
  readonly row: LadderRow;
  readonly price: string;
  readonly quantity: string;
  readonly sum: string;
}

function Row({ side, row, price, quantity, sum }: RowProps) {
  const tone = side === "bid" ? "up" : "down";
  return (
    <li class={`ladder-row ${side}`} data-price={row.price} data-quantity={row.quantity}>
      <span class="ladder-bar" style={{ transform: `scaleX(${row.share})` }} />
      <button
        type="button"
        class="quiet"
        tabIndex={-1}
        aria-label={`Take the price ${price}`}
        onClick={() => pickPrice(row.price)}
      >
        <Num value={price} tone={tone} />
      </button>
      <span>
        <Num value={quantity} tone={tone} flashes showsChange />
      </span>
      <span class="soft">
        <Num value={sum} />
      </span>
    </li>
  );
}

function Spread() {
  const { bids, asks } = ladderBook.value;
  const [bid, ask] = [bids[0]?.[0], asks[0]?.[0]];
  return (
    <div class="ladder-spread soft">
      <span>Spread</span>
      <Num
        value={bid === undefined || ask === undefined ? undefined : subtract(ask, bid)}
        unit={chosen.value?.quote || undefined}
      />
    </div>
  );
}
